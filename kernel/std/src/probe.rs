//! The one choke point: every recorded operation of our `std` goes through here, and nothing else
//! talks to the recorder.
//!
//! How the twins use it:
//!
//! - Every recorded object embeds an [`Id`]. Every operation names its kind by a `&'static` [`Meta`]
//!   and its place in the source by `Location::caller()`.
//! - Locks: [`acquire`], [`try_acquire`], [`release`].
//! - Everything else that can wait: resolve the id with [`resolve`], then [`block`] on a [`Wait`],
//!   and whoever changes the state calls [`wake_all`] or [`wake_one`] *after* the change.
//! - A queue of waiters (condition variables): one [`Ticket`] a waiter.
//! - Counters and instants: [`count_wait`], [`notified`], [`barrier_opened`], [`poison`] …
//!
//! The generic functions are meant to be called from **non-generic** functions of this crate, so
//! that they are compiled here, optimised, and not in every cell.
//!
//! Any function that takes a [`Place`] may unwind instead of returning, when the user has stopped
//! the cell or a deadlock was proved; never in a thread that is panicking already. Keep clean-up in
//! guards. Releases, wake-ups and notifications never unwind.

use real::panic::Location;
use real::prelude::rust_2024::*;
use real::sync::atomic::{AtomicU32, Ordering};
use real::time::Instant;

pub use record::frame::FrameKind;
pub use record::snapshot::{ObjectKind, WaitKind};

/// A place in the user's source: `Location::caller()` of a `#[track_caller]` function.
pub type Place = &'static Location<'static>;

/// What is the same for all objects of one type.
#[derive(Clone, Copy)]
pub struct Meta {
    /// What they are.
    pub kind: ObjectKind,
    /// The name of the protected or sent type.
    pub type_name: fn() -> &'static str,
}

impl Meta {
    /// The description of a `kind` that protects or sends a `T`; `()` where there is no such type.
    pub const fn of<T: ?Sized>(kind: ObjectKind) -> Meta {
        Meta { kind, type_name: real::any::type_name::<T> }
    }
}

/// Identity of a recorded object: embedded in it, given out at first use, freed by its own `Drop`.
pub struct Id {
    index: AtomicU32,
    created: Place,
}

impl Id {
    /// An identity that remembers its caller's caller as the place of creation.
    #[track_caller]
    pub const fn new() -> Id {
        Id { index: AtomicU32::new(0), created: Location::caller() }
    }
}

impl Drop for Id {
    fn drop(&mut self) {}
}

/// A recorded object, resolved from its [`Id`]; cheap to copy, valid even after the object is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Object {
    index: u32,
}

/// How a lock is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// By one thread alone.
    Exclusive,
    /// Together with other readers.
    Shared,
}

/// What a thread is about to wait for.
pub struct Wait {
    kind: WaitKind,
    shared_or_send: bool,
    deadline: Option<Instant>,
    at: Place,
}

impl Wait {
    /// For a change of `object`'s state, announced by [`wake_one`] or [`wake_all`].
    pub fn on(kind: WaitKind, _object: Object, at: Place) -> Wait {
        Wait { kind, shared_or_send: false, deadline: None, at }
    }

    /// For something that only this thread is told of: see [`Ticket`]. `object` is what the report
    /// names as the target.
    pub fn own(kind: WaitKind, _object: Option<Object>, at: Place) -> Wait {
        Wait { kind, shared_or_send: false, deadline: None, at }
    }

    /// Ends the wait at `deadline`; `None` changes nothing.
    pub fn until(self, deadline: Option<Instant>) -> Wait {
        Wait { deadline, ..self }
    }

    /// Marks a wait for shared access (`RwLock::read`), or a `send`.
    pub fn shared_or_send(self) -> Wait {
        Wait { shared_or_send: true, ..self }
    }
}

/// The object's entry in the recording, given out now if it has none.
pub fn resolve(id: &Id, _meta: &'static Meta) -> Object {
    Object { index: id.index.load(Ordering::Relaxed) }
}

/// The object's entry if it has been used before.
pub fn resolved(id: &Id) -> Option<Object> {
    Some(Object { index: id.index.load(Ordering::Relaxed) })
}

/// Takes a lock: repeats `attempt` until it returns something, waiting in between, and records.
///
/// `kind` is `Lock` for locks and `Once` for initialisers. `attempt` must not block.
#[inline]
pub fn acquire<G>(
    id: &Id,
    meta: &'static Meta,
    kind: WaitKind,
    access: Access,
    at: Place,
    mut attempt: impl FnMut() -> Option<G>,
) -> G {
    if let Some(guard) = attempt() {
        return guard;
    }
    let wait = Wait::on(kind, resolve(id, meta), at);
    let _ = access;
    match block(wait, attempt) {
        Some(guard) => guard,
        None => unreachable!("a wait without a deadline has timed out"),
    }
}

/// Tries once to take a lock, and records either the acquisition or the failure.
#[inline]
pub fn try_acquire<G>(
    _id: &Id,
    _meta: &'static Meta,
    _access: Access,
    _at: Place,
    attempt: impl FnOnce() -> Option<G>,
) -> Option<G> {
    attempt()
}

/// Gives a lock back: records how long it was held, calls `unlock`, then wakes who waits for it.
/// Never touches `id` after `unlock`.
#[inline]
pub fn release(_id: &Id, _access: Access, unlock: impl FnOnce()) {
    unlock();
}

/// Records that the calling thread holds `object` from now on (a lock without [`acquire`]).
pub fn took(_object: Object, _access: Access, _at: Place) {}

/// Records that the calling thread gives `object` back; call it before it really does.
pub fn giving_back(_object: Object, _access: Access) {}

/// Whether the calling thread holds `object` exclusively.
pub fn holds(_object: Object) -> bool {
    false
}

/// Whether a thread waits for exclusive access to `object`, so that new readers must queue up.
pub fn writer_waits(_object: Object) -> bool {
    false
}

/// Waits until `attempt` returns something (`Some`), or the deadline has passed (`None`).
///
/// `attempt` is called at least once, must not block, and is called again after each wake-up.
pub fn block<R>(wait: Wait, mut attempt: impl FnMut() -> Option<R>) -> Option<R> {
    let _ = (wait.kind, wait.shared_or_send, wait.at);
    loop {
        if let Some(result) = attempt() {
            return Some(result);
        }
        if wait.deadline.is_some_and(|deadline| Instant::now() >= deadline) {
            return None;
        }
        real::thread::yield_now();
    }
}

/// Wakes one thread that waits on `object`.
pub fn wake_one(_object: Object) {}

/// Wakes all threads that wait on `object`.
pub fn wake_all(_object: Object) {}

/// One waiter's place in a queue, with the state "not notified yet" or "notified".
///
/// The waiter makes it and puts a clone into the queue; the notifier takes that out and calls
/// [`Ticket::notify`].
#[derive(Clone)]
pub struct Ticket {
    notified: real::sync::Arc<AtomicU32>,
}

impl Ticket {
    /// A ticket of the calling thread.
    #[allow(clippy::new_without_default, reason = "it belongs to the thread that calls it")]
    pub fn new() -> Ticket {
        Ticket { notified: real::sync::Arc::new(AtomicU32::new(0)) }
    }

    /// Notifies the waiter and wakes it.
    pub fn notify(&self) {
        self.notified.store(1, Ordering::SeqCst);
    }

    /// Whether it was notified.
    pub fn is_notified(&self) -> bool {
        self.notified.load(Ordering::SeqCst) != 0
    }

    /// Waits for the notification: whether it came (`false`: the deadline has passed). To be called
    /// by the thread that made it, with a [`Wait::own`].
    pub fn wait(&self, wait: Wait) -> bool {
        block(wait, || self.is_notified().then_some(())).is_some()
    }

    /// Whether both are the same waiter's.
    pub fn is(&self, other: &Ticket) -> bool {
        real::sync::Arc::ptr_eq(&self.notified, &other.notified)
    }
}

/// Condition variables and barriers: counts a call of `wait`.
pub fn count_wait(_object: Object) {}

/// Condition variables: counts and records a call of `notify_one` or `notify_all` that woke `woken`
/// waiters.
pub fn notified(_id: &Id, _meta: &'static Meta, _all: bool, _woken: u32, _at: Place) {}

/// Barriers: counts an opening.
pub fn barrier_opened(_object: Object) {}

/// Barriers: tells the report its size.
pub fn set_capacity(_object: Object, _capacity: u64) {}

/// Marks a lock as poisoned, or not.
pub fn poison(_id: &Id, _poisoned: bool) {}

/// A checkpoint without anything to record: unwinds if the user has stopped this cell.
pub fn checkpoint(_at: Place) {}

/// The standard streams.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// Sends `bytes` to the notebook as output of the calling thread, whole and in order, and counts
/// its lines. Where no notebook is attached they go to the real stream.
///
/// # Errors
///
/// What writing to the pipe or the real stream returns.
pub fn write(stream: Stream, bytes: &[u8]) -> real::io::Result<()> {
    use real::io::Write;
    match stream {
        Stream::Stdout => real::io::stdout().write_all(bytes),
        Stream::Stderr => real::io::stderr().write_all(bytes),
    }
}

/// Sends `bytes` to the descriptor where evcxr reads the lines of its private protocol.
///
/// # Errors
///
/// What writing returns.
pub fn write_protocol(bytes: &[u8]) -> real::io::Result<()> {
    use real::io::Write;
    real::io::stdout().write_all(bytes)
}

/// Sends `bytes` as frames of `kind` (`Result`, `Content`) from the calling thread; nothing where no
/// notebook is attached.
///
/// # Errors
///
/// What writing to the pipe returns.
pub fn send(_kind: FrameKind, _bytes: &[u8]) -> real::io::Result<()> {
    Ok(())
}

/// Whether the calling thread is the one that runs the cells (T1).
pub fn runs_cells() -> bool {
    false
}

/// Records that a panic begins in the calling thread; for the panic hook, once a panic.
pub fn panic_started(_at: &Location<'_>, _message: &str) {}

/// Sends a `Panic` frame of the calling thread with `text`: the message and, where wanted, a NUL and
/// a backtrace.
pub fn show_panic(_at: &Location<'_>, _text: &str) {}

/// Whether a notebook is attached.
pub fn is_attached() -> bool {
    false
}

pub(crate) fn attach(_region: i32, _output: i32, _protocol: i32) -> Result<(), i32> {
    Ok(())
}

pub(crate) fn cell_begin(_cell: u32) {}

pub(crate) fn cell_end() {}
