//! The cell process's side: which thread this is, and its events.
//!
//! Each thread has a [`Local`] with its place in the recording until `std` marks its end.

mod current;
mod reference;
mod runs;

use std::cell::Cell;
use std::io;
use std::os::fd::RawFd;
use std::panic::Location;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use crate::clock;
use crate::layout::*;
use crate::memory::{self, Mapping};
use reference::Reference;

pub use runs::{Uses, lock_again, may_end, receive_again, share_again};

/// Events by number, as in the table of bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum EventKind {
    /// A wait.
    Wait = 1,
    /// A lock was held.
    Hold = 2,
    /// A message was sent.
    Send = 3,
    /// A message was received.
    Receive = 4,
    /// A thread was spawned.
    Spawn = 5,
    /// The thread began.
    ThreadStart = 6,
    /// The thread ended.
    ThreadEnd = 7,
    /// A condition variable was notified.
    Notify = 8,
    /// A thread was unparked.
    Unpark = 9,
    /// A panic began.
    Panic = 10,
    /// A `try_lock` failed.
    TryFailed = 11,
    /// An object was dropped.
    Drop = 12,
}

/// An event that is about to be written: the fields of the table of bytes, by name.
#[derive(Clone, Copy, Debug)]
pub struct NewEvent {
    /// What happened.
    pub kind: EventKind,
    /// The lowest bit, and for waits how it ended.
    pub flags: u8,
    /// The kind of a wait.
    pub wait: u8,
    /// The object or thread.
    pub target: u32,
    /// Where in the source.
    pub place: u32,
    /// Who woke a wait, a queue's length, how many were notified.
    pub extra: u32,
    /// When it began.
    pub start: u64,
    /// When it ended.
    pub end: u64,
}

impl NewEvent {
    /// An event of which nothing is known yet but its kind.
    #[inline]
    pub const fn of(kind: EventKind) -> NewEvent {
        NewEvent::at(kind, 0)
    }

    /// An event of one moment.
    #[inline]
    pub const fn at(kind: EventKind, now: u64) -> NewEvent {
        NewEvent {
            kind,
            flags: 0,
            wait: 0,
            target: 0,
            place: 0,
            extra: 0,
            start: now,
            end: now,
        }
    }
}

/// The recording, once there is one.
static LAYOUT: Reference<Layout> = Reference::none();
/// Holds [`LAYOUT`] to one recording, whoever comes first.
static CHOICE: OnceLock<&'static Layout> = OnceLock::new();
static OUTPUT: AtomicI32 = AtomicI32::new(-1);
static PROTOCOL: AtomicI32 = AtomicI32::new(-1);

const EEXIST: i32 = 17;
const EINVAL: i32 = 22;

/// Makes this process write into the recording behind `region`, its frames to `output` and evcxr's lines
/// to `protocol`.
///
/// # Errors
///
/// An errno: `EEXIST` when something was recorded before, `EINVAL` when `region` is no recording of this
/// version, or what the system said.
pub fn attach(region: RawFd, output: RawFd, protocol: RawFd) -> Result<&'static Layout, i32> {
    if CHOICE.get().is_some() {
        return Err(EEXIST);
    }
    let mapping = Mapping::of(region).map_err(|error| error.raw_os_error().unwrap_or(EINVAL))?;
    let header = &mapping.layout().header;
    if header.magic.load(Ordering::Relaxed) != MAGIC
        || header.version.load(Ordering::Relaxed) != VERSION
    {
        return Err(EINVAL);
    }
    let layout = mapping.leak();
    CHOICE.set(layout).map_err(|_| EEXIST)?;
    LAYOUT.set(Some(layout));
    clock::choose(layout.header.clock.load(Ordering::Relaxed));
    layout
        .header
        .pid
        .store(std::process::id(), Ordering::Relaxed);
    OUTPUT.store(output, Ordering::Relaxed);
    PROTOCOL.store(protocol, Ordering::Relaxed);
    Ok(layout)
}

/// The recording of this process; a private one when none was attached, so that everything works without
/// a kernel, too.
#[inline]
pub fn layout() -> &'static Layout {
    match LAYOUT.get() {
        Some(layout) => layout,
        None => first(),
    }
}

/// The recording of this process, if it has one already.
#[inline(always)]
pub fn existing() -> Option<&'static Layout> {
    LAYOUT.get()
}

#[cold]
#[inline(never)]
fn first() -> &'static Layout {
    let layout = CHOICE.get_or_init(|| match private() {
        Ok(layout) => layout,
        Err(error) => {
            panic!("cannot record: {error}; give the process more memory or file descriptors")
        }
    });
    LAYOUT.set(Some(layout));
    layout
}

#[cold]
fn private() -> io::Result<&'static Layout> {
    let file = memory::unnamed_file()?;
    let layout = Mapping::of(memory::raw(&file))?.leak();
    initialise(layout);
    clock::choose(layout.header.clock.load(Ordering::Relaxed));
    layout
        .header
        .pid
        .store(std::process::id(), Ordering::Relaxed);
    Ok(layout)
}

/// Writes what a recording of zeros needs to be one.
pub(crate) fn initialise(layout: &Layout) {
    layout.header.version.store(VERSION, Ordering::Relaxed);
    layout.header.clock.store(clock::best(), Ordering::Relaxed);
    layout.header.magic.store(MAGIC, Ordering::Release);
}

/// The descriptor for output frames, if a notebook is attached.
#[inline]
pub fn output() -> Option<RawFd> {
    let fd = OUTPUT.load(Ordering::Relaxed);
    (fd >= 0).then_some(fd)
}

/// Sends output frames to another descriptor; returns the one before.
pub fn redirect_output(to: RawFd) -> RawFd {
    OUTPUT.swap(to, Ordering::Relaxed)
}

/// The descriptor for evcxr's own lines, if a notebook is attached.
pub fn protocol() -> Option<RawFd> {
    let fd = PROTOCOL.load(Ordering::Relaxed);
    (fd >= 0).then_some(fd)
}

/// `Local::stamp` of a thread without an index.
const NO_STAMP: u64 = (UNKNOWN_OWNER as u64) << 32;

/// How many source places a thread remembers.
const PLACES: usize = 32;

/// What a thread knows of itself.
///
/// Lives as long as the process, and is given to another thread after the end of its own.
#[repr(C, align(64))]
pub struct Local {
    // First what is needed each time.
    /// The index, and in the lower half how many events it has written; see [`Local::stamp`].
    stamp: Cell<u64>,
    entry: Cell<Option<&'static ThreadEntry>>,
    layout: Cell<Option<&'static Layout>>,
    index: Cell<u32>,
    /// Events written into the current chunk.
    slot: Cell<u32>,
    chunk: Cell<Option<&'static Chunk>>,
    places: [Cell<(usize, u32)>; PLACES],
    /// The last time stamp that was given out.
    last: Cell<u64>,
    /// Whether this thread may be made to unwind.
    pub may_unwind: Cell<bool>,
    /// When this thread has obeyed a stop, on the system's monotonic clock; 0 if it has not.
    pub stopped_at: Cell<u64>,
}

// SAFETY: only the thread touches it to which `current::set` has given it: `find` gives a reference to no other thread,
// and none leaves the closure of `with`.
unsafe impl Sync for Local {}

/// Those of ended threads.
static POOL: Mutex<Vec<&'static Local>> = Mutex::new(Vec::new());

/// Calls `f` with what the calling thread knows of itself.
#[inline(always)]
pub fn with<R>(f: impl FnOnce(&Local) -> R) -> R {
    f(find())
}

/// The same, without a call. Not for functions that are compiled in another crate: see `current.rs`.
#[inline(always)]
pub fn with_inlined<R>(f: impl FnOnce(&Local) -> R) -> R {
    f(current::get().unwrap_or_else(adopt_local))
}

/// Not inlined, since `with` is generic: see `current.rs`.
#[inline(never)]
fn find() -> &'static Local {
    current::get().unwrap_or_else(adopt_local)
}

#[cold]
#[inline(never)]
fn adopt_local() -> &'static Local {
    let mut pool = POOL.lock().unwrap_or_else(PoisonError::into_inner);
    let local = pool
        .pop()
        .unwrap_or_else(|| Box::leak(Box::new(Local::new())));
    drop(pool);
    current::set(Some(local));
    local
}

/// Takes the calling thread's `Local` back at its very end. What it does after that is another thread's.
pub fn forget_thread() {
    if let Some(local) = current::get() {
        current::set(None);
        local.entry.set(None);
        local.layout.set(None);
        local.index.set(0);
        local.slot.set(0);
        local.chunk.set(None);
        local.may_unwind.set(false);
        local.stopped_at.set(0);
        local.last.set(0);
        local.stamp.set(NO_STAMP);
        POOL.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(local);
    }
}

impl Local {
    fn new() -> Local {
        Local {
            entry: Cell::new(None),
            layout: Cell::new(None),
            index: Cell::new(0),
            slot: Cell::new(0),
            chunk: Cell::new(None),
            places: [const { Cell::new((0, 0)) }; PLACES],
            last: Cell::new(0),
            stamp: Cell::new(NO_STAMP),
            may_unwind: Cell::new(false),
            stopped_at: Cell::new(0),
        }
    }

    /// The thread's entry, once it has one.
    #[inline]
    pub fn entry(&self) -> Option<&'static ThreadEntry> {
        self.entry.get()
    }

    /// The thread's index; 0 before it has one, or when the table was full.
    #[inline]
    pub fn index(&self) -> u32 {
        self.index.get()
    }

    /// What tells the thread from others (its index, or `UNKNOWN_OWNER`), in the upper half; in the lower one a number
    /// that changes with each event that it writes. Never 0.
    #[inline(always)]
    pub fn stamp(&self) -> u64 {
        self.stamp.get()
    }

    /// What stands for the thread as an owner of a lock.
    #[inline]
    pub fn as_owner(&self) -> u32 {
        (self.stamp() >> 32) as u32
    }

    /// The recording.
    #[inline]
    pub fn layout(&self) -> &'static Layout {
        match self.layout.get() {
            Some(layout) => layout,
            None => layout(),
        }
    }

    /// Makes this thread the one with `index`; 0 stands for all that found the table full.
    pub fn adopt(&self, index: u32) -> &'static ThreadEntry {
        let layout = layout();
        let entry = layout
            .threads
            .get(index as usize)
            .unwrap_or(&layout.threads[0]);
        self.layout.set(Some(layout));
        self.index.set(index);
        self.stamp.set(match index {
            0 => NO_STAMP,
            _ => u64::from(index) << 32,
        });
        self.chunk.set(None);
        self.slot.set(0);
        entry.os_tid.store(memory::thread_id(), Ordering::Relaxed);
        self.entry.set(Some(entry));
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
        let address = std::ptr::from_ref(place) as usize;
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
        let address = std::ptr::from_ref(place) as usize;
        let index = self
            .layout()
            .location(address, place.file(), place.line(), place.column());
        cached.set((address, index));
        index
    }

    /// Writes one event; `None` if there was no room for it, and it was counted as lost.
    #[inline]
    pub fn event(&self, event: NewEvent) -> Option<EventRef> {
        let stamp = self.stamp.get();
        self.stamp
            .set(stamp >> 32 << 32 | u64::from((stamp as u32).wrapping_add(1)));
        let (chunk, slot) = match (self.chunk.get(), self.slot.get()) {
            (Some(chunk), slot) if (slot as usize) < EVENTS_PER_CHUNK => (chunk, slot),
            _ => (self.next_chunk()?, 0),
        };
        write(chunk, slot, event);
        self.slot.set(slot + 1);
        let chunk = self.entry.get()?.last_chunk.load(Ordering::Relaxed);
        Some(EventRef::of(chunk, slot))
    }

    /// Makes another chunk the current one. `None`: there is none, and the event is counted as lost.
    #[cold]
    #[inline(never)]
    fn next_chunk(&self) -> Option<&'static Chunk> {
        let (layout, index) = (self.layout(), self.index.get());
        let entry = self.entry.get().filter(|_| index != 0)?;
        let (first, last) = (
            entry.first_chunk.load(Ordering::Relaxed),
            entry.last_chunk.load(Ordering::Relaxed),
        );
        let sequence = match layout
            .chunks
            .get(last as usize)
            .filter(|_| last != 0 && self.chunk.get().is_some())
        {
            Some(full) => {
                full.closed_in.store(
                    layout.header.cell.load(Ordering::Relaxed),
                    Ordering::Relaxed,
                );
                full.first.load(Ordering::Relaxed) + u64::from(self.slot.get())
            }
            None => entry.events.load(Ordering::Relaxed),
        };
        let Some(next) = choose_chunk(layout, entry, first, last) else {
            entry.events.store(sequence + 1, Ordering::Relaxed);
            self.chunk.set(None);
            return None;
        };
        let chunk = layout.chunks.get(next as usize)?;
        chunk.begin(index, entry.generation.load(Ordering::Relaxed), sequence);
        match layout
            .chunks
            .get(entry.last_chunk.load(Ordering::Relaxed) as usize)
        {
            Some(before) if entry.first_chunk.load(Ordering::Relaxed) != 0 => {
                before.next.store(next, Ordering::Relaxed)
            }
            _ => entry.first_chunk.store(next, Ordering::Relaxed),
        }
        entry.last_chunk.store(next, Ordering::Relaxed);
        entry.events.store(sequence, Ordering::Relaxed);
        self.chunk.set(Some(chunk));
        self.slot.set(0);
        Some(chunk)
    }

    /// Frees this thread's chunks of earlier cells at once; for the thread that runs the cells.
    pub fn drop_old_chunks(&self) {
        let Some(entry) = self.entry.get() else {
            return;
        };
        let last = entry.last_chunk.load(Ordering::Relaxed);
        self.layout()
            .give_chunks_back(entry.first_chunk.swap(last, Ordering::Relaxed), last);
        entry
            .chunk_count
            .store(u32::from(last != 0), Ordering::Relaxed);
    }

    /// How many events this thread has written, those included that were lost.
    pub fn events_written(&self) -> u64 {
        match (self.chunk.get(), self.entry.get()) {
            (Some(chunk), _) => chunk.first.load(Ordering::Relaxed) + u64::from(self.slot.get()),
            (None, Some(entry)) => entry.events.load(Ordering::Relaxed),
            (None, None) => 0,
        }
    }
}

#[inline]
fn write(chunk: &Chunk, slot: u32, event: NewEvent) {
    let Some(bytes) = chunk.events.get(slot as usize) else {
        return;
    };
    let what = u64::from(event.kind as u8)
        | u64::from(event.flags) << 8
        | u64::from(event.wait) << 16
        | u64::from(event.target) << 32;
    let place = u64::from(event.place) | u64::from(event.extra) << 32;
    bytes.what.store(what, Ordering::Relaxed);
    bytes.place.store(place, Ordering::Relaxed);
    bytes.start.store(event.start, Ordering::Relaxed);
    bytes.end.store(event.end, Ordering::Relaxed);
    chunk.count.store(slot + 1, Ordering::Release);
}

/// Which chunk a thread fills next, taken out of its chain if it was in it.
fn choose_chunk(layout: &Layout, entry: &ThreadEntry, first: u32, last: u32) -> Option<u32> {
    let owned = entry.chunk_count.load(Ordering::Relaxed);
    let next_of = |index: u32| {
        layout
            .chunks
            .get(index as usize)
            .map(|chunk| chunk.next.load(Ordering::Relaxed))
    };
    // The oldest, when all of it was written in an earlier cell.
    if first != last {
        let closed = layout
            .chunks
            .get(first as usize)?
            .closed_in
            .load(Ordering::Relaxed);
        if closed != layout.header.cell.load(Ordering::Relaxed) {
            entry.first_chunk.store(next_of(first)?, Ordering::Relaxed);
            return Some(first);
        }
    }
    if let Some(fresh) = layout.take_chunk(owned) {
        entry.chunk_count.store(owned + 1, Ordering::Relaxed);
        return Some(fresh);
    }
    // Its own second-oldest, so that the beginning and the end stay.
    match owned {
        0 => None,
        1 => {
            entry.first_chunk.store(0, Ordering::Relaxed);
            Some(first)
        }
        2 => {
            entry.last_chunk.store(first, Ordering::Relaxed);
            Some(last)
        }
        _ => {
            let second = next_of(first)?;
            layout
                .chunks
                .get(first as usize)?
                .next
                .store(next_of(second)?, Ordering::Relaxed);
            Some(second)
        }
    }
}
