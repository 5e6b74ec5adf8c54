//# title: a second read waits behind a writer that waits for the first read
//# threads: T1, T2
//# objects: scores
use std::sync::{Arc, RwLock};
use std::thread;
use std::time::Duration;

{
    let scores = Arc::new(RwLock::new(vec![1]));
    let outer = scores.read().unwrap();
    let writer = thread::spawn({
        let scores = scores.clone();
        move || scores.write().unwrap().push(2) //@ stuck
    });
    thread::sleep(Duration::from_millis(300));
    let inner = scores.read().unwrap(); //@ stuck
    println!("{} {}", outer.len(), inner.len());
    drop((outer, inner));
    writer.join().unwrap();
}
