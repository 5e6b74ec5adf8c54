//! Which thread this is: what each knows of itself.

use std::cell::Cell;
use std::panic::Location;
use std::ptr::from_ref;
use std::sync::atomic::Ordering;
use std::sync::{Mutex, PoisonError};

use super::attachment::layout;
use super::current;
use crate::clock;
use crate::ids::{ObjectSlot, TaskSlot, ThreadSlot};
use crate::layout::*;
use crate::memory;
use crate::uses::taking;

/// The bits of [`Local::epoch`] that tell the thread from others.
pub(super) const THREAD_OF_EPOCH: u64 = 0xFFFF << 48;
/// The bits that change with what the thread records besides holds.
const ERA_OF_EPOCH: u64 = 0xFFFF << 32;
/// What one such event adds to them.
const ONE_ERA: u64 = 1 << 32;
/// Of a thread without an index.
const NO_EPOCH: u64 = THREAD_OF_EPOCH;

const _: () = assert!(THREADS < 0xFFFF);

/// How many source places a thread remembers.
const PLACES: usize = 32;

/// What a thread knows of itself.
///
/// Lives as long as the process, and is given to another thread after the end of its own.
#[repr(C, align(64))]
pub struct Local {
    // First what is needed each time.
    /// See [`Local::epoch`].
    pub(super) epoch: Cell<u64>,
    /// What it adds to a mutex that it takes (`uses.rs`). The lower half is what stands for it as
    /// an owner: the index, or [`UNKNOWN_OWNER`].
    taking: Cell<u64>,
    /// How many events it has written.
    pub(super) written: Cell<u32>,
    /// The recording, and the thread's entry there.
    attached: Cell<Option<(&'static Layout, &'static ThreadEntry)>>,
    pub(super) thread: Cell<ThreadSlot>,
    /// Events written into the current chunk.
    pub(super) slot: Cell<u32>,
    pub(super) chunk: Cell<Option<&'static Chunk>>,
    /// The one before, while it is the thread's.
    pub(super) previous: Cell<Option<&'static Chunk>>,
    places: [Cell<(usize, u32)>; PLACES],
    /// How many events it had written when the holds of its shares began for which there are no
    /// guards.
    pub(super) kept: [Cell<u32>; SHARES],
    /// The last timestamp that was given out.
    last: Cell<u64>,
    /// The task that this thread polls.
    pub task: Cell<TaskSlot>,
    /// What that task has found not to be there yet, as in a poll's flags and `waitk`.
    pub task_waits: Cell<u32>,
    /// What it waited for before this poll, in the same way, until it has got that.
    pub task_waited: Cell<u32>,
    /// How often what this thread had may have become another's: by a message, a lock, a thread or
    /// a task.
    pub gave: Cell<u32>,
    /// How much of that is in the entry of the task already.
    pub gave_told: Cell<u32>,
    /// What jobs of a pool are counted to that this thread makes now, as the probe encodes it.
    pub asked_for: Cell<u64>,
    /// The entry in which it counts those that it runs.
    pub jobs: Cell<Option<&'static JobsEntry>>,
    /// How many calls of `catch_unwind` it is in.
    pub catches: Cell<u32>,
    /// Whether this thread may be made to unwind.
    pub may_unwind: Cell<bool>,
    /// Where the user's code has called the crate in which this thread is, if that tells.
    pub called_at: Cell<Option<&'static Location<'static>>>,
    /// What a crate waits for when it parks this thread.
    pub parks_for: Cell<ParksFor>,
    /// What a crate's code is to do as soon as it can: 0 nothing, 1 stop, or unwind by the verdict
    /// of this slot, plus 2.
    pub ordered: Cell<u32>,
    /// When this thread has obeyed a stop, on the system's monotonic clock; 0 if it has not.
    pub stopped_at: Cell<u64>,
    /// Places in crates, and how deep the stack was there, to which no call in a cell led: workers
    /// of a pool sleep at the same ones over and over.
    pub called_by_nobody: [Cell<(u32, usize)>; 4],
}

/// What a crate waits for when it parks a thread.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ParksFor {
    /// That another thread unparks it: no more is known.
    Unpark,
    /// A message of a channel.
    Message(ObjectSlot),
    /// Room in a channel.
    Room(ObjectSlot),
    /// One of several channels.
    Several,
}

// SAFETY: only the thread touches it to which `current::set` has given it: `find` gives a reference
// to no other thread, and none leaves the closure of `with`.
unsafe impl Sync for Local {}

/// Those of ended threads.
static POOL: Mutex<Vec<&'static Local>> = Mutex::new(Vec::new());

/// Calls `f` with what the calling thread knows of itself.
#[inline(always)]
pub fn with<R>(f: impl FnOnce(&Local) -> R) -> R {
    f(find())
}

/// The same, without a call. Not for functions that are compiled in another crate: see
/// `current.rs`.
#[inline(always)]
pub fn with_inlined<R>(f: impl FnOnce(&Local) -> R) -> R {
    f(get().unwrap_or_else(adopt_local))
}

/// Not inlined, since `with` is generic: see `current.rs`.
#[inline(never)]
fn find() -> &'static Local {
    get().unwrap_or_else(adopt_local)
}

#[cold]
#[inline(never)]
fn adopt_local() -> &'static Local {
    let mut pool = POOL.lock().unwrap_or_else(PoisonError::into_inner);
    let local = pool
        .pop()
        .unwrap_or_else(|| Box::leak(Box::new(Local::new())));
    drop(pool);
    set(Some(local));
    local
}

/// Takes the calling thread's `Local` back at its very end. What it does after that is another
/// thread's.
pub fn forget_thread() {
    if let Some(local) = get() {
        set(None);
        local.attached.set(None);
        local.thread.set(ThreadSlot::NONE);
        local.slot.set(0);
        local.chunk.set(None);
        local.previous.set(None);
        local.task.set(TaskSlot::NONE);
        local.task_waits.set(0);
        local.task_waited.set(0);
        local.asked_for.set(0);
        local.jobs.set(None);
        local.catches.set(0);
        local.may_unwind.set(false);
        local.stopped_at.set(0);
        local.last.set(0);
        local.epoch.set(NO_EPOCH);
        local.taking.set(taking(UNKNOWN_OWNER));
        POOL.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(local);
    }
}

impl Local {
    fn new() -> Local {
        Local {
            attached: Cell::new(None),
            thread: Cell::new(ThreadSlot::NONE),
            slot: Cell::new(0),
            chunk: Cell::new(None),
            previous: Cell::new(None),
            places: [const { Cell::new((0, 0)) }; PLACES],
            kept: [const { Cell::new(0) }; SHARES],
            last: Cell::new(0),
            epoch: Cell::new(NO_EPOCH),
            taking: Cell::new(taking(UNKNOWN_OWNER)),
            written: Cell::new(0),
            task: Cell::new(TaskSlot::NONE),
            task_waits: Cell::new(0),
            task_waited: Cell::new(0),
            gave: Cell::new(0),
            gave_told: Cell::new(0),
            asked_for: Cell::new(0),
            jobs: Cell::new(None),
            catches: Cell::new(0),
            may_unwind: Cell::new(false),
            called_at: Cell::new(None),
            parks_for: Cell::new(ParksFor::Unpark),
            ordered: Cell::new(0),
            stopped_at: Cell::new(0),
            called_by_nobody: [const { Cell::new((0, 0)) }; 4],
        }
    }

    /// The thread's entry, once it has one.
    #[inline]
    pub fn entry(&self) -> Option<&'static ThreadEntry> {
        self.attached.get().map(|(_, entry)| entry)
    }

    /// The thread's place in the table; none before it has one, or when the table was full.
    #[inline]
    pub fn thread(&self) -> ThreadSlot {
        self.thread.get()
    }

    /// What tells the thread, and what it is at, from others: 16 bits for the thread itself, 16
    /// that change with each event that it writes but holds, and 32 that stand for the locks it
    /// holds. Never 0.
    #[inline(always)]
    pub fn epoch(&self) -> u64 {
        self.epoch.get()
    }

    /// What stands for the thread as an owner of a lock.
    #[inline(always)]
    pub fn as_owner(&self) -> u32 {
        self.taking.get() as u32
    }

    /// What it adds to a mutex that it takes.
    #[inline(always)]
    pub(super) fn taking(&self) -> u64 {
        self.taking.get()
    }

    /// How many events the thread has written; only of use beside another such number.
    #[inline(always)]
    pub fn written(&self) -> u32 {
        self.written.get()
    }

    /// From here on the thread holds the object. A sum stands for what it holds, so that the order
    /// in which locks are given back is no matter.
    #[inline(always)]
    pub fn enter(&self, object: &ObjectEntry) {
        let mark = object.mark.load(Ordering::Relaxed);
        self.epoch.set(self.epoch.get().wrapping_add(mark));
    }

    /// From here on it no longer does.
    #[inline(always)]
    pub fn leave(&self, object: &ObjectEntry) {
        let mark = object.mark.load(Ordering::Relaxed);
        self.epoch.set(self.epoch.get().wrapping_sub(mark));
    }

    /// What this thread had may have become another's.
    #[inline]
    pub fn gives(&self) {
        self.gave.set(self.gave.get().wrapping_add(1));
    }

    /// Ends the sampled runs of locks, so that the next use of each is seen.
    #[inline]
    pub fn ends_runs(&self) {
        let epoch = self.epoch.get();
        let era = epoch.wrapping_add(ONE_ERA) & ERA_OF_EPOCH;
        self.epoch.set(epoch & !ERA_OF_EPOCH | era);
    }

    /// Counts an event, which is of a hold or of something else.
    #[inline]
    pub(super) fn count_event(&self, is_hold: bool) {
        self.written.set(self.written.get().wrapping_add(1));
        if !is_hold {
            self.ends_runs();
        }
    }

    /// The recording.
    #[inline]
    pub fn layout(&self) -> &'static Layout {
        match self.attached.get() {
            Some((layout, _)) => layout,
            None => layout(),
        }
    }

    /// The recording and the thread's entry, once it has one.
    #[inline(always)]
    pub(super) fn attached(&self) -> Option<(&'static Layout, &'static ThreadEntry)> {
        self.attached.get()
    }

    /// Makes this thread the one in `slot`; none stands for all that found the table full.
    pub fn adopt(&self, slot: ThreadSlot) -> &'static ThreadEntry {
        let layout = layout();
        let entry = layout
            .threads
            .get(slot.0 as usize)
            .unwrap_or(&layout.threads[0]);
        self.thread.set(slot);
        let (epoch, owner) = match slot.0 {
            0 => (NO_EPOCH, UNKNOWN_OWNER),
            index => (u64::from(index) << 48, index),
        };
        self.epoch.set(epoch);
        self.taking.set(taking(owner));
        self.chunk.set(None);
        self.previous.set(None);
        self.slot.set(0);
        entry.os_tid.store(memory::thread_id(), Ordering::Relaxed);
        self.attached.set(Some((layout, entry)));
        entry
    }

    /// The time now, in ticks of the clock. Never goes backwards.
    #[inline]
    pub fn now(&self) -> u64 {
        let now = clock::now().max(self.last.get());
        self.last.set(now);
        now
    }

    /// The index of a place in the source.
    #[inline]
    pub fn place(&self, place: &'static Location<'static>) -> u32 {
        let address = from_ref(place) as usize;
        // Locations are 24 bytes, so the low bits say little.
        let cached = &self.places[(address >> 3) % PLACES];
        let (known, index) = cached.get();
        if known == address {
            return index;
        }
        self.look_place_up(place, cached)
    }

    #[cold]
    #[inline(never)]
    fn look_place_up(&self, place: &'static Location<'static>, cached: &Cell<(usize, u32)>) -> u32 {
        let address = from_ref(place) as usize;
        let index = self.layout().location(place);
        cached.set((address, index));
        index
    }
}

/// The calling thread's, if it has one.
#[inline(always)]
pub(super) fn get() -> Option<&'static Local> {
    // SAFETY: only `set` writes the word, so it is 0 or the address of what lives as long as the
    // process.
    unsafe { std::ptr::with_exposed_provenance::<Local>(current::get()).as_ref() }
}

/// Gives the calling thread one, or none.
fn set(local: Option<&'static Local>) {
    current::set(local.map_or(0, |local| from_ref(local).expose_provenance()));
}
