//# title: woken without its condition, and it goes on
//# finds: wait_outside_loop
use std::sync::{Arc, Condvar, Mutex};
use std::thread;
use std::time::Duration;
{
    let pair = Arc::new((Mutex::new(0), Condvar::new()));
    let waiter = thread::spawn({
        let pair = pair.clone();
        move || {
            let guard = pair.0.lock().unwrap();
            let guard = pair.1.wait(guard).unwrap(); //@ place
            *guard
        }
    });
    thread::sleep(Duration::from_millis(100));
    pair.1.notify_one();
    println!("{}", waiter.join().unwrap());
}
