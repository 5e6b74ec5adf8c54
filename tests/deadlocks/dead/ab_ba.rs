//# title: two threads take two locks in opposite order
//# threads: T2, T3
//# objects: a, b
use std::sync::{Arc, Barrier, Mutex};
use std::thread;

let a = Arc::new(Mutex::new(0));
let b = Arc::new(Mutex::new(0));
let both_hold_one = Arc::new(Barrier::new(2));

let left = thread::spawn({
    let (a, b, both_hold_one) = (a.clone(), b.clone(), both_hold_one.clone());
    move || {
        let _a = a.lock().unwrap();
        both_hold_one.wait();
        let _b = b.lock().unwrap(); //@ stuck
    }
});
let right = thread::spawn({
    let (a, b) = (a.clone(), b.clone());
    move || {
        let _b = b.lock().unwrap();
        both_hold_one.wait();
        let _a = a.lock().unwrap(); //@ stuck
    }
});
left.join().unwrap();
right.join().unwrap();
