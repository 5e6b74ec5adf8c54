//! What a thread is about to wait for.

use real::prelude::rust_2024::*;
use real::time::Instant;

use record::layout::{
    Layout, ObjectEntry, WAIT_BARGES, WAIT_TIMED, WAIT_UPGRADABLE, WAIT_UPGRADE, Wake, WakeRef,
};
use record::{ObjectSlot, ThreadSlot};

use super::super::objects::Object;
use super::super::objects::Place;
use record::snapshot::WaitKind;
use record::writer::{Local, ParksFor};

/// What is waited for.
#[derive(Clone, Copy)]
pub(super) enum Target {
    /// A change of an object's state.
    Object(Object),
    /// Room in a channel.
    Room(Object),
    /// What only this thread is told of; the object is what the report names.
    Own(u32),
    /// The same, for room in a channel.
    OwnRoom(u32),
    /// The end of a thread.
    Thread(ThreadSlot),
    /// The end of all threads of a scope.
    Scope(u64),
}

/// What a thread is about to wait for.
#[derive(Clone, Copy)]
pub struct Wait {
    pub(super) kind: WaitKind,
    pub(super) target: Target,
    pub(super) shared_or_send: bool,
    /// More for `ThreadEntry::wait_flags`.
    pub(super) flags: u32,
    pub(super) deadline: Option<Instant>,
    pub(super) at: Place,
    pub(super) unwinds: bool,
    /// Whether it ends, instead of unwinding, for who can't unwind at once.
    pub(super) returns: bool,
}

impl Wait {
    fn new(kind: WaitKind, target: Target, at: Place) -> Wait {
        Wait {
            kind,
            target,
            shared_or_send: false,
            flags: 0,
            deadline: None,
            at,
            unwinds: true,
            returns: false,
        }
    }

    /// For a change of `object`'s state, announced by [`wake_one`](super::wake_one) or
    /// [`wake_all`](super::wake_all).
    pub fn on(kind: WaitKind, object: Object, at: Place) -> Wait {
        Wait::new(kind, Target::Object(object), at)
    }

    /// For something that only this thread is told of: see [`Ticket`](super::Ticket). `object` is
    /// what the report names as the target.
    pub fn own(kind: WaitKind, object: Option<Object>, at: Place) -> Wait {
        Wait::new(
            kind,
            Target::Own(object.map_or(0, |object| object.index.0)),
            at,
        )
    }

    /// For room in the channel `object`.
    pub(in super::super) fn for_room(object: Object, at: Place) -> Wait {
        Wait::new(WaitKind::Channel, Target::Room(object), at).shared_or_send()
    }

    /// For what a crate waits for that parks its thread. It ends where it would unwind: see
    /// [`unwind_if_ordered`](super::super::unwind_if_ordered).
    pub(in super::super) fn parked(parks_for: ParksFor, at: Place) -> Wait {
        let (kind, target) = match parks_for {
            ParksFor::Unpark => (WaitKind::Park, Target::Own(0)),
            ParksFor::Message(channel) => (WaitKind::Channel, Target::Own(channel.0)),
            ParksFor::Room(channel) => (WaitKind::Channel, Target::OwnRoom(channel.0)),
            ParksFor::Several => (WaitKind::Channel, Target::Own(0)),
        };
        Wait {
            shared_or_send: matches!(parks_for, ParksFor::Room(_)),
            returns: true,
            ..Wait::new(kind, target, at)
        }
    }

    /// For whatever the system tells of.
    pub(super) fn in_system(at: Place) -> Wait {
        Wait::new(WaitKind::Park, Target::Own(0), at).with(WAIT_TIMED)
    }

    /// For the end of the thread with this index.
    pub(in super::super) fn for_thread(index: ThreadSlot, at: Place) -> Wait {
        Wait::new(WaitKind::Join, Target::Thread(index), at)
    }

    /// For the end of all threads of a scope. Never unwinds: they borrow from the stack.
    pub(in super::super) fn for_scope(scope: u64, at: Place) -> Wait {
        Wait {
            unwinds: false,
            ..Wait::new(WaitKind::Join, Target::Scope(scope), at)
        }
    }

    /// Ends the wait at `deadline`; `None` changes nothing.
    pub fn until(self, deadline: Option<Instant>) -> Wait {
        Wait { deadline, ..self }
    }

    /// Marks a wait for shared access (`RwLock::read`), or a `send`.
    pub fn shared_or_send(self) -> Wait {
        Wait {
            shared_or_send: true,
            ..self
        }
    }

    /// Marks a wait for shared access that does not queue up behind writers.
    pub fn barging(self) -> Wait {
        self.with(WAIT_BARGES)
    }

    /// Marks a wait for upgradable access.
    pub fn upgradable(self) -> Wait {
        self.shared_or_send().with(WAIT_UPGRADABLE)
    }

    /// Marks a wait for exclusive access of who has upgradable access.
    pub fn upgrading(self) -> Wait {
        self.with(WAIT_UPGRADE)
    }

    fn with(self, flag: u32) -> Wait {
        Wait {
            flags: self.flags | flag,
            ..self
        }
    }

    /// Where to sleep.
    pub(super) fn wake_ref(&self, me: ThreadSlot) -> WakeRef {
        match self.target {
            Target::Object(object) => object.wake_ref(),
            Target::Room(object) if object.index == ObjectSlot::NONE => object.wake_ref(),
            Target::Room(object) => WakeRef::senders(object.index),
            Target::Own(_) | Target::OwnRoom(_) | Target::Scope(_) => WakeRef::own(me),
            Target::Thread(index) => WakeRef::ended(index),
        }
    }

    /// Whether others sleep where this one would.
    pub(super) fn others_sleep(&self, local: &Local) -> bool {
        let wake = local.layout().wake(self.wake_ref(local.thread()));
        wake.is_some_and(Wake::is_wanted)
    }

    /// The number that the recording calls the target.
    pub(super) fn target_number(&self) -> u32 {
        match self.target {
            Target::Object(object) | Target::Room(object) => object.index.0,
            Target::Own(number) | Target::OwnRoom(number) => number,
            Target::Thread(thread) => thread.0,
            Target::Scope(_) => 0,
        }
    }

    /// The object whose waiting times count this wait.
    pub(super) fn object(&self, layout: &'static Layout) -> Option<&'static ObjectEntry> {
        match self.target {
            Target::Object(object) | Target::Room(object) => object.entry(layout),
            Target::Own(index) | Target::OwnRoom(index) => Object::at(index).entry(layout),
            Target::Thread(_) | Target::Scope(_) => None,
        }
    }
}
