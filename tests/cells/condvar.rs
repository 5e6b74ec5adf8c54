//# title: waits and notifications
//# condvar bell: waits=3, notifies=5, notifies_unheard=5
use std::sync::{Condvar, Mutex};
use std::time::Duration;
{
    let door = Mutex::new(());
    let bell = Condvar::new();
    for _ in 0..4 {
        bell.notify_one();
    }
    bell.notify_all();
    for _ in 0..3 {
        drop(bell.wait_timeout(door.lock().unwrap(), Duration::from_millis(5)).unwrap());
    }
}
