//! Deadlocks: who waits for whom, the proof that somebody waits in vain, and who unwinds then.
//!
//! A thread that is about to sleep looks at the wait-for graph, which the entries of all threads
//! are ([`check`]), and so does one that ends ([`check_end_of`]). `proof.rs` says what is proved
//! and how, `verdict.rs` what follows, `victim.rs` who may be made to unwind, and from where.

mod census;
mod explain;
mod graph;
mod look;
mod needs;
mod proof;
mod verdict;
mod victim;

pub use census::{
    know_helpers, know_no_helpers, mark_running, mark_stuck, thread_begins, thread_ends,
};
pub use explain::explanation;
pub use proof::{check, check_end_of};
pub use verdict::free;
pub use victim::{UnwindsFrom, may_unwind_at};
