//! One condition variable for both sides, an `if` where a `while` belongs, one thread woken.

use std::sync::{Condvar, Mutex};
use std::thread;

const MENDED: bool = false;

fn main() {
    let (full, changed) = (Mutex::new(false), Condvar::new());
    let turn = |wanted: bool| {
        for _ in 0..2 {
            let mut full = full.lock().unwrap();
            if MENDED {
                full = changed.wait_while(full, |full| *full != wanted).unwrap();
            } else if *full != wanted {
                full = changed.wait(full).unwrap();
            }
            assert_eq!(*full, wanted);
            *full = !wanted;
            if MENDED {
                changed.notify_all();
            } else {
                changed.notify_one();
            }
        }
    };
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| turn(false));
            scope.spawn(|| turn(true));
        }
    });
}
