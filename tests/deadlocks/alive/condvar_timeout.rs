//# title: a timed wait that nobody will ever notify
//# stdout: done true
use std::sync::{Condvar, Mutex};
use std::time::Duration;

{
    let m = Mutex::new(());
    let cv = Condvar::new();
    let (guard, timeout) = cv.wait_timeout(m.lock().unwrap(), Duration::from_millis(400)).unwrap();
    drop(guard);
    println!("done {}", timeout.timed_out());
}
