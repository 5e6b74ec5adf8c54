//! Peterson's lock: each thread must see the other's wish before it looks whose turn it is.

use std::hint::spin_loop;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering, Ordering::*};
use std::thread;

const MENDED: bool = false;
const STORES: Ordering = if MENDED { SeqCst } else { Release };
const LOADS: Ordering = if MENDED { SeqCst } else { Acquire };

#[derive(Default)]
struct Peterson {
    wants: [AtomicBool; 2],
    turn: AtomicUsize,
    inside: AtomicUsize,
}

impl Peterson {
    fn enter(&self, me: usize) {
        let other = 1 - me;
        self.wants[me].store(true, STORES);
        self.turn.store(other, STORES);
        while self.wants[other].load(LOADS) && self.turn.load(LOADS) == other {
            spin_loop();
        }
    }

    fn visit(&self, me: usize) {
        self.enter(me);
        assert_eq!(self.inside.fetch_add(1, Relaxed), 0, "both are inside");
        self.inside.fetch_sub(1, Relaxed);
        self.wants[me].store(false, STORES);
    }
}

fn main() {
    let lock = Peterson::default();
    thread::scope(|scope| {
        scope.spawn(|| lock.visit(0));
        scope.spawn(|| lock.visit(1));
    });
}
