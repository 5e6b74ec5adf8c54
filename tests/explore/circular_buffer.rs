//! A sender and a receiver take turns, and count turns even where it is not theirs.

use std::sync::Mutex;
use std::thread;

const MENDED: bool = false;

fn main() {
    let slot = Mutex::new(None);
    thread::scope(|scope| {
        scope.spawn(|| {
            let mut sent = 0;
            for turn in 0..7 {
                let mut slot = slot.lock().unwrap();
                if slot.is_none() {
                    *slot = Some(if MENDED { sent } else { turn });
                    sent += 1;
                }
            }
        });
        scope.spawn(|| {
            let mut received = 0;
            for turn in 0..7 {
                if let Some(value) = slot.lock().unwrap().take() {
                    assert_eq!(value, if MENDED { received } else { turn });
                    received += 1;
                }
            }
        });
    });
}
