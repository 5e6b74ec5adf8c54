//# title: a wait with a timeout that nobody notifies is a pause, not a wake-up without its condition
//# silent: wait_outside_loop, unheard_notification
use std::sync::{Condvar, Mutex};
use std::time::Duration;
{
    let stop = Mutex::new(false);
    let changed = Condvar::new();
    let (guard, result) = changed.wait_timeout(stop.lock().unwrap(), Duration::from_millis(50)).unwrap();
    println!("{} {}", *guard, result.timed_out());
}
