//# title: the thread that would have filled the barrier has panicked
//# objects: line
use std::sync::{Arc, Barrier};
use std::thread;

{
    let line = Arc::new(Barrier::new(2));
    let stumbles = thread::spawn({
        let line = line.clone();
        move || {
            let empty: Vec<u32> = Vec::new();
            let first = empty.iter().next().expect("no runner");
            line.wait();
            *first
        }
    });
    let _ = stumbles.join();
    line.wait(); //@ stuck
}
