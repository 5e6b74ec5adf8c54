//! A text is appended by its length, and erased between the look at the length and the copy.

use std::sync::Mutex;
use std::thread;

const MENDED: bool = false;

fn main() {
    let text = Mutex::new(String::new());
    thread::scope(|scope| {
        scope.spawn(|| {
            let locked = text.lock().unwrap();
            let length = locked.len();
            let locked = if MENDED {
                locked
            } else {
                drop(locked);
                text.lock().unwrap()
            };
            assert!(locked.get(..length).is_some(), "shorter than it was");
        });
        scope.spawn(|| {
            text.lock().unwrap().push_str("abc");
            text.lock().unwrap().clear();
        });
    });
}
