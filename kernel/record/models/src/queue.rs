//! `std/src/sync/mpsc/queue.rs`, with blocks of two messages: senders that take numbers, and the
//! receiver that empties blocks and frees them.

use loom::cell::UnsafeCell;
use loom::sync::Arc;
use loom::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use loom::thread;

const ROUND: u64 = 3;
const SLOTS: usize = 2;
const CLOSED: u64 = 1;
const ONE: u64 = 2;
/// Enough for what the tests send.
const BLOCKS: usize = 3;

struct Queue {
    number: AtomicU64,
    block: AtomicUsize,
    blocks: [Block; BLOCKS],
    waiters: AtomicU32,
}

struct Block {
    next: AtomicUsize,
    slots: [Slot; SLOTS],
    /// Stands for its memory: read by who uses the block, written by who frees it.
    memory: UnsafeCell<()>,
}

struct Slot {
    is_there: AtomicBool,
    message: AtomicU32,
    /// Stands for the message's memory.
    memory: UnsafeCell<()>,
}

impl Block {
    fn new() -> Block {
        let slot = || Slot {
            is_there: AtomicBool::new(false),
            message: AtomicU32::new(0),
            memory: UnsafeCell::new(()),
        };
        Block {
            next: AtomicUsize::new(0),
            slots: [slot(), slot()],
            memory: UnsafeCell::new(()),
        }
    }

    fn used(&self) {
        self.memory.with(|_| ());
    }

    fn freed(&self) {
        self.memory.with_mut(|_| ());
    }
}

impl Queue {
    fn new() -> Queue {
        Queue {
            number: AtomicU64::new(0),
            block: AtomicUsize::new(0),
            blocks: [Block::new(), Block::new(), Block::new()],
            waiters: AtomicU32::new(0),
        }
    }

    /// `Queue::push`; whether the queue was open.
    fn push(&self, message: u32) -> bool {
        let mut tail = self.number.load(Ordering::Acquire);
        let (block, slot) = loop {
            if tail & CLOSED != 0 {
                return false;
            }
            let slot = (tail / ONE % ROUND) as usize;
            if slot == SLOTS {
                thread::yield_now();
                tail = self.number.load(Ordering::Acquire);
                continue;
            }
            let block = self.block.load(Ordering::Acquire);
            match self.number.compare_exchange(
                tail,
                tail + ONE,
                Ordering::SeqCst,
                Ordering::Acquire,
            ) {
                Ok(_) => break (block, slot),
                Err(now) => tail = now,
            }
        };
        let here = &self.blocks[block];
        if slot + 1 == SLOTS {
            self.block.store(block + 1, Ordering::Release);
            self.number.fetch_add(ONE, Ordering::SeqCst);
            here.used();
            here.next.store(block + 1, Ordering::Release);
        }
        here.used();
        here.slots[slot].memory.with_mut(|_| ());
        here.slots[slot].message.store(message, Ordering::Relaxed);
        here.slots[slot].is_there.store(true, Ordering::Release);
        true
    }

    fn close(&self) {
        self.number.fetch_or(CLOSED, Ordering::SeqCst);
    }
}

/// `Taker`.
struct Taker<'a> {
    queue: &'a Queue,
    number: u64,
    block: usize,
}

impl Taker<'_> {
    fn new(queue: &Queue) -> Taker<'_> {
        Taker {
            queue,
            number: 0,
            block: 0,
        }
    }

    fn try_recv(&mut self) -> Option<u32> {
        while self.is_sent() {
            if let Some(message) = self.take() {
                return Some(message);
            }
            thread::yield_now();
        }
        None
    }

    /// Whether a sender has taken the number of the next message.
    fn is_sent(&self) -> bool {
        self.queue.number.load(Ordering::SeqCst) / ONE != self.number
    }

    /// The next message, if it is there.
    fn take(&mut self) -> Option<u32> {
        let block = &self.queue.blocks[self.block];
        let slot = &block.slots[(self.number % ROUND) as usize];
        if !slot.is_there.load(Ordering::Acquire) {
            return None;
        }
        slot.memory.with(|_| ());
        let message = slot.message.load(Ordering::Relaxed);
        self.number += 1;
        if (self.number % ROUND) as usize == SLOTS {
            self.number += 1;
            self.block = block.next.load(Ordering::Acquire);
            assert_ne!(
                self.block, 0,
                "the next block comes before the last message"
            );
            block.freed();
        }
        Some(message)
    }

    /// `Taker::drop`; what was left.
    fn close(mut self) -> Vec<u32> {
        self.queue.close();
        let mut left = Vec::new();
        while let Some(message) = self.try_recv() {
            left.push(message);
        }
        self.queue.blocks[self.block].freed();
        left
    }
}

/// Few changes of the thread find what there is to find; all of them would take hours.
fn explore(program: impl Fn() + Sync + Send + 'static) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(3);
    model.check(program);
}

/// All messages come, each sender's in its order, and blocks are freed when nobody uses them.
#[test]
fn messages_come_whole_and_in_order() {
    explore(|| {
        let queue = Arc::new(Queue::new());
        let sender = |messages: &'static [u32]| {
            let queue = Arc::clone(&queue);
            thread::spawn(move || {
                for message in messages {
                    assert!(queue.push(*message), "closed too early");
                }
            })
        };
        let senders = [sender(&[1, 2]), sender(&[11])];
        let mut taker = Taker::new(&queue);
        // Beside the senders, then after them.
        let mut got: Vec<u32> = (0..3).filter_map(|_| taker.take()).collect();
        for sender in senders {
            sender.join().unwrap();
        }
        while let Some(message) = taker.try_recv() {
            got.push(message);
        }
        let of_one: Vec<u32> = got.iter().copied().filter(|it| *it < 10).collect();
        assert_eq!(of_one, [1, 2]);
        assert_eq!(got.len(), 3);
        assert!(got.contains(&11));
        assert!(taker.close().is_empty());
    });
}

/// What is sent while the receiver goes is refused, or dropped by the receiver.
#[test]
fn no_message_is_lost_when_the_receiver_goes() {
    explore(|| {
        let queue = Arc::new(Queue::new());
        let sender = |messages: &'static [u32]| {
            let queue = Arc::clone(&queue);
            thread::spawn(move || messages.iter().filter(|it| queue.push(**it)).count())
        };
        let senders = [sender(&[1, 2]), sender(&[11])];
        let left = Taker::new(&queue).close();
        let accepted: usize = senders.into_iter().map(|it| it.join().unwrap()).sum();
        assert_eq!(left.len(), accepted);
    });
}

/// A receiver that announces itself and finds nothing is seen by the sender, which looks who waits
/// without a fence.
#[test]
fn a_sender_sees_who_sleeps() {
    explore(|| {
        let queue = Arc::new(Queue::new());
        let theirs = Arc::clone(&queue);
        let sender = thread::spawn(move || {
            theirs.push(1);
            // `order_wake`: x86 needs no fence here, loom's model does.
            loom::sync::atomic::fence(Ordering::SeqCst);
            theirs.waiters.load(Ordering::SeqCst) != 0
        });
        queue.waiters.fetch_add(1, Ordering::SeqCst);
        loom::sync::atomic::fence(Ordering::SeqCst);
        let got = Taker::new(&queue).try_recv();
        let wakes = sender.join().unwrap();
        assert!(got.is_some() || wakes, "asleep for ever");
    });
}
