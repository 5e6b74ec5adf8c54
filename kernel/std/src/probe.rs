//! What the twins call: every recorded operation goes through here, and the twins talk to nothing
//! else of the recorder.
//!
//! How they use it:
//!
//! - Every operation passes [`sync_point()`] once, before it takes effect. [`acquire`],
//!   [`try_acquire`], [`release`] and [`spawning`] do that themselves, as do the methods of
//!   [`Child`], [`Parker`] and [`ScopeMark`].
//! - Every recorded object embeds an [`Id`]. Every operation names its kind by a `&'static`
//!   [`Meta`] and its place in the source by `Location::caller()`.
//! - Locks: [`acquire`], [`try_acquire`], [`release`].
//! - Everything else that can wait: resolve the id with [`resolve`], then [`block`] on a [`Wait`],
//!   and whoever changes the state calls [`wake_all`] or [`wake_one`] *after* the change.
//! - A queue of waiters (condition variables): one [`Ticket`] a waiter.
//! - Counters and instants: [`count_wait`], [`notified`], [`barrier_opened`], [`poison`] …
//!
//! The generic functions are meant to be called from **non-generic** functions of this crate, so
//! that they are compiled here, optimised, and not in every cell.
//!
//! The sync point of an operation that can be left undone, and every wait, may unwind instead of
//! returning, when the user has stopped the cell or a deadlock was proved; never in a thread that
//! is panicking already. Keep clean-up in guards. Releases, wake-ups and notifications never
//! unwind; nor do [`took`] and [`notified`].

mod calls;
mod cells;
mod channels;
mod counters;
mod crate_calls;
mod current;
mod holds;
mod jobs;
mod locks;
mod objects;
mod operation;
mod output;
mod panics;
mod reacquire;
mod shares;
mod stack;
mod stop;
mod sync_point;
pub mod tasks;
mod threads;
mod waiting;

pub use record::frame::FrameKind;
pub use record::layout::{ObjectEntry, Share};
pub use record::snapshot::{Library, ObjectKind, WaitKind};
pub use record::writer::InRun;

pub(crate) use calls::{place_with_calls, walk_frames};
pub use cells::is_attached;
pub(crate) use cells::{
    attach, attach_soon, cell_begin, cell_end, cell_keeps_variables, cell_panicked,
    cell_returned_error, is_recording,
};
pub use channels::{
    ReceiverId, SenderId, add_receiver, add_sender, disconnected, drop_receiver, drop_sender,
    message_refused, message_taken, new_channel, open_channel, received, received_by_one, sent,
    wait_for_message, wait_for_room,
};
pub use counters::{barrier_opened, count_wait, notified, poison, set_capacity};
pub use crate_calls::{Call, ParksFor, WaitsFor, call, called_at, goes_on, waits_for};
pub use current::{body_ends, sync_point};
pub use holds::Access;
pub use jobs::{AsksFor, Job, WaitsForJobs, asks, made, ran_inline, waits_for_jobs};
pub use locks::{
    acquire, acquire_as, giving_back, holds, is_waited_for, release, took, try_acquire, upgrade,
    writer_waits,
};
pub use objects::{Id, Meta, Object, Place, entry, resolve, resolved};
pub use operation::{Operand, Operation, Step};
pub(crate) use output::printing_into;
pub(crate) use output::show_resumed;
pub use output::{Stream, runs_cells, send, show_panic, show_place, write, write_protocol};
pub use panics::panic_started;
pub(crate) use panics::{enters_catch, is_outside_of_catches, leaves_catch};
pub use reacquire::{
    Kept, give_back, keep_shared, kept_shared, reacquire, reacquire_shared, release_after_run,
    release_in_run, release_shared_after_run, release_shared_in_run, try_take,
};
pub use stack::{prepare_stacks, watch_stack};
pub(crate) use stop::somebody_was_unwound;
pub use stop::{hides_poison, unwind_if_ordered, unwind_if_stopped, unwinding, without_unwinding};
pub use sync_point::{in_vain, is_controlled, set_scheduler};
pub use threads::{Child, Parker, ScopeMark, detached, joined, spawn_failed, spawning, started};
pub use waiting::{
    Ticket, Wait, block, is_look_for_wait, now_for_wait, wait_in_system, wake_all, wake_one,
};
