//# title: the other order in a later cell, by the main thread, which has joined who took the first
//# silent: lock_order
use std::sync::{Arc, Mutex};
use std::thread;
let first = Arc::new(Mutex::new(1));
let second = Arc::new(Mutex::new(2));
{
    let (a, b) = (first.clone(), second.clone());
    thread::spawn(move || { let _a = a.lock().unwrap(); let _b = b.lock().unwrap(); }).join().unwrap();
}
//# cell
*second.lock().unwrap() + *first.lock().unwrap()
