//# title: the other order before a thread is started, and after it was joined
//# silent: lock_order
use std::sync::{Arc, Mutex};
use std::thread;
{
    let (a, b) = (Arc::new(Mutex::new(1)), Arc::new(Mutex::new(2)));
    {
        let inner = b.lock().unwrap();
        *a.lock().unwrap() += *inner;
    }
    let (first, second) = (a.clone(), b.clone());
    thread::spawn(move || {
        let outer = first.lock().unwrap();
        *second.lock().unwrap() += *outer;
    })
    .join()
    .unwrap();
    let inner = b.lock().unwrap();
    *a.lock().unwrap() += *inner;
}
