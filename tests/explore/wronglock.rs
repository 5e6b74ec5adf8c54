//! One thread takes the lock of the data, the others another one.

use std::sync::Mutex;
use std::sync::atomic::{AtomicI32, Ordering::SeqCst};
use std::thread;

const MENDED: bool = false;
const THREADS: usize = 2;

fn main() {
    let data = AtomicI32::new(0);
    let (of_data, of_others) = (Mutex::new(()), Mutex::new(()));
    thread::scope(|scope| {
        scope.spawn(|| {
            let _guard = of_data.lock().unwrap();
            let seen = data.load(SeqCst);
            data.store(seen + 1, SeqCst);
            assert_eq!(data.load(SeqCst), seen + 1);
        });
        for _ in 1..THREADS {
            scope.spawn(|| {
                let lock = if MENDED { &of_data } else { &of_others };
                let _guard = lock.lock().unwrap();
                data.store(data.load(SeqCst) + 1, SeqCst);
            });
        }
    });
}
