//! Two locks, taken in two orders.

use std::sync::Mutex;
use std::thread;

const MENDED: bool = false;

fn main() {
    let (a, b) = (Mutex::new(0), Mutex::new(0));
    let both = |first: &Mutex<i32>, second: &Mutex<i32>| {
        let mut first = first.lock().unwrap();
        let mut second = second.lock().unwrap();
        *first += 1;
        *second += 1;
    };
    thread::scope(|scope| {
        scope.spawn(|| both(&a, &b));
        scope.spawn(|| if MENDED { both(&a, &b) } else { both(&b, &a) });
    });
}
