//# title: two threads park, each means the other to unpark it first
//# threads: T2
use std::sync::{Arc, OnceLock};
use std::thread::{self, Thread};

{
    let main_thread = thread::current();
    let child = thread::spawn(move || {
        thread::park(); //@ stuck
        main_thread.unpark();
    });
    let handle: Thread = child.thread().clone();
    thread::park(); //@ stuck
    handle.unpark();
    child.join().unwrap();
}
