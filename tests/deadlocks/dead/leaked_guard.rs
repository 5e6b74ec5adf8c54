//# title: a thread ended and left its guard locked for ever
//# threads: T1
//# objects: counter
use std::sync::{Arc, Mutex};
use std::thread;

{
    let counter = Arc::new(Mutex::new(0));
    let careless = counter.clone();
    thread::spawn(move || std::mem::forget(careless.lock().unwrap())).join().unwrap();
    *counter.lock().unwrap() += 1; //@ stuck
}
