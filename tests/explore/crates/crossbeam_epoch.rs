// A stack without locks, whose nodes are freed when nobody can look at them any more.
:dep crossbeam-epoch = "0.9"
use crossbeam_epoch::{self as epoch, Atomic, Guard, Owned, Shared};
use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::thread;
struct Node {
    value: Box<i32>,
    next: Atomic<Node>,
}
struct Stack(Atomic<Node>);
impl Stack {
    fn push(&self, value: i32, guard: &Guard) {
        let mut node = Owned::new(Node { value: Box::new(value), next: Atomic::null() });
        loop {
            let head = self.0.load(Relaxed, guard);
            node.next.store(head, Relaxed);
            match self.0.compare_exchange(head, node, Release, Relaxed, guard) {
                Ok(_) => return,
                Err(error) => node = error.new,
            }
        }
    }
    fn pop(&self, guard: &Guard) -> Option<i32> {
        loop {
            let head = self.0.load(Acquire, guard);
            let node = unsafe { head.as_ref() }?;
            let next = node.next.load(Relaxed, guard);
            if self.0.compare_exchange(head, next, Relaxed, Relaxed, guard).is_ok() {
                let value = *node.value;
                unsafe { guard.defer_unchecked(move || drop(head.into_owned())) };
                return Some(value);
            }
        }
    }
}
let stack = Stack(Atomic::null());
let sum: i32 = thread::scope(|s| {
    let threads: Vec<_> = (0..2)
        .map(|number| {
            let stack = &stack;
            s.spawn(move || {
                stack.push(number + 1, &epoch::pin());
                let guard = epoch::pin();
                let value = stack.pop(&guard).unwrap();
                drop(guard);
                epoch::pin().flush();
                value
            })
        })
        .collect();
    threads.into_iter().map(|thread| thread.join().unwrap()).sum()
});
assert_eq!(sum, 3);
