//# title: a thread gets its own handle and joins itself
//# natively: std itself panics here: "Resource deadlock avoided"
//# threads: T2
use std::sync::mpsc;
use std::thread::{self, JoinHandle};

{
    let (give, take) = mpsc::channel::<JoinHandle<()>>();
    let (done, finished) = mpsc::channel::<()>();
    let me = thread::spawn(move || {
        let _done = done;
        let myself = take.recv().unwrap();
        let _ = myself.join(); //@ stuck
    });
    give.send(me).unwrap();
    let _ = finished.recv();
}
