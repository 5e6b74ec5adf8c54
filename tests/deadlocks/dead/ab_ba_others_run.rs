//# title: two threads are stuck while a third computes on
//# threads: T3, T4
//# objects: a, b
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier, Mutex};
use std::thread;

{
    let a = Arc::new(Mutex::new(0));
    let b = Arc::new(Mutex::new(0));
    let gate = Arc::new(Barrier::new(2));
    let enough = Arc::new(AtomicBool::new(false));

    let busy = thread::spawn({
        let enough = enough.clone();
        move || {
            let mut sum = 0u64;
            while !enough.load(Ordering::Relaxed) {
                sum = sum.wrapping_add(1);
            }
            sum
        }
    });
    let take = |x: &Arc<Mutex<i32>>, y: &Arc<Mutex<i32>>| {
        let (x, y, gate) = (x.clone(), y.clone(), gate.clone());
        thread::spawn(move || {
            let _x = x.lock().unwrap();
            gate.wait();
            let _y = y.lock().unwrap(); //@ stuck
        })
    };
    let one = take(&a, &b);
    let other = take(&b, &a);
    let _ = one.join();
    let _ = other.join();
    enough.store(true, Ordering::Relaxed);
    busy.join().unwrap();
}
