//# title: a rendezvous with oneself
//# threads: T1
//# objects: tx → rx
use std::sync::mpsc;

{
    let (tx, rx) = mpsc::sync_channel(0);
    tx.send("hello").unwrap(); //@ stuck
    println!("{}", rx.recv().unwrap());
}
