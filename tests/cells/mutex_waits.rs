//# title: T2 waits while main holds the lock
//# lock slow: acquisitions=2, contended=1, wait_ns.total>=150000000, wait_ns.max>=150000000, hold_ns.max>=250000000
//# thread T2: blocked_ns.lock>=150000000
//# thread T1: blocked_ns.sleep>=200000000, blocked_ns.lock=0
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;
{
    let slow = Arc::new(Mutex::new(0));
    let (about_to, hears) = mpsc::channel();
    let guard = slow.lock().unwrap();
    let waiter = thread::spawn({
        let slow = slow.clone();
        move || {
            about_to.send(()).unwrap();
            *slow.lock().unwrap() += 1;
        }
    });
    hears.recv().unwrap();
    thread::sleep(Duration::from_millis(250));
    drop(guard);
    waiter.join().unwrap();
}
