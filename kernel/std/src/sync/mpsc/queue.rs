//! The queue of a channel with room: many senders, one receiver, and nobody waits in it.
//!
//! Messages are numbered. A sender takes the next number, which is the one step that senders
//! compete for, writes its message into the slot of that number, and says that it is there. The
//! receiver is alone, so it takes what is in the next slot without telling anybody, unless the
//! channel has a bound.
//!
//! Slots lie in blocks, which are a list: senders fill the last one, the receiver empties the first
//! and frees it. Who takes the number of a block's last slot puts the next block in. One number
//! after that has no slot: while the tail stands there, the next block is on its way.

use real::alloc::{Layout, alloc_zeroed, handle_alloc_error};
use real::boxed::Box;
use real::cell::{Cell, UnsafeCell};
use real::mem::MaybeUninit;
use real::panic::{RefUnwindSafe, UnwindSafe};
use real::prelude::rust_2024::*;
use real::ptr::NonNull;
use real::sync::Arc;
use real::sync::atomic::{AtomicBool, AtomicPtr, AtomicU64, AtomicUsize, Ordering};
use real::sync::mpsc::{SendError, TryRecvError, TrySendError};

/// Numbers from one block's first slot to the next one's.
const ROUND: u64 = 32;
/// Messages in a block.
const SLOTS: usize = ROUND as usize - 1;

/// `Queue::tail`: the receiver is gone, or all senders are.
const CLOSED: u64 = 1;
/// `Queue::tail`: one number.
const ONE: u64 = 2;

/// What both ends share.
struct Queue<T> {
    tail: Tail<T>,
    /// How many messages there may be at once, with a bound.
    bound: Option<usize>,
    senders: AtomicUsize,
    taken: Taken,
}

/// What senders write.
#[repr(align(64))]
struct Tail<T> {
    /// [`ONE`] times the next number, and [`CLOSED`].
    number: AtomicU64,
    /// The block of that number.
    block: AtomicPtr<Block<T>>,
}

/// How many messages the receiver has taken; with a bound only.
#[repr(align(64))]
struct Taken(AtomicU64);

/// All zeros when it is made.
struct Block<T> {
    /// Written before the last slot is.
    next: AtomicPtr<Block<T>>,
    slots: [Slot<T>; SLOTS],
}

struct Slot<T> {
    /// Whether the message was written. The last that its sender does in the block.
    is_there: AtomicBool,
    message: UnsafeCell<MaybeUninit<T>>,
}

/// The senders' end.
pub(super) struct Giver<T>(Arc<Queue<T>>);

/// The receiver's end.
pub(super) struct Taker<T> {
    queue: Arc<Queue<T>>,
    /// The number of the next message; there is always a slot for it, in `block`.
    number: Cell<u64>,
    /// The first block.
    block: Cell<NonNull<Block<T>>>,
}

// SAFETY: a message is written by the one sender that has its number, and read by the one receiver
// after that; `T: Send` allows it to change threads.
unsafe impl<T: Send> Send for Queue<T> {}
// SAFETY: as above. Everything else is atomic.
unsafe impl<T: Send> Sync for Queue<T> {}
// SAFETY: the blocks that it points to are reached as the queue is, and by no other receiver.
unsafe impl<T: Send> Send for Taker<T> {}

// No code of the user's runs while something is half done.
impl<T> UnwindSafe for Queue<T> {}
impl<T> RefUnwindSafe for Queue<T> {}
impl<T> UnwindSafe for Taker<T> {}
impl<T> RefUnwindSafe for Taker<T> {}

/// Both ends of a new queue.
pub(super) fn ends<T>(bound: Option<usize>) -> (Giver<T>, Taker<T>) {
    let first = Block::new();
    let queue = Arc::new(Queue {
        tail: Tail {
            number: AtomicU64::new(0),
            block: AtomicPtr::new(first.as_ptr()),
        },
        bound,
        senders: AtomicUsize::new(1),
        taken: Taken(AtomicU64::new(0)),
    });
    let taker = Taker {
        queue: Arc::clone(&queue),
        number: Cell::new(0),
        block: Cell::new(first),
    };
    (Giver(queue), taker)
}

impl<T> Block<T> {
    fn new() -> NonNull<Block<T>> {
        let layout = Layout::new::<Block<T>>();
        // SAFETY: it has a size, since a slot has.
        let made = unsafe { alloc_zeroed(layout) }.cast();
        NonNull::new(made).unwrap_or_else(|| handle_alloc_error(layout))
    }

    /// Frees a block, but no messages.
    ///
    /// # Safety
    ///
    /// Nobody may use it any more, and it was made by `new`.
    unsafe fn free(block: NonNull<Block<T>>) {
        // SAFETY: the caller's; a `Box` has the same layout, and slots drop nothing.
        drop(unsafe { Box::from_raw(block.as_ptr()) });
    }
}

/// The slot of a number in its block; [`SLOTS`] for the one that has none.
fn slot_of(number: u64) -> usize {
    (number % ROUND) as usize
}

/// How many messages have numbers below this one.
fn messages_before(number: u64) -> u64 {
    number / ROUND * SLOTS as u64 + number % ROUND
}

/// Waits for another thread, which needs a few instructions more.
fn pause(pauses: &mut u32) {
    const SPINS: u32 = 64;
    if *pauses < SPINS {
        *pauses += 1;
        real::hint::spin_loop();
    } else {
        real::thread::yield_now();
    }
}

impl<T> Queue<T> {
    /// Puts a message in, if `has_room` for it with its number. Before it looks who waits, a caller
    /// calls `order_wake`: the number is taken by a read-modify-write.
    #[inline]
    fn push(&self, message: T, has_room: impl Fn(u64) -> bool) -> Result<(), TrySendError<T>> {
        let mut pauses = 0;
        let mut tail = self.tail.number.load(Ordering::Acquire);
        loop {
            if tail & CLOSED != 0 {
                return Err(TrySendError::Disconnected(message));
            }
            let number = tail / ONE;
            let slot = slot_of(number);
            if slot == SLOTS {
                pause(&mut pauses);
                tail = self.tail.number.load(Ordering::Acquire);
                continue;
            }
            if !has_room(number) {
                return Err(TrySendError::Full(message));
            }
            // The block of `tail`, if that is still the tail when the number is taken: a block
            // comes before its first number and goes after its last.
            let block = self.tail.block.load(Ordering::Acquire);
            // Sequentially consistent: see `try_recv`.
            if let Err(now) = self.tail.number.compare_exchange_weak(
                tail,
                tail + ONE,
                Ordering::SeqCst,
                Ordering::Acquire,
            ) {
                tail = now;
                continue;
            }
            // SAFETY: the receiver frees a block when it has taken all of its messages, and this
            // one is not there yet.
            let block = unsafe { &*block };
            if slot + 1 == SLOTS {
                self.put_next(block);
            }
            let slot = &block.slots[slot];
            // SAFETY: this thread alone has the number, and the receiver waits for `is_there`.
            unsafe { (*slot.message.get()).write(message) };
            slot.is_there.store(true, Ordering::Release);
            return Ok(());
        }
    }

    /// Puts the next block in; for who has taken the number of the last slot in `block`.
    #[cold]
    fn put_next(&self, block: &Block<T>) {
        let next = Block::new().as_ptr();
        self.tail.block.store(next, Ordering::Release);
        // Not a store, since the queue may be closed meanwhile.
        self.tail.number.fetch_add(ONE, Ordering::SeqCst);
        block.next.store(next, Ordering::Release);
    }

    /// From here on no message gets a number.
    fn close(&self) {
        self.tail.number.fetch_or(CLOSED, Ordering::SeqCst);
    }
}

impl<T> Giver<T> {
    /// Puts a message in; for a queue without a bound.
    #[inline]
    pub(super) fn send(&self, message: T) -> Result<(), SendError<T>> {
        self.0.push(message, |_| true).map_err(|refused| {
            let (TrySendError::Disconnected(message) | TrySendError::Full(message)) = refused;
            SendError(message)
        })
    }

    /// Puts a message in, unless there are as many as may be.
    #[inline]
    pub(super) fn try_send(&self, message: T) -> Result<(), TrySendError<T>> {
        let queue = &*self.0;
        queue.push(message, |number| {
            let taken = queue.taken.0.load(Ordering::SeqCst);
            // The number may be an old one, below what was taken since.
            let inside = messages_before(number).saturating_sub(taken);
            queue.bound.is_none_or(|bound| inside < bound as u64)
        })
    }
}

impl<T> Clone for Giver<T> {
    fn clone(&self) -> Giver<T> {
        self.0.senders.fetch_add(1, Ordering::Relaxed);
        Giver(Arc::clone(&self.0))
    }
}

impl<T> Drop for Giver<T> {
    fn drop(&mut self) {
        if self.0.senders.fetch_sub(1, Ordering::AcqRel) == 1 {
            self.0.close();
        }
    }
}

impl<T> Taker<T> {
    /// Takes the next message, if there is one. What a sender is about to write is waited for.
    #[inline]
    pub(super) fn try_recv(&self) -> Result<T, TryRecvError> {
        let number = self.number.get();
        // SAFETY: it is freed by `advance` and `drop` alone.
        let block = unsafe { self.block.get().as_ref() };
        let slot = &block.slots[slot_of(number)];
        if !slot.is_there.load(Ordering::Acquire) {
            self.await_next(slot)?;
        }
        // SAFETY: it was written, and is not read again: the next one is another slot's.
        let message = unsafe { (*slot.message.get()).assume_init_read() };
        self.advance(number + 1);
        Ok(message)
    }

    /// Returns when the next message is there, if a sender has taken its number.
    ///
    /// Who is about to sleep has said so before by a sequentially consistent read-modify-write, and
    /// looks here at the tail; a sender changes the tail by one, and looks then who sleeps. So
    /// either it is seen here, or wakes who sleeps.
    #[cold]
    fn await_next(&self, slot: &Slot<T>) -> Result<(), TryRecvError> {
        let tail = self.queue.tail.number.load(Ordering::SeqCst);
        if tail / ONE == self.number.get() {
            return Err(match tail & CLOSED {
                0 => TryRecvError::Empty,
                _ => TryRecvError::Disconnected,
            });
        }
        let mut pauses = 0;
        while !slot.is_there.load(Ordering::Acquire) {
            pause(&mut pauses);
        }
        Ok(())
    }

    /// The next message is the one with this number, or if it has no slot, the one after it.
    #[inline]
    fn advance(&self, number: u64) {
        let mut next = number;
        if slot_of(number) == SLOTS {
            next += 1;
            self.leave_block();
        }
        self.number.set(next);
        if self.queue.bound.is_some() {
            // A read-modify-write, since it comes before a look at who waits for room.
            self.queue
                .taken
                .0
                .swap(messages_before(next), Ordering::SeqCst);
        }
    }

    /// Goes to the next block, and frees the one of which everything was taken.
    #[cold]
    fn leave_block(&self) {
        let block = self.block.get();
        // SAFETY: as in `try_recv`.
        let next = unsafe { block.as_ref() }.next.load(Ordering::Acquire);
        // It was put in before the last message was there.
        if let Some(next) = NonNull::new(next) {
            self.block.set(next);
            // SAFETY: all of its senders have said that their messages are there, which is the last
            // they do in it, and the tail is in the next one.
            unsafe { Block::free(block) };
        }
    }
}

impl<T> Drop for Taker<T> {
    fn drop(&mut self) {
        self.queue.close();
        // Nobody sends any more, and what has a number comes.
        while let Ok(message) = self.try_recv() {
            drop(message);
        }
        // SAFETY: all messages that have numbers were taken, so no sender is in the last block, and
        // none looks for one in a queue that is closed.
        unsafe { Block::free(self.block.get()) };
    }
}
