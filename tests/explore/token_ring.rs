//! Three threads pass a token on; nothing makes them keep to the ring.

use std::sync::{Condvar, Mutex};
use std::thread;

const MENDED: bool = false;

#[derive(Default)]
struct Ring {
    values: [i32; 3],
    done: usize,
}

fn main() {
    let (ring, moved) = (Mutex::new(Ring::default()), Condvar::new());
    let pass = |member: usize| {
        let mut ring = ring.lock().unwrap();
        while MENDED && ring.done != member {
            ring = moved.wait(ring).unwrap();
        }
        ring.values[member] = match member {
            0 => (ring.values[2] + 1) % 4,
            _ => ring.values[member - 1],
        };
        ring.done += 1;
        moved.notify_all();
    };
    thread::scope(|scope| {
        for member in 0..3 {
            scope.spawn(move || pass(member));
        }
        scope.spawn(|| {
            let ring = ring.lock().unwrap();
            let [first, second, third] = ring.values;
            assert!(ring.done < 3 || first == second && second == third);
        });
    });
}
