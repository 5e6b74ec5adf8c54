//# title: both orders, but the second lock is only tried
//# silent: lock_order
use std::sync::{Arc, Mutex};
use std::thread;
let first = Arc::new(Mutex::new(0));
let second = Arc::new(Mutex::new(0));
for swap in [false, true] {
    let (a, b) = if swap { (second.clone(), first.clone()) } else { (first.clone(), second.clone()) };
    thread::spawn(move || loop {
        let mut a = a.lock().unwrap();
        if let Ok(mut b) = b.try_lock() {
            *a += 1;
            *b += 1;
            break;
        }
    }).join().unwrap();
}
