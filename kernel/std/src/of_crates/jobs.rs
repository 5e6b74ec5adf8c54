//! What a crate's pool tells of the jobs that its threads run: see [`crate::probe`].

use real::panic::Location;

use crate::probe;
pub use crate::probe::{AsksFor, Job, WaitsForJobs, made, ran_inline, waits_for_jobs};

/// The caller has called a function of a pool: what it asks for is counted to that place, as long
/// as what is given back here lives.
#[inline]
#[track_caller]
pub fn called() -> AsksFor {
    probe::asks(Location::caller())
}
