//# title: reads and writes are counted apart
//# lock table: kind=RwLock, acquisitions=450, reads=400, writes=50
use std::sync::{Arc, RwLock};
use std::thread;
{
    let table = Arc::new(RwLock::new(0));
    let mut all = Vec::new();
    for _ in 0..4 {
        let table = table.clone();
        all.push(thread::spawn(move || (0..100).for_each(|_| drop(table.read().unwrap()))));
    }
    let writer = table.clone();
    all.push(thread::spawn(move || (0..50).for_each(|_| *writer.write().unwrap() += 1)));
    for t in all {
        t.join().unwrap();
    }
}
