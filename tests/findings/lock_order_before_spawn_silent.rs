//# title: an order of the main thread's, and the other one by a thread that a later cell starts
//# silent: lock_order
use std::sync::{Arc, Mutex};
use std::thread;
let first = Arc::new(Mutex::new(1));
let second = Arc::new(Mutex::new(2));
*second.lock().unwrap() + *first.lock().unwrap()
//# cell
{
    let (a, b) = (first.clone(), second.clone());
    thread::spawn(move || { let _a = a.lock().unwrap(); let _b = b.lock().unwrap(); }).join().unwrap();
}
