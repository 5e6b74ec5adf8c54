//# title: eight threads spend their lives waiting for one lock
//# finds: convoy
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};
let counter = Arc::new(Mutex::new(0u64));
let all: Vec<_> = (0..8).map(|_| {
    let counter = counter.clone();
    thread::spawn(move || for _ in 0..12 {
        let mut n = counter.lock().unwrap();
        let until = Instant::now() + Duration::from_millis(3);
        while Instant::now() < until { *n += 1; }
    })
}).collect();
for t in all { t.join().unwrap(); }
