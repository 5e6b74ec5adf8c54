//# title: wait_timeout_while whose condition never comes
//# stdout: done false true
use std::sync::{Condvar, Mutex};
use std::time::Duration;

{
    let open = Mutex::new(false);
    let cv = Condvar::new();
    let (open, result) = cv
        .wait_timeout_while(open.lock().unwrap(), Duration::from_millis(400), |open| !*open)
        .unwrap();
    println!("done {} {}", *open, result.timed_out());
}
