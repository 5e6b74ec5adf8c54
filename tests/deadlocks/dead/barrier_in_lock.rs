//# title: who waits at the barrier still holds the lock that the others need to get there
//# objects: total, gate
use std::sync::{Barrier, Mutex};
use std::thread;
{
    let total = Mutex::new(0);
    let gate = Barrier::new(3);
    thread::scope(|s| {
        for part in 1..=3 {
            let (total, gate) = (&total, &gate);
            s.spawn(move || {
                let mut sum = total.lock().unwrap(); //@ stuck
                *sum += part;
                gate.wait(); //@ stuck
            });
        }
    });
}
