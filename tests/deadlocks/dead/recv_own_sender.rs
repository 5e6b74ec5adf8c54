//# title: a loop over a receiver whose sender main itself keeps alive
//# threads: T1
//# objects: tx → rx
use std::sync::mpsc;
use std::thread;

{
    let (tx, rx) = mpsc::channel();
    for id in 0..3 {
        let tx = tx.clone();
        thread::spawn(move || tx.send(id).unwrap());
    }
    for id in rx { //@ stuck
        println!("worker {id}");
    }
    drop(tx);
}
