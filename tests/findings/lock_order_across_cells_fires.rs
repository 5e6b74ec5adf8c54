//# title: one order in one cell, the other in the next
//# finds: lock_order
use std::sync::{Arc, Mutex};
use std::thread;
let first = Arc::new(Mutex::new(0));
let second = Arc::new(Mutex::new(0));
{
    let (a, b) = (first.clone(), second.clone());
    thread::spawn(move || { let _a = a.lock().unwrap(); let _b = b.lock().unwrap(); }).join().unwrap();
}
//# cell
{
    let (a, b) = (first.clone(), second.clone());
    thread::spawn(move || { let _b = b.lock().unwrap(); let _a = a.lock().unwrap(); }).join().unwrap();
}
