//# title: try_lock on a lock one holds oneself only says no
//# stdout: done 1 1 true true
use std::sync::{Mutex, RwLock};

{
    let m = Mutex::new(1);
    let held = m.lock().unwrap();
    let refused = m.try_lock().is_err();
    let rw = RwLock::new(1);
    let reading = rw.read().unwrap();
    let refused_too = rw.try_write().is_err();
    println!("done {held} {reading} {refused} {refused_too}");
}
