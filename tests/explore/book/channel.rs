//! A channel with room for one message; both sides wait by parking.

use std::cell::UnsafeCell;
use std::mem::MaybeUninit;
use std::sync::atomic::{AtomicBool, Ordering::*};
use std::thread::{self, Thread};

struct Channel<T> {
    is_full: AtomicBool,
    message: UnsafeCell<MaybeUninit<T>>,
}

// SAFETY: who finds it empty may write, who finds it full may take; there is one of each.
unsafe impl<T: Send> Sync for Channel<T> {}

impl<T> Channel<T> {
    fn new() -> Self {
        Channel {
            is_full: AtomicBool::new(false),
            message: UnsafeCell::new(MaybeUninit::uninit()),
        }
    }

    fn send(&self, message: T, receiver: &Thread) {
        while self.is_full.load(Acquire) {
            thread::park();
        }
        // SAFETY: it is empty, and the receiver waits until it is full.
        unsafe { (*self.message.get()).write(message) };
        self.is_full.store(true, Release);
        receiver.unpark();
    }

    fn receive(&self, sender: &Thread) -> T {
        while !self.is_full.load(Acquire) {
            thread::park();
        }
        // SAFETY: it is full, and the sender waits until it is empty.
        let message = unsafe { (*self.message.get()).assume_init_read() };
        self.is_full.store(false, Release);
        sender.unpark();
        message
    }
}

fn main() {
    let channel = Channel::new();
    let main = thread::current();
    thread::scope(|scope| {
        let sender = scope.spawn(|| {
            channel.send(Box::new(1), &main);
            channel.send(Box::new(2), &main);
        });
        assert_eq!(*channel.receive(sender.thread()), 1);
        assert_eq!(*channel.receive(sender.thread()), 2);
    });
}
