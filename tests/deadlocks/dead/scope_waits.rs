//# title: a scope waits for a thread that waits for what comes after the scope
//# threads: T1, T2
//# objects: tx → rx
use std::sync::mpsc;
use std::thread;

{
    let (tx, rx) = mpsc::channel::<u32>();
    thread::scope(|s| { //@ scope
        s.spawn(move || println!("{:?}", rx.recv())); //@ stuck
    });
    tx.send(1).unwrap();
}
