// Its mutex, condition variable, lock of readers and writers, and once.
:dep parking_lot = "0.12"
use parking_lot::{Condvar, Mutex, Once, RwLock};
use std::thread;
static ONCE: Once = Once::new();
static TOTAL: RwLock<Vec<i32>> = RwLock::new(Vec::new());
let ready = (Mutex::new(0), Condvar::new());
thread::scope(|s| {
    for number in 1..3 {
        let ready = &ready;
        s.spawn(move || {
            ONCE.call_once(|| TOTAL.write().push(10));
            TOTAL.write().push(number);
            *ready.0.lock() += 1;
            ready.1.notify_one();
        });
    }
    let mut count = ready.0.lock();
    while *count < 2 {
        ready.1.wait(&mut count);
    }
    assert_eq!(TOTAL.read().iter().sum::<i32>(), 13);
});
