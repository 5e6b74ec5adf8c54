//# title: a poisoned lock is taken, not waited for
//# stdout: done 1
use std::sync::{Arc, Mutex};
use std::thread;

{
    let m = Arc::new(Mutex::new(1));
    let clumsy = m.clone();
    let _ = thread::spawn(move || {
        let _guard = clumsy.lock().unwrap();
        panic!("dropped it");
    })
    .join();
    let value = m.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    println!("done {value}");
}
