//# title: main waits for a message while it holds the lock that the sender needs first
//# threads: T1, T2
//# objects: state
use std::sync::{Arc, Mutex, mpsc};
use std::thread;

{
    let state = Arc::new(Mutex::new(0));
    let (tx, rx) = mpsc::channel();
    let guard = state.lock().unwrap();
    let worker = thread::spawn({
        let state = state.clone();
        move || {
            let n = *state.lock().unwrap(); //@ stuck
            let _ = tx.send(n);
        }
    });
    let answer = rx.recv().unwrap(); //@ stuck
    println!("{guard} {answer}");
    worker.join().unwrap();
}
