//! Channels and notifications between tasks, among the recording's objects.

use real::collections::BTreeMap;
use real::prelude::rust_2024::*;
use real::sync::atomic::{AtomicU8, AtomicU32, Ordering};
use real::sync::{Mutex, PoisonError};

use record::layout::{Layout, ONE_USE, ObjectEntry};
use record::snapshot::{Library, ObjectKind, TaskWait};
use record::writer::{self, Local};
use record::{LocationSlot, ObjectSlot};

use super::super::objects::{Made, Place, dropped, next_order};
use super::shared::in_cell;

/// Gives an object an entry; `None` where tasks are left out or the table is full.
fn enter(kind: ObjectKind, type_name: &'static str, place: u32) -> ObjectSlot {
    let layout = writer::layout();
    if layout.header.without_tasks.load(Ordering::Relaxed) != 0 {
        return ObjectSlot::NONE;
    }
    let made = Made {
        kind,
        library: Library::Std,
        type_name,
        created_at: place,
        order: next_order(layout),
        address: 0,
    };
    let index = made.enter(layout);
    if index.is_none() {
        layout.header.lost_objects.fetch_add(1, Ordering::Relaxed);
    }
    ObjectSlot(index.unwrap_or(0))
}

fn entry_of(object: ObjectSlot) -> Option<&'static ObjectEntry> {
    let layout = writer::layout();
    layout
        .objects
        .get(object.index())
        .filter(|_| object.is_some())
}

/// A channel, while it is recorded. Its end is [`Channel::is_dropped`].
#[derive(Clone, Copy, Debug)]
pub struct Channel(ObjectSlot);

impl Channel {
    /// One that is not recorded.
    pub const NONE: Channel = Channel(ObjectSlot::NONE);

    /// A new one, with a sender and a receiver.
    pub fn new(
        kind: ObjectKind,
        capacity: Option<usize>,
        type_name: &'static str,
        made: Place,
    ) -> Channel {
        let layout = writer::layout();
        let channel = enter(kind, type_name, layout.location(made));
        if let Some(entry) = entry_of(channel) {
            let capacity = capacity.map_or(0, |n| n as u64 + 1);
            entry.capacity.store(capacity, Ordering::Relaxed);
            entry.senders.store(1, Ordering::Relaxed);
            entry.receiver.store(1, Ordering::Relaxed);
        }
        Channel(channel)
    }

    /// Waiting for a message.
    pub fn wait(self) -> TaskWait {
        match self.0 {
            ObjectSlot::NONE => TaskWait::Inner,
            object => TaskWait::Object(object),
        }
    }

    /// Waiting for room.
    pub fn wait_for_room(self) -> TaskWait {
        TaskWait::Room(self.0)
    }

    /// A message is sent.
    pub fn sent(self) {
        let Some(entry) = entry_of(self.0) else {
            return;
        };
        sent(entry, 1);
        let queued = entry.sent().saturating_sub(entry.use_count());
        if queued > entry.max_queued.load(Ordering::Relaxed) {
            entry.max_queued.fetch_max(queued, Ordering::Relaxed);
        }
    }

    /// Messages were received.
    pub fn received(self) {
        if let Some(entry) = entry_of(self.0) {
            received(entry);
        }
    }

    /// Messages were overwritten before this receiver had them.
    pub fn lost(self, messages: u64) {
        if let Some(entry) = entry_of(self.0) {
            entry.lost.fetch_add(messages, Ordering::Relaxed);
        }
    }

    /// There is a sender more.
    pub fn gains_sender(self) {
        if let Some(entry) = entry_of(self.0) {
            entry.senders.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// There is a sender less.
    pub fn loses_sender(self) {
        if let Some(entry) = entry_of(self.0) {
            entry.senders.fetch_sub(1, Ordering::Relaxed);
        }
    }

    /// The receiver is gone.
    pub fn loses_receiver(self) {
        if let Some(entry) = entry_of(self.0) {
            entry.receiver.store(0, Ordering::Relaxed);
        }
    }

    /// The channel is gone.
    pub fn is_dropped(self) {
        dropped(self.0.0);
    }
}

fn sent(entry: &ObjectEntry, messages: u64) {
    writer::with_inlined(Local::gives);
    entry.sent_by_others.fetch_add(messages, Ordering::Relaxed);
    if !in_cell(writer::layout()) {
        entry.notifies.fetch_add(messages, Ordering::Relaxed);
    }
}

fn received(entry: &ObjectEntry) {
    entry.uses.fetch_add(ONE_USE, Ordering::Relaxed);
    if !in_cell(writer::layout()) {
        entry.notifies_unheard.fetch_add(1, Ordering::Relaxed);
    }
}

/// What tells a task something without a message, by its entry, which it gets when it is used
/// first.
///
/// `home` is the folder of the runtime's sources: what that has made for itself is not recorded.
#[derive(Debug)]
pub struct Notified {
    /// Plus 1; 0 before it is used.
    index: AtomicU32,
    made: Place,
}

impl Notified {
    /// One that was made there.
    pub const fn new(made: Place) -> Notified {
        Notified {
            index: AtomicU32::new(0),
            made,
        }
    }

    fn object(&self, home: &str) -> ObjectSlot {
        match self.index.load(Ordering::Acquire) {
            0 => self.enter(home),
            index => ObjectSlot(index - 1),
        }
    }

    #[cold]
    fn enter(&self, home: &str) -> ObjectSlot {
        let layout: &'static Layout = writer::layout();
        // The runtime makes some all at once, by `Default` of an array.
        let file = self.made.file();
        let object = match file.starts_with(home) || file.contains("/library/core/") {
            true => ObjectSlot::NONE,
            false => enter(ObjectKind::TokioNotify, "", layout.location(self.made)),
        };
        let index = &self.index;
        match index.compare_exchange(0, object.0 + 1, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => object,
            Err(known) => {
                if object.is_some() {
                    layout.give_object_back(object.0);
                }
                ObjectSlot(known - 1)
            }
        }
    }

    /// Waiting to be notified.
    pub fn wait(&self, home: &str) -> TaskWait {
        match self.object(home) {
            ObjectSlot::NONE => TaskWait::Inner,
            object => TaskWait::Object(object),
        }
    }

    /// Somebody begins to wait. That is counted here, since it may wait for one of several things.
    pub fn begins_to_wait(&self, home: &str) {
        if let Some(entry) = entry_of(self.object(home))
            && in_cell(writer::layout())
        {
            entry.waits.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Somebody notifies; `heard` says whether a task waits.
    pub fn notifies(&self, heard: bool, home: &str) {
        let Some(entry) = entry_of(self.object(home)) else {
            return;
        };
        if in_cell(writer::layout()) {
            entry.notifies.fetch_add(1, Ordering::Relaxed);
            if !heard {
                entry.notifies_unheard.fetch_add(1, Ordering::Relaxed);
            }
        }
    }

    /// It is gone.
    pub fn is_dropped(&self) {
        if let index @ 2.. = self.index.load(Ordering::Acquire) {
            dropped(index - 1);
        }
    }
}

/// The channels for one message: one object for all that a line has made, since there may be one
/// for each request.
static ONESHOTS: Mutex<BTreeMap<u32, ObjectSlot>> = Mutex::new(BTreeMap::new());

/// `Oneshots::state`
const SENT: u8 = 1;
const READY: u8 = 2;

/// One channel for one message.
#[derive(Debug)]
pub struct Oneshots {
    all: ObjectSlot,
    place: LocationSlot,
    state: AtomicU8,
}

impl Oneshots {
    /// A new one, made at this place.
    pub fn new(place: LocationSlot) -> Oneshots {
        let mut known = ONESHOTS.lock().unwrap_or_else(PoisonError::into_inner);
        let all = *known.entry(place.0).or_insert_with(|| {
            let all = enter(ObjectKind::TokioOneshot, "", place.0);
            if let Some(entry) = entry_of(all) {
                entry.capacity.store(2, Ordering::Relaxed);
                entry.receiver.store(1, Ordering::Relaxed);
            }
            all
        });
        drop(known);
        if let Some(entry) = entry_of(all) {
            entry.senders.fetch_add(1, Ordering::Relaxed);
        }
        Oneshots {
            all,
            place,
            state: AtomicU8::new(0),
        }
    }

    /// Waiting for its message.
    pub fn wait(&self) -> TaskWait {
        TaskWait::Oneshot(self.place)
    }

    /// The message was sent.
    pub fn sent(&self) {
        if let Some(entry) = entry_of(self.all) {
            sent(entry, 1);
            self.passes(SENT, entry);
        }
    }

    /// Whoever waits for it need not any more.
    pub fn ready(&self) {
        if let Some(entry) = entry_of(self.all) {
            self.passes(READY, entry);
        }
    }

    fn passes(&self, step: u8, entry: &ObjectEntry) {
        let before = self.state.fetch_or(step, Ordering::AcqRel);
        if before | step == SENT | READY && before & step == 0 {
            received(entry);
        }
    }
}

impl Drop for Oneshots {
    fn drop(&mut self) {
        if let Some(entry) = entry_of(self.all) {
            entry.senders.fetch_sub(1, Ordering::Relaxed);
            if *self.state.get_mut() == SENT {
                entry.lost.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}
