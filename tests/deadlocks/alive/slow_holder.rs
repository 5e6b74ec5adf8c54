//# title: a thread holds the lock for half a second
//# stdout: done 2
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

{
    let slow = Arc::new(Mutex::new(0));
    let holder = thread::spawn({
        let slow = slow.clone();
        move || {
            let mut n = slow.lock().unwrap();
            thread::sleep(Duration::from_millis(500));
            *n += 1;
        }
    });
    thread::sleep(Duration::from_millis(50));
    *slow.lock().unwrap() += 1;
    holder.join().unwrap();
    println!("done {}", slow.lock().unwrap());
}
