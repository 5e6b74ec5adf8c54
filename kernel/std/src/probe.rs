//! The one choke point: every recorded operation of our `std` goes through here, and nothing else
//! talks to the recorder.
//!
//! How the twins use it:
//!
//! - Every recorded object embeds an [`Id`]. Every operation names its kind by a `&'static` [`Meta`]
//!   and its place in the source by `Location::caller()`.
//! - Locks: [`acquire`], [`try_acquire`], [`release`].
//! - Everything else that can wait: resolve the id with [`resolve`], then [`block`] on a [`Wait`],
//!   and whoever changes the state calls [`wake_all`] or [`wake_one`] *after* the change.
//! - A queue of waiters (condition variables): one [`Ticket`] a waiter.
//! - Counters and instants: [`count_wait`], [`notified`], [`barrier_opened`], [`poison`] …
//!
//! The generic functions are meant to be called from **non-generic** functions of this crate, so
//! that they are compiled here, optimised, and not in every cell.
//!
//! Any function that takes a [`Place`] may unwind instead of returning, when the user has stopped
//! the cell or a deadlock was proved; never in a thread that is panicking already. Keep clean-up in
//! guards. Releases, wake-ups and notifications never unwind; nor do [`took`] and [`notified`].

mod again;
mod cells;
mod channels;
mod cost;
mod counters;
mod locks;
mod objects;
mod output;
mod panics;
mod shares;
mod stack;
mod stop;
mod sync_point;
mod threads;
mod waiting;

use real::panic::Location;
use real::prelude::rust_2024::*;

use record::attention::Attention;
use record::layout::ThreadEntry;
use record::writer::{self, Local, NewEvent};

pub use record::frame::FrameKind;
pub use record::layout::{ObjectEntry, Share};
pub use record::snapshot::{ObjectKind, WaitKind};

pub use again::{
    give_back, lock_again, share_again, try_take, unlock_again, unlock_at_last, unshare_again,
    unshare_at_last,
};
pub use cells::is_attached;
pub(crate) use cells::{attach, cell_begin, cell_end, cell_panicked, cell_returned_error};
pub use channels::{
    ReceiverId, SenderId, disconnected, message_refused, message_taken, new_channel, received,
    sent, wait_for_message, wait_for_room,
};
pub use counters::{barrier_opened, count_wait, notified, poison, set_capacity};
pub use locks::{Access, acquire, giving_back, holds, release, took, try_acquire, writer_waits};
pub use objects::{Id, Meta, Object, entry, resolve, resolved};
pub use output::{Stream, runs_cells, send, show_panic, show_place, write, write_protocol};
pub use panics::{panic_started, unwinding};
pub use stack::watch_stack;
pub use stop::{hides_poison, unwind_if_stopped};
pub use sync_point::{Operand, Operation, Step, is_controlled, set_scheduler, sync_point};
pub use threads::{Child, Parker, ScopeMark, body_ends, joined, spawn_failed, spawning, started};
pub use waiting::{Ticket, Wait, block, wake_all, wake_one};

/// A place in the user's source: `Location::caller()` of a `#[track_caller]` function.
pub type Place = &'static Location<'static>;

/// Calls `f` with the calling thread's own data and its entry, which it gets now if it has none.
#[inline]
fn with_thread<R>(f: impl FnOnce(&Local, &'static ThreadEntry) -> R) -> R {
    writer::with(|local| f(local, entry_of(local)))
}

/// The same, without a call, for functions that are compiled here only.
#[inline]
fn with_thread_here<R>(f: impl FnOnce(&Local, &'static ThreadEntry) -> R) -> R {
    writer::with_inlined(|local| f(local, entry_of(local)))
}

#[inline]
fn entry_of(local: &Local) -> &'static ThreadEntry {
    match local.entry() {
        Some(entry) => entry,
        None => threads::foreign(local),
    }
}

/// Whether only counters are wanted: then nothing is timed, and no events are written.
#[inline]
fn counts_only(local: &Local) -> bool {
    local.layout().attention().has(Attention::COUNTS_ONLY)
}

/// Writes down what has just happened, unless only counters are wanted.
#[inline]
fn note(local: &Local, event: impl FnOnce() -> NewEvent) {
    if !counts_only(local) {
        let now = local.now();
        local.event(NewEvent {
            start: now,
            end: now,
            ..event()
        });
    }
}
