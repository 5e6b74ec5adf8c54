//# title: two threads join each other
//# threads: T2, T3
use std::sync::mpsc;
use std::thread::{self, JoinHandle};

{
    let (to_a, for_a) = mpsc::channel::<JoinHandle<()>>();
    let (to_b, for_b) = mpsc::channel::<JoinHandle<()>>();
    let (done, finished) = mpsc::channel::<()>();
    let a = thread::spawn({
        let done = done.clone();
        move || {
            let _done = done;
            let other = for_a.recv().unwrap();
            let _ = other.join(); //@ stuck
        }
    });
    let b = thread::spawn(move || {
        let _done = done;
        let other = for_b.recv().unwrap();
        let _ = other.join(); //@ stuck
    });
    to_a.send(b).unwrap();
    to_b.send(a).unwrap();
    let _ = finished.recv();
}
