//! Whoever comes last of three finds a value that it does not expect.

use std::sync::Mutex;
use std::thread;

const MENDED: bool = false;

fn main() {
    let data = Mutex::new(0);
    thread::scope(|scope| {
        scope.spawn(|| *data.lock().unwrap() += 1);
        scope.spawn(|| *data.lock().unwrap() += 2);
        scope.spawn(|| {
            let most = if MENDED { 3 } else { 2 };
            assert!(*data.lock().unwrap() <= most);
        });
    });
}
