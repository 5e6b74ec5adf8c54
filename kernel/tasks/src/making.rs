//! Channels: made, used, and gone.

use std::cell::Cell;
use std::future::Future;
use std::panic::Location;
use std::probe::tasks::{self, ObjectKind, TaskWait};

use crate::part::PartOf;
use crate::within::Asking;

std::thread_local! {
    /// The channel that is being made.
    static MAKING: Cell<Option<Channel>> = const { Cell::new(None) };
}

/// Whether a place lies in tokio itself, whose sources are in the folder `home`.
fn is_own(place: &Location<'_>, home: &str) -> bool {
    place.file().starts_with(home)
}

/// A channel is made: what is made for it belongs to it, until this is dropped.
#[derive(Debug)]
pub struct Making(());

/// A channel is made by a call at a place. What tokio makes for itself is not recorded: signals
/// come through such channels.
pub fn making(
    kind: ObjectKind,
    capacity: Option<usize>,
    type_name: &'static str,
    caller: &'static Location<'static>,
    home: &str,
) -> Making {
    MAKING.set(Some(match is_own(caller, home) {
        true => Channel {
            told: tasks::Channel::NONE,
            wait: TaskWait::Io,
        },
        false => {
            let told = tasks::Channel::new(kind, capacity, type_name, caller);
            Channel {
                told,
                wait: told.wait(),
            }
        }
    }));
    Making(())
}

impl Drop for Making {
    fn drop(&mut self) {
        MAKING.set(None);
    }
}

/// What a semaphore is that is a part of something else: the room in the channel that is made.
pub(crate) fn room() -> TaskWait {
    let made = MAKING.get().map_or(tasks::Channel::NONE, |made| made.told);
    made.wait_for_room()
}

/// A channel, as it is recorded.
#[derive(Clone, Copy, Debug)]
pub struct Channel {
    told: tasks::Channel,
    wait: TaskWait,
}

impl Channel {
    /// A message was received.
    pub fn received(self) {
        self.told.received();
        tasks::task_waits_no_longer(self.wait);
    }
}

/// The channel's own: its end is the channel's.
#[derive(Debug)]
pub struct Owned(Channel);

impl Owned {
    /// The one that is being made.
    pub fn made() -> Owned {
        Owned(MAKING.get().unwrap_or(Channel {
            told: tasks::Channel::NONE,
            wait: TaskWait::Inner,
        }))
    }

    /// Whoever asks for a message.
    pub fn within(&self) -> Asking {
        Asking::new(self.0.wait)
    }

    /// The same, for each poll of a future.
    pub fn waits_in<F: Future>(&self, future: F) -> PartOf<F> {
        PartOf::new(future, self.0.wait)
    }

    /// A message is sent.
    pub fn sent(&self) {
        self.0.told.sent();
    }

    /// The channel, for as long as it is borrowed.
    pub fn channel(&self) -> Channel {
        self.0
    }

    /// A message was received.
    pub fn received(&self) {
        self.0.received();
    }

    /// Messages were overwritten before this receiver had them.
    pub fn lost(&self, messages: u64) {
        self.0.told.lost(messages);
    }

    /// There is a sender more.
    pub fn gains_sender(&self) {
        self.0.told.gains_sender();
    }

    /// There is a sender less.
    pub fn loses_sender(&self) {
        self.0.told.loses_sender();
    }

    /// The receiver is gone.
    pub fn loses_receiver(&self) {
        self.0.told.loses_receiver();
    }
}

impl Drop for Owned {
    fn drop(&mut self) {
        self.0.told.is_dropped();
    }
}
