//# title: waiting for a notification that nobody is left to give
//# threads: T1
//# objects: changed
use std::sync::{Condvar, Mutex};

{
    let ready = Mutex::new(false);
    let changed = Condvar::new();
    let mut guard = ready.lock().unwrap();
    while !*guard {
        guard = changed.wait(guard).unwrap(); //@ stuck
    }
}
