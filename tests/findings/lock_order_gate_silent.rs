//# title: both orders, but always under a gate lock
//# silent: lock_order
use std::sync::{Arc, Mutex};
use std::thread;
let gate = Arc::new(Mutex::new(()));
let first = Arc::new(Mutex::new(0));
let second = Arc::new(Mutex::new(0));
for swap in [false, true] {
    let gate = gate.clone();
    let (a, b) = if swap { (second.clone(), first.clone()) } else { (first.clone(), second.clone()) };
    thread::spawn(move || {
        let _gate = gate.lock().unwrap();
        let _a = a.lock().unwrap();
        let _b = b.lock().unwrap();
    }).join().unwrap();
}
