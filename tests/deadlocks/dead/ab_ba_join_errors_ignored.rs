//# title: the same, while main looks away from what its threads died of
//# threads: T2, T3
//# objects: first, second
use std::sync::{Barrier, Mutex};
use std::thread;

fn opposite_orders() {
    let first = Mutex::new("first");
    let second = Mutex::new("second");
    let both_hold_one = Barrier::new(2);
    thread::scope(|s| {
        let up = s.spawn(|| {
            let _x = first.lock().unwrap();
            both_hold_one.wait();
            let _y = second.lock(); //@ stuck
        });
        let down = s.spawn(|| {
            let _y = second.lock().unwrap();
            both_hold_one.wait();
            let _x = first.lock(); //@ stuck
        });
        let _ = up.join();
        let _ = down.join();
    });
}
opposite_orders();
