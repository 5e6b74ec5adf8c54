//# title: a barrier for three that only two threads reach
//# objects: line
use std::sync::{Arc, Barrier};
use std::thread;

{
    let line = Arc::new(Barrier::new(3));
    let runners: Vec<_> = (0..2)
        .map(|_| {
            let line = line.clone();
            thread::spawn(move || line.wait().is_leader()) //@ stuck
        })
        .collect();
    for r in runners {
        let _ = r.join();
    }
}
