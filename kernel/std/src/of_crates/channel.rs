//! What a crate's channel tells of itself. The queue, and who is woken, are the crate's.
//!
//! A crate parks a thread that waits. It has said before for what ([`Channel::waits_for_message`]),
//! and parks it by [`park`], which never unwinds: the thread may stand in the channel's queue of
//! waiters, with what it sends on its stack. It is told to unwind, leaves the queue, and calls
//! [`unwind_if_ordered`].

use real::panic::Location;
use real::prelude::rust_2024::*;
use real::time::Instant;

use crate::probe::{self, Meta, Object, Operand, Operation, ParksFor};
pub use crate::probe::{Call, WaitsFor, goes_on, unwind_if_ordered};

/// A channel of a crate's.
#[derive(Clone, Copy, Debug)]
pub struct Channel(Object);

impl Channel {
    /// One with a sender and a receiver, made by the caller.
    #[track_caller]
    pub fn new(meta: &'static Meta, capacity: Option<usize>) -> Channel {
        Channel(probe::open_channel(meta, capacity, Location::caller()))
    }

    /// A message goes into it.
    #[track_caller]
    pub fn sent(&self) {
        probe::sent(self.0, probe::called_at(Location::caller()));
    }

    /// A message was taken out of it.
    #[track_caller]
    pub fn received(&self) {
        probe::received_by_one(self.0, probe::called_at(Location::caller()));
    }

    /// A message was refused, since there is no receiver.
    pub fn refused(&self) {
        probe::message_refused(self.0);
    }

    /// A sender more.
    pub fn add_sender(&self) {
        probe::add_sender(self.0);
    }

    /// A sender was dropped.
    pub fn drop_sender(&self) {
        probe::drop_sender(self.0);
    }

    /// A receiver more.
    pub fn add_receiver(&self) {
        probe::add_receiver(self.0);
    }

    /// A receiver was dropped.
    pub fn drop_receiver(&self) {
        probe::drop_receiver(self.0);
    }

    /// The calling thread parks for a message from now on.
    pub fn waits_for_message(&self) -> WaitsFor {
        probe::waits_for(ParksFor::Message(self.0.slot()))
    }

    /// The calling thread parks for room from now on.
    pub fn waits_for_room(&self) -> WaitsFor {
        probe::waits_for(ParksFor::Room(self.0.slot()))
    }
}

/// The calling thread parks for one of several channels from now on.
pub fn waits_for_several() -> WaitsFor {
    probe::waits_for(ParksFor::Several)
}

/// The caller has called a function of a crate that sends.
#[track_caller]
pub fn sends() -> Call {
    called(Operation::Send)
}

/// The caller has called a function of a crate that receives.
#[track_caller]
pub fn receives() -> Call {
    called(Operation::Receive)
}

#[track_caller]
fn called(operation: Operation) -> Call {
    let at = Location::caller();
    probe::sync_point(operation, Operand::Nothing, Some(at));
    probe::call(at)
}

/// Parks the calling thread, until the deadline. Where it is to unwind, it does so after `leave`.
#[track_caller]
pub fn park_and_leave(deadline: Option<Instant>, leave: impl FnOnce()) {
    if park(deadline) {
        leave();
        unwind_if_ordered();
    }
}

/// Parks the calling thread, until the deadline: whether it is to unwind.
#[track_caller]
pub fn park(deadline: Option<Instant>) -> bool {
    crate::thread::parker().park_in_crate(deadline, Location::caller())
}
