//# title: notified while nobody waits
//# finds: unheard_notification
use std::sync::{Condvar, Mutex};
use std::time::Duration;
{
    let ready = Mutex::new(false);
    let bell = Condvar::new();
    bell.notify_one(); //@ place
    drop(bell.wait_timeout(ready.lock().unwrap(), Duration::from_millis(50)).unwrap());
}
