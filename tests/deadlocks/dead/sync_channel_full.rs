//# title: a thread fills the bounded channel that only it would empty
//# threads: T1
//# objects: tx → rx
use std::sync::mpsc;

{
    let (tx, rx) = mpsc::sync_channel(2);
    for n in 0..3 {
        tx.send(n).unwrap(); //@ stuck
    }
    println!("{}", rx.iter().take(3).sum::<i32>());
}
