//# title: a detached thread keeps a lock for a while, nobody joins it
//# stdout: done 8
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
use std::time::Duration;

{
    let m = Arc::new(Mutex::new(0));
    let (tx, rx) = mpsc::channel();
    let hidden = m.clone();
    thread::spawn(move || {
        let mut n = hidden.lock().unwrap();
        tx.send(()).unwrap();
        thread::sleep(Duration::from_millis(500));
        *n = 8;
    });
    rx.recv().unwrap();
    println!("done {}", m.lock().unwrap());
}
