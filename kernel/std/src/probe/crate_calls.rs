//! What the code of a crate tells of what it does for its caller: from where it was called, and for
//! what it parks its thread.

use real::prelude::rust_2024::*;

use record::writer;

use super::objects::Place;

pub use record::writer::ParksFor;

/// As long as this lives, the calling thread is in a crate's function.
#[derive(Debug)]
pub struct Call(Option<Place>);

/// The calling thread has called a crate's function at a place.
pub fn call(at: Place) -> Call {
    writer::with(|local| Call(local.called_at.replace(Some(at))))
}

impl Drop for Call {
    fn drop(&mut self) {
        writer::with(|local| local.called_at.set(self.0));
    }
}

/// Where the calling thread has called the crate in which it is; `at` if that isn't known.
pub fn called_at(at: Place) -> Place {
    writer::with(|local| local.called_at.get().unwrap_or(at))
}

/// As long as this lives, the calling thread parks for something that is known.
#[derive(Debug)]
pub struct WaitsFor(ParksFor);

/// What the calling thread parks for from now on.
pub fn waits_for(what: ParksFor) -> WaitsFor {
    writer::with(|local| WaitsFor(local.parks_for.replace(what)))
}

impl Drop for WaitsFor {
    fn drop(&mut self) {
        writer::with(|local| local.parks_for.set(self.0));
    }
}

/// What the calling thread waited for has come, so it does not unwind where that was put off.
pub fn goes_on() {
    writer::with(|local| local.ordered.set(0));
}
