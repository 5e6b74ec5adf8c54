//# title: threads of one cell wait for a parking_lot lock that another cell holds and frees
:dep parking_lot = "0.12"
use parking_lot::{Condvar, Mutex, RwLock};
use std::sync::Arc;
let gate = Arc::new((Mutex::new(false), Condvar::new()));
let shared = Arc::new(RwLock::new(0u32));
//# cell
let waiting = std::thread::spawn({ let (gate, shared) = (gate.clone(), shared.clone()); move || {
    let mut open = gate.0.lock();
    while !*open { gate.1.wait(&mut open); }
    *shared.write() += 1;
}});
//# cell
:dep once_cell = "1"
static LAZY: once_cell::sync::Lazy<u32> = once_cell::sync::Lazy::new(|| 5);
*gate.0.lock() = true;
gate.1.notify_all();
waiting.join().unwrap();
//# cell
assert_eq!(*shared.read() + *LAZY, 6);
