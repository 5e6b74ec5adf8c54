//# title: main joins a thread that needs the lock main holds
//# threads: T1, T2
//# objects: shared
use std::sync::{Arc, Mutex};
use std::thread;

{
    let shared = Arc::new(Mutex::new(0));
    let guard = shared.lock().unwrap();
    let worker = thread::spawn({
        let shared = shared.clone();
        move || *shared.lock().unwrap() += 1 //@ stuck
    });
    worker.join().unwrap(); //@ stuck
    println!("{guard}");
}
