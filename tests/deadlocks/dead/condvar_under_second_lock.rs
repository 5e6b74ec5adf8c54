//# title: the notifier needs a second lock that the waiting thread keeps
//# threads: T2
//# objects: outer
use std::sync::{Arc, Barrier, Condvar, Mutex};
use std::thread;

{
    let outer = Arc::new(Mutex::new(()));
    let inner = Arc::new((Mutex::new(false), Condvar::new()));
    let holding = Arc::new(Barrier::new(2));
    let waiter = thread::spawn({
        let (outer, inner, holding) = (outer.clone(), inner.clone(), holding.clone());
        move || {
            let _outer = outer.lock().unwrap();
            holding.wait();
            let guard = inner.0.lock().unwrap();
            let _guard = inner.1.wait_while(guard, |set| !*set).unwrap(); //@ stuck
        }
    });
    let notifier = thread::spawn(move || {
        holding.wait();
        let _outer = outer.lock().unwrap(); //@ stuck
        *inner.0.lock().unwrap() = true;
        inner.1.notify_all();
    });
    let _ = waiter.join();
    let _ = notifier.join();
}
