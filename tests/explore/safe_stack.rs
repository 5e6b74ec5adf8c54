//! A stack without locks, as Dmitry Vyukov posed it: five preemptions make it give one item twice.

use std::sync::Mutex;
use std::sync::atomic::{AtomicI32, Ordering::SeqCst};
use std::thread;

const MENDED: bool = false;

struct Stack {
    head: AtomicI32,
    count: AtomicI32,
    next: [AtomicI32; 3],
    values: [AtomicI32; 3],
    whole: Mutex<()>,
}

impl Stack {
    fn pop(&self) -> Option<usize> {
        let _whole = MENDED.then(|| self.whole.lock().unwrap());
        while self.count.load(SeqCst) > 1 {
            let head = self.head.load(SeqCst);
            let next = self.next[head as usize].swap(-1, SeqCst);
            if next < 0 {
                continue;
            }
            if self
                .head
                .compare_exchange(head, next, SeqCst, SeqCst)
                .is_ok()
            {
                self.count.fetch_sub(1, SeqCst);
                return Some(head as usize);
            }
            self.next[head as usize].swap(next, SeqCst);
        }
        None
    }

    fn push(&self, item: usize) {
        let _whole = MENDED.then(|| self.whole.lock().unwrap());
        loop {
            let head = self.head.load(SeqCst);
            self.next[item].store(head, SeqCst);
            let pushed = self
                .head
                .compare_exchange(head, item as i32, SeqCst, SeqCst);
            if pushed.is_ok() {
                break;
            }
        }
        self.count.fetch_add(1, SeqCst);
    }
}

fn main() {
    let stack = Stack {
        head: AtomicI32::new(0),
        count: AtomicI32::new(3),
        next: [1, 2, -1].map(AtomicI32::new),
        values: [0; 3].map(AtomicI32::new),
        whole: Mutex::new(()),
    };
    thread::scope(|scope| {
        for thread in 1..=3 {
            let stack = &stack;
            scope.spawn(move || {
                for _ in 0..3 {
                    if let Some(item) = stack.pop() {
                        stack.values[item].store(thread, SeqCst);
                        assert_eq!(stack.values[item].load(SeqCst), thread);
                        stack.push(item);
                    }
                }
            });
        }
    });
}
