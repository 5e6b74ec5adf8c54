//# title: a panic after the lock was given back
//# silent: poisoned, unjoined_panic
use std::sync::{Arc, Mutex};
use std::thread;
let fragile = Arc::new(Mutex::new(0));
{
    let fragile = fragile.clone();
    let _ = thread::spawn(move || { *fragile.lock().unwrap() += 1; panic!("oh"); }).join();
}
