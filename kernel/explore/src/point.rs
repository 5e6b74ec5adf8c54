//! What a strategy is asked: the threads, their next operations, and the alternatives.

use std::fmt;

/// A thread's number within its run, in the order in which threads start; 1 runs the program's
/// main function.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ThreadId(pub u32);

/// A key for what an operation acts on: a lock, a channel, an atomic variable, a thread.
///
/// Within one run two operations have the same key exactly if they act on the same thing. Runs are
/// compared by it as well, so it may not hang on an address or on who came first; the search stays
/// sound if it does, but finds and minimises less well.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Object(pub u64);

impl Object {
    /// Nothing.
    pub const NONE: Object = Object(0);
    /// The table of threads. Two spawns depend on each other, since they give out thread numbers.
    pub const THREADS: Object = Object(u64::MAX);
    /// The single total order of sequentially consistent operations and fences. Operations that
    /// take part in it write it, where memory is weaker than that.
    pub const TOTAL_ORDER: Object = Object(u64::MAX - 1);
    /// The process. Who acts on it ends the run for all threads, so that its order with each
    /// operation of the others matters.
    pub const PROCESS: Object = Object(u64::MAX - 2);

    /// Whether it stands for something.
    #[inline]
    pub const fn is_some(self) -> bool {
        self.0 != 0
    }
}

/// What a thread is about to do, or did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
#[expect(missing_docs, reason = "the field's own words")]
pub enum Operation {
    /// Anything else.
    #[default]
    Other,
    /// A thread's first step.
    Begin,
    /// A thread's last step, after its thread-local destructors.
    End,
    Spawn,
    Join,
    Lock,
    TryLock,
    Unlock,
    ReadLock,
    TryReadLock,
    ReadUnlock,
    /// Waiting at a condition variable; `also` is the mutex that it gives back.
    Wait,
    NotifyOne,
    NotifyAll,
    Send,
    TrySend,
    Receive,
    TryReceive,
    /// One end of a channel is dropped.
    Close,
    Load,
    Store,
    ReadModifyWrite,
    CompareExchange,
    Fence,
    /// A plain load.
    Read,
    /// A plain store.
    Write,
    Park,
    Unpark,
    Barrier,
    /// Initialising something once, or waiting for who does.
    Once,
    /// It is initialised.
    EndOnce,
    /// Looking whether it is.
    IsComplete,
    Yield,
    /// `spin_loop`.
    Spin,
    Sleep,
    /// Looking at the clock.
    Clock,
    /// A wait that ends because its time is over.
    Timeout,
    /// A thread that was blocked goes on.
    Resume,
    /// Waiting in the kernel for a word of memory (futex).
    WaitWord,
    /// Waking those who wait for a word of memory.
    WakeWord,
}

impl Operation {
    /// Whether it gives the processor to others.
    #[inline]
    pub fn gives_way(self) -> bool {
        matches!(self, Operation::Yield | Operation::Spin | Operation::Sleep)
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = format!("{self:?}");
        for (position, letter) in name.chars().enumerate() {
            if letter.is_uppercase() && position > 0 {
                f.write_str(" ")?;
            }
            write!(f, "{}", letter.to_ascii_lowercase())?;
        }
        Ok(())
    }
}

impl fmt::Display for ThreadId {
    /// As people read it: `T2`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "T{}", self.0)
    }
}

/// A thread's next operation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pending {
    /// Who.
    pub thread: ThreadId,
    /// What.
    pub operation: Operation,
    /// Whether it may change `object`. Two operations that only look at it commute.
    pub writes: bool,
    /// Whether a crate does it; nothing is decided by that.
    pub of_crate: bool,
    /// A number for the place in the source, equal in all runs; 0 where it is not known.
    pub place: u32,
    /// What it acts on.
    pub object: Object,
    /// What else it changes: the mutex of a wait, [`Object::THREADS`] of a spawn.
    pub also: Object,
}

impl Pending {
    /// An operation that changes `object`.
    pub const fn writing(thread: ThreadId, operation: Operation, object: Object) -> Pending {
        Pending {
            thread,
            operation,
            writes: true,
            of_crate: false,
            place: 0,
            object,
            also: Object::NONE,
        }
    }

    /// An operation that only looks at `object`.
    pub const fn reading(thread: ThreadId, operation: Operation, object: Object) -> Pending {
        let mut pending = Pending::writing(thread, operation, object);
        pending.writes = false;
        pending
    }

    /// Changes `also`, too.
    pub const fn and(mut self, also: Object) -> Pending {
        self.also = also;
        self
    }

    /// The same, at a place.
    pub const fn at(mut self, place: u32) -> Pending {
        self.place = place;
        self
    }

    /// What it acts on, and whether it may change it.
    #[inline]
    pub fn accesses(&self) -> impl Iterator<Item = (Object, bool)> + use<> {
        [(self.object, self.writes), (self.also, true)]
            .into_iter()
            .filter(|(object, _)| object.is_some())
    }

    /// Whether it ends the run for all threads.
    #[inline]
    pub fn ends_all(&self) -> bool {
        self.object == Object::PROCESS
    }

    /// Whether the order of the two can matter: one thread, one object that one of them changes, or
    /// the end of the process.
    #[inline]
    pub fn depends_on(&self, other: &Pending) -> bool {
        self.thread == other.thread
            || self.ends_all()
            || other.ends_all()
            || self.accesses().any(|(mine, writes)| {
                other
                    .accesses()
                    .any(|(its, also_writes)| mine == its && (writes || also_writes))
            })
    }
}

/// A store that a load may see.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Visible {
    /// Who stored it.
    pub thread: ThreadId,
    /// At which step of the run; `u32::MAX` for the value from before the run.
    pub step: u32,
    /// The place of that step.
    pub place: u32,
    /// Who loads saw it already, or learnt of it.
    pub known: bool,
}

/// The alternatives of a point.
#[derive(Clone, Copy, Debug)]
pub enum Alternatives<'a> {
    /// Who goes on: all threads that can, in ascending order.
    Thread(&'a [Pending]),
    /// Whom a notification wakes, in the order in which they came.
    Waiter(&'a [ThreadId]),
    /// Which store a load sees, the newest first.
    Store(&'a [Visible]),
    /// Anything else with so many alternatives; the usual one is 0.
    Value(usize),
}

impl Alternatives<'_> {
    /// How many there are.
    #[inline]
    pub fn len(&self) -> usize {
        match self {
            Alternatives::Thread(options) => options.len(),
            Alternatives::Waiter(threads) => threads.len(),
            Alternatives::Store(stores) => stores.len(),
            Alternatives::Value(count) => *count,
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// A point of a run at which something is to be chosen.
#[derive(Clone, Copy, Debug)]
pub struct Point<'a> {
    /// How many steps came before.
    pub step: u32,
    /// Whose step is going on, or was the last one.
    pub running: ThreadId,
    /// Among what.
    pub alternatives: Alternatives<'a>,
}

impl Point<'_> {
    /// The position of the running thread, if it can go on.
    pub fn stay(&self) -> Option<usize> {
        match self.alternatives {
            Alternatives::Thread(options) => stay_of(options, self.running),
            _ => None,
        }
    }
}

/// The position of a thread.
#[inline]
pub(crate) fn stay_of(options: &[Pending], running: ThreadId) -> Option<usize> {
    options.iter().position(|next| next.thread == running)
}
