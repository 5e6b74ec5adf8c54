//# title: a ring through a lock, a join and a message
//# threads: T1, T2, T3
//# objects: ledger
use std::sync::{Arc, Mutex, mpsc};
use std::thread;

{
    let ledger = Arc::new(Mutex::new(Vec::<u32>::new()));
    let (tx, rx) = mpsc::channel::<u32>();
    let (has_lock, lock_taken) = mpsc::channel::<()>();
    let clerk = thread::spawn({
        let ledger = ledger.clone();
        move || {
            let mut page = ledger.lock().unwrap();
            has_lock.send(()).unwrap();
            page.push(rx.recv().unwrap_or(0)); //@ stuck
        }
    });
    lock_taken.recv().unwrap();
    let auditor = thread::spawn({
        let ledger = ledger.clone();
        move || ledger.lock().map(|page| page.len()).unwrap_or(0) //@ stuck
    });
    let pages = auditor.join().unwrap(); //@ stuck
    tx.send(pages as u32).unwrap();
    clerk.join().unwrap();
}
