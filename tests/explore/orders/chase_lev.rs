//! A work-stealing queue: the owner must see what was stolen before it takes what is left.

use std::sync::atomic::{AtomicI32, AtomicUsize, Ordering::*, fence};
use std::thread;

const MENDED: bool = false;

#[derive(Default)]
struct Queue {
    top: AtomicI32,
    bottom: AtomicI32,
    /// How often each of two items was taken.
    taken: [AtomicUsize; 2],
}

impl Queue {
    fn push(&self) {
        let bottom = self.bottom.load(Relaxed);
        fence(Release);
        self.bottom.store(bottom + 1, Relaxed);
    }

    fn take(&self) {
        let bottom = self.bottom.load(Relaxed) - 1;
        self.bottom.store(bottom, Relaxed);
        if MENDED {
            fence(SeqCst);
        }
        let top = self.top.load(Relaxed);
        if top > bottom {
            self.bottom.store(bottom + 1, Relaxed);
            return;
        }
        if top == bottom {
            let is_mine = self.top.compare_exchange(top, top + 1, SeqCst, Relaxed);
            self.bottom.store(bottom + 1, Relaxed);
            if is_mine.is_err() {
                return;
            }
        }
        self.note(bottom);
    }

    fn steal(&self) {
        let top = self.top.load(Acquire);
        fence(SeqCst);
        let bottom = self.bottom.load(Acquire);
        let is_there = top < bottom;
        if is_there && self.top.compare_exchange(top, top + 1, SeqCst, Relaxed).is_ok() {
            self.note(top);
        }
    }

    fn note(&self, item: i32) {
        let times = self.taken[item as usize].fetch_add(1, Relaxed);
        assert_eq!(times, 0, "item {item} was taken twice");
    }
}

fn main() {
    let queue = Queue::default();
    queue.push();
    queue.push();
    thread::scope(|scope| {
        scope.spawn(|| queue.take());
        scope.spawn(|| {
            queue.steal();
            queue.steal();
        });
    });
}
