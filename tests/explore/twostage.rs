//! What is stored under one lock, and then under another one, is looked at in between.

use std::sync::Mutex;
use std::thread;

const MENDED: bool = false;
const THREADS: usize = 2;

fn main() {
    let (first, second) = (Mutex::new(0), Mutex::new(0));
    thread::scope(|scope| {
        for _ in 1..THREADS {
            scope.spawn(|| {
                let mut one = first.lock().unwrap();
                *one = 1;
                let kept = MENDED.then_some(one);
                let mut two = second.lock().unwrap();
                *two = 2;
                drop(two);
                drop(kept);
            });
        }
        scope.spawn(|| {
            let one = first.lock().unwrap();
            let seen = *one;
            let kept = MENDED.then_some(one);
            if seen != 0 {
                assert_eq!(*second.lock().unwrap(), seen + 1);
            }
            drop(kept);
        });
    });
}
