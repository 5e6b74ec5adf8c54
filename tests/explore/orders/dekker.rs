//! Dekker's lock: who wants to enter must see that the other one wants to as well.

use std::hint::spin_loop;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering, Ordering::*};
use std::thread;

const MENDED: bool = false;
const STORES: Ordering = if MENDED { SeqCst } else { Release };
const LOADS: Ordering = if MENDED { SeqCst } else { Acquire };

#[derive(Default)]
struct Dekker {
    wants: [AtomicBool; 2],
    turn: AtomicUsize,
    inside: AtomicUsize,
}

impl Dekker {
    fn enter(&self, me: usize) {
        let other = 1 - me;
        self.wants[me].store(true, STORES);
        while self.wants[other].load(LOADS) {
            if self.turn.load(LOADS) == other {
                self.wants[me].store(false, STORES);
                while self.turn.load(LOADS) == other {
                    spin_loop();
                }
                self.wants[me].store(true, STORES);
            }
        }
    }

    fn visit(&self, me: usize) {
        self.enter(me);
        assert_eq!(self.inside.fetch_add(1, Relaxed), 0, "both are inside");
        self.inside.fetch_sub(1, Relaxed);
        self.turn.store(1 - me, STORES);
        self.wants[me].store(false, STORES);
    }
}

fn main() {
    let lock = Dekker::default();
    thread::scope(|scope| {
        scope.spawn(|| lock.visit(0));
        scope.spawn(|| lock.visit(1));
    });
}
