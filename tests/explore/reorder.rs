//! Two variables change one after the other; one thread looks at both.

use std::sync::Mutex;
use std::sync::atomic::{AtomicI32, Ordering::SeqCst};
use std::thread;

const MENDED: bool = false;
const THREADS: usize = 3;

fn main() {
    let (a, b) = (AtomicI32::new(0), AtomicI32::new(0));
    let together = Mutex::new(());
    let guard = || MENDED.then(|| together.lock().unwrap());
    thread::scope(|scope| {
        for _ in 1..THREADS {
            scope.spawn(|| {
                let _together = guard();
                a.store(1, SeqCst);
                b.store(-1, SeqCst);
            });
        }
        scope.spawn(|| {
            let _together = guard();
            let seen = (a.load(SeqCst), b.load(SeqCst));
            assert!(seen == (0, 0) || seen == (1, -1), "{seen:?}");
        });
    });
}
