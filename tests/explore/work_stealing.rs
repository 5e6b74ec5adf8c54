//! The last item of a queue is taken by its owner and by a thief.

use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::thread;

const MENDED: bool = false;

#[derive(Default)]
struct Queue {
    top: AtomicUsize,
    bottom: AtomicUsize,
    taken: AtomicUsize,
}

impl Queue {
    /// Takes the item at the top, if it is still there.
    fn take(&self, top: usize) {
        if MENDED {
            if self
                .top
                .compare_exchange(top, top + 1, SeqCst, SeqCst)
                .is_err()
            {
                return;
            }
        } else {
            self.top.store(top + 1, SeqCst);
        }
        self.taken.fetch_add(1, SeqCst);
    }

    fn steal(&self) {
        let top = self.top.load(SeqCst);
        if top < self.bottom.load(SeqCst) {
            self.take(top);
        }
    }

    fn push_and_pop(&self) {
        self.bottom.store(1, SeqCst);
        let top = self.top.load(SeqCst);
        if top < self.bottom.load(SeqCst) {
            self.take(top);
        }
    }
}

fn main() {
    let queue = Queue::default();
    thread::scope(|scope| {
        scope.spawn(|| queue.push_and_pop());
        scope.spawn(|| queue.steal());
        scope.spawn(|| queue.steal());
    });
    assert!(queue.taken.load(SeqCst) <= 1, "one item was taken twice");
}
