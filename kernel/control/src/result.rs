//! What a run leaves to the explorer, in memory that both share.

use std::sync::atomic::{AtomicPtr, AtomicU32, Ordering};

use explore::{Object, Race, Trace};
use record::layout::{FLAG_JOINED, THREAD_PANICKED};

use crate::arena::{self, Owner};
use crate::made::Made;
use crate::system::Ended;
use crate::together::Together;

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The process ended without a word.
    Unknown,
    /// The program's main function returned this code; `true`: a thread panicked, and nobody asked.
    Finished(i32, bool),
    /// No thread can go on.
    Deadlocked,
    /// Threads look at the same thing for ever.
    Livelocked,
    /// The run was given up.
    Cut,
    /// The program ended the process with this code.
    Exited(i32),
    /// A signal ended it.
    Crashed(i32),
    /// A thread's stack overflowed.
    Overflowed,
    /// Two threads met at the same memory, and nothing ordered them; or it had been freed.
    Raced,
}

/// What a run left.
#[derive(Debug)]
pub struct Left {
    /// How it ended.
    pub outcome: Outcome,
    /// What it did; nothing if it could not say.
    pub trace: Option<Trace>,
    /// Who waited for whom at the end of a deadlock: waiter and holder.
    pub holders: Vec<(u32, u32)>,
    /// Between which accesses a race was, and at which address.
    pub race: Option<(Race, usize)>,
    /// Loads were shown too few of the old stores.
    pub truncated: bool,
    /// How many threads it had.
    pub threads: u32,
    /// The thread in which it ended, if it ended in one.
    pub thread: Option<u32>,
    /// What threads are called.
    pub names: Vec<(u32, String)>,
    /// The objects of a run that failed.
    pub objects: Vec<Made>,
    /// What threads of such a run are to who joins or unparks them.
    pub joined: Vec<(Object, u32)>,
}

impl Outcome {
    /// Whether a person may be told how the run came to it.
    pub fn is_told(self) -> bool {
        !matches!(self, Outcome::Finished(0, false) | Outcome::Cut)
    }
}

impl Left {
    /// Of a process that ended without a word.
    pub fn nothing() -> Left {
        Left {
            outcome: Outcome::Unknown,
            trace: None,
            holders: Vec::new(),
            race: None,
            truncated: false,
            threads: 0,
            thread: None,
            names: Vec::new(),
            objects: Vec::new(),
            joined: Vec::new(),
        }
    }
}

/// Runs one after the other. It lies in memory that the explorer shares with its copies, which go
/// on where the other one stopped.
pub trait Runs {
    /// Before a run; `false` if there is none any more.
    fn begin(&mut self) -> bool;
    /// The run itself, which does not return.
    fn run(&mut self);
    /// After a run, whose process ended so.
    fn end(&mut self, ended: Ended);
    /// The explorer waits for another process that does runs.
    fn while_waiting(&self);
}

/// What the explorer and the process that does its runs both know. It lies in memory that they
/// share, and one of them works at a time.
pub struct Shared {
    /// Whose turn it is.
    pub turn: AtomicU32,
    /// The runs that are to be done.
    pub runs: Option<*mut dyn Runs>,
    /// How many were done, each but the last one of its process.
    pub done: u64,
    /// What the last run left.
    pub left: Option<Left>,
    /// What it wrote to this descriptor, which are frames.
    pub output: i32,
    /// Where a cell tells evcxr of panics and the like. A run has nobody to tell it to.
    pub protocol: i32,
    /// Those frames.
    pub frames: Vec<u8>,
    /// What is known of another process that explores, where there is one, and this one's lane.
    pub together: Option<(&'static Together, usize)>,
    /// It may have written to descriptors without our seeing what.
    pub written: bool,
    /// What runs did that is not controlled; see [`crate::beyond`].
    pub beyond: u32,
    /// Carriers that runs needed so far, and the stack of the one that needed most.
    pub carriers: usize,
    /// Bytes of that.
    pub stack: usize,
}

static SHARED: AtomicPtr<Shared> = AtomicPtr::new(std::ptr::null_mut());

/// Makes it, before the first run. Frames are written to `output`, and to `protocol` what nobody
/// reads of a run.
pub fn prepare(output: i32, protocol: i32) {
    /// What a small program needs.
    const CARRIERS: usize = 4;
    const STACK: usize = 2 << 20;
    let shared = Box::new(Shared {
        turn: AtomicU32::new(0),
        runs: None,
        done: 0,
        left: None,
        output,
        protocol,
        beyond: 0,
        frames: Vec::new(),
        together: None,
        written: false,
        carriers: CARRIERS,
        stack: STACK,
    });
    SHARED.store(Box::into_raw(shared), Ordering::Relaxed);
}

/// What is shared.
pub fn shared() -> &'static mut Shared {
    // SAFETY: made before the first run, for as long as the process lives. One process works at a
    // time, and in it one thread; no reference outlives the function that took it.
    unsafe { &mut *SHARED.load(Ordering::Relaxed) }
}

/// Whether what is written to a descriptor is kept here.
pub fn keeps(descriptor: i32) -> bool {
    shared().output == descriptor
}

/// Whether what is written to a descriptor is for nobody.
pub fn drops(descriptor: i32) -> bool {
    shared().protocol == descriptor
}

/// The program writes to the descriptor of frames.
pub fn keep(bytes: &[u8]) {
    let before = arena::is_of(Owner::Us);
    shared().frames.extend_from_slice(bytes);
    arena::is_of(before);
}

/// Whether a thread ended by a panic and nobody asked how it ended.
pub fn unasked_panic() -> bool {
    let layout = record::writer::layout();
    let used = layout.header.threads_used.load(Ordering::Relaxed) as usize;
    layout.threads.iter().take(used + 1).any(|thread| {
        thread.state.load(Ordering::Relaxed) == THREAD_PANICKED
            && thread.flags.load(Ordering::Relaxed) & FLAG_JOINED == 0
    })
}
