//# title: the notification came before the wait, and no flag remembers it
//# threads: T1
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

{
    let pair = Arc::new((Mutex::new(()), Condvar::new()));
    let early = pair.clone();
    thread::spawn(move || early.1.notify_one()).join().unwrap();
    let guard = pair.0.lock().unwrap();
    drop(pair.1.wait(guard).unwrap()); //@ stuck
}
