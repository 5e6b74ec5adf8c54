//# title: a condition, a loop, a notification
//# silent: wait_outside_loop, unheard_notification
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;
{
    let pair = Arc::new((Mutex::new(false), Condvar::new()));
    let waiter = thread::spawn({
        let pair = pair.clone();
        move || drop(pair.1.wait_while(pair.0.lock().unwrap(), |ready| !*ready).unwrap())
    });
    thread::sleep(Duration::from_millis(100));
    *pair.0.lock().unwrap() = true;
    pair.1.notify_one();
    waiter.join().unwrap();
}
