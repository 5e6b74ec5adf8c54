//! Sampled runs: uses that come by the million.
//!
//! Reading the clock twice can cost four times what a lock itself does. So where a thread uses one
//! object over and over from one place, each time for well under a microsecond, only one use in 509
//! is timed (a prime, so that each turn of what recurs in a loop is met). The uses between are
//! counted into the event of the last timed one, which then says "so many more", and each counts
//! the time that the timed one took. Such a stretch of uses is a
//! [`SampledRun`](crate::layout::SampledRun).
//!
//! A use that goes on with a sampled run writes nothing for it: how many there were is what the
//! object's counter shows more than when the run began. The event's number and the times are made
//! up when the run ends, which is when the object is next used otherwise; a reader who comes before
//! that adds them itself.
//!
//! What could go wrong is a long use among them. The kernel (`heartbeat.rs`) changes a word of the
//! recording, its heartbeat, every millisecond, and a run goes on only while the heartbeat is what
//! it was when its last timed use began: so no time is off by more than a millisecond, and nothing
//! that takes longer goes unnoticed. It doesn't while nobody needs it; without a heartbeat every
//! use is timed. The heartbeat also changes when a cell begins, when a flag of `Attention` does,
//! when a thread ends, and when one begins to unwind, so that no run outlives what it relied on.
//!
//! A run of holds also goes on only while its thread holds the same other locks as when the run
//! began, since the order of what is held within what would be lost otherwise, and has recorded
//! nothing but holds. A thread's [`epoch`](super::Local::epoch) says all that; for messages only
//! matters who it is. A hold within which something was recorded is timed after all, and has begun
//! before that. So of locks that are used by turns, or one within another, each has a run of its
//! own, and where one of them is timed, the events say what lies within what.
//!
//! The run of an exclusive lock, or of a channel's receiver, belongs to the object: only its holder
//! touches it. Whoever takes a mutex looks at its run before, though, and relies on what it saw
//! only if the compare-exchange that takes the mutex finds the count of acquisitions unchanged:
//! then nobody had it in between. A lock with a word of its own is looked at once more when it was
//! taken. Runs of what threads use together belong to the thread's
//! [`Share`](crate::layout::Share).

mod reacquire;
mod run;
mod uses;

pub use reacquire::{
    InRun, end_exclusive, end_shared, keep_shared, kept_shared, reacquire_exclusive,
    reacquire_mutex, reacquire_shared, receive_in_run, share_in_run,
};
pub use uses::Uses;
