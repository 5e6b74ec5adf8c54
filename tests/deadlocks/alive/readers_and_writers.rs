//# title: many readers, two writers, all short
//# stdout: done 1000
use std::sync::{Arc, RwLock};
use std::thread;

{
    let data = Arc::new(RwLock::new(0u64));
    let mut threads = Vec::new();
    for _ in 0..8 {
        let data = data.clone();
        threads.push(thread::spawn(move || {
            for _ in 0..500 {
                std::hint::black_box(*data.read().unwrap());
            }
        }));
    }
    for _ in 0..2 {
        let data = data.clone();
        threads.push(thread::spawn(move || {
            for _ in 0..500 {
                *data.write().unwrap() += 1;
            }
        }));
    }
    for t in threads {
        t.join().unwrap();
    }
    println!("done {}", data.read().unwrap());
}
