//# title: the same work, with the lock only for the last step
//# silent: convoy
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;
let counter = Arc::new(Mutex::new(0u64));
let all: Vec<_> = (0..4).map(|_| {
    let counter = counter.clone();
    thread::spawn(move || for _ in 0..20 {
        thread::sleep(Duration::from_millis(2));
        *counter.lock().unwrap() += 1;
    })
}).collect();
for t in all { t.join().unwrap(); }
