//! Sampled runs: uses that come by the million.
//!
//! Reading the clock twice can cost four times what a lock itself does. So where a thread uses one
//! object over and over from one place, each time for well under a microsecond, only one use in 128
//! is timed. The uses between are counted into the event of the last timed one, which then says "so
//! many more", and each counts the time that the timed one took. Such a stretch of uses is a
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
//! A run of holds also goes on only while its thread has recorded nothing else, since the order of
//! what is held within what would be lost otherwise. A thread's [`epoch`](super::Local::epoch) says
//! both who it is and how many events it has written; for messages only the first matters.
//!
//! The run of an exclusive lock, or of a channel's receiver, belongs to the object: only its holder
//! touches it. Whoever takes a mutex looks at its run before, though, and relies on what it saw
//! only if the compare-exchange that takes the mutex finds the count of acquisitions unchanged:
//! then nobody had it in between. Runs of what threads use together belong to the thread's
//! [`Share`](crate::layout::Share).

mod reacquire;
mod run;
mod uses;

pub use reacquire::{
    may_end_in_run, reacquire_mutex, receive_in_run, share_held_in_run, share_in_run,
};
pub use uses::Uses;
