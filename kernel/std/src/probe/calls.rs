//! Which call in a cell led to a wait or a spawn in a crate.

use real::prelude::rust_2024::*;
use real::sync::atomic::Ordering;

use record::frames::calls_in_cell;
use record::writer::Local;

use super::sync_point::is_controlled;

pub(crate) use record::frames::walk as walk_frames;

/// The index of a place where the calling thread sleeps, or starts another one, with the calls in a
/// cell that led there, if `place` is a crate's code. Looking for them takes some ten microseconds,
/// so it is remembered where there are none. A run that is controlled is told step by step, at its
/// own places.
#[inline(never)]
pub(crate) fn place_with_calls(local: &Local, place: u32) -> u32 {
    if is_controlled() || !is_of_crate(local, place) {
        return place;
    }
    let here = (place, (&raw const place).addr());
    let nobody = &local.called_by_nobody[place as usize % local.called_by_nobody.len()];
    if nobody.get() == here {
        return place;
    }
    match calls_in_cell() {
        Some(calls) => {
            let layout = local.layout();
            layout.location_called(place, calls.library, calls.offsets())
        }
        None => {
            nobody.set(here);
            place
        }
    }
}

/// Whether a place is a crate's code, of which nobody has asked yet what led there.
pub(super) fn is_of_crate(local: &Local, place: u32) -> bool {
    let entry = local.layout().locations.get(place as usize);
    entry.is_some_and(|it| {
        it.dependency.load(Ordering::Relaxed) != 0 && it.calls.load(Ordering::Relaxed) == 0
    })
}
