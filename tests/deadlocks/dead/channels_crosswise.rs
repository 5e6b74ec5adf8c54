//# title: each of two threads waits for the other's first message
//# threads: T2, T3
//# objects: ping_tx → ping_rx, pong_tx → pong_rx
use std::sync::mpsc;
use std::thread;

{
    let (ping_tx, ping_rx) = mpsc::channel::<u32>();
    let (pong_tx, pong_rx) = mpsc::channel::<u32>();
    let a = thread::spawn(move || {
        let n = pong_rx.recv().unwrap_or(0); //@ stuck
        let _ = ping_tx.send(n + 1);
    });
    let b = thread::spawn(move || {
        let n = ping_rx.recv().unwrap_or(0); //@ stuck
        let _ = pong_tx.send(n + 1);
    });
    let _ = a.join();
    let _ = b.join();
}
