//! Items are popped once something was pushed, whether or not something still lies there.

use std::sync::Mutex;
use std::thread;

const MENDED: bool = false;

fn main() {
    let stack = Mutex::new((Vec::new(), false));
    thread::scope(|scope| {
        scope.spawn(|| {
            for item in 0..10 {
                let mut stack = stack.lock().unwrap();
                stack.0.push(item);
                stack.1 = true;
            }
        });
        scope.spawn(|| {
            for _ in 0..10 {
                let mut stack = stack.lock().unwrap();
                let filled = if MENDED { !stack.0.is_empty() } else { stack.1 };
                if filled {
                    assert!(stack.0.pop().is_some(), "nothing lies there");
                }
            }
        });
    });
}
