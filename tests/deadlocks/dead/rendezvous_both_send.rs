//# title: two threads hand something over at once, nobody takes
//# threads: T2, T3
use std::sync::mpsc;
use std::thread;

{
    let (left_tx, left_rx) = mpsc::sync_channel::<u8>(0);
    let (right_tx, right_rx) = mpsc::sync_channel::<u8>(0);
    let a = thread::spawn(move || {
        let _ = left_tx.send(1); //@ stuck
        let _ = right_rx.recv();
    });
    let b = thread::spawn(move || {
        let _ = right_tx.send(2); //@ stuck
        let _ = left_rx.recv();
    });
    a.join().unwrap();
    b.join().unwrap();
}
