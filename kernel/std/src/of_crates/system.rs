//! How a runtime's driver waits in the system.

use real::io;
use real::panic::Location;
use real::prelude::rust_2024::*;
use real::time::Duration;

use crate::probe;

/// Calls `poll` with how long it may wait, once or several times: until it has found something
/// (`true`), it fails, or the limit has passed. May unwind between two calls, if the cell was
/// stopped.
///
/// # Errors
///
/// What `poll` has failed with.
#[track_caller]
pub fn wait_in_system(
    limit: Option<Duration>,
    mut poll: impl FnMut(Option<Duration>) -> io::Result<bool>,
) -> io::Result<()> {
    probe::wait_in_system(limit, Location::caller(), &mut poll)
}
