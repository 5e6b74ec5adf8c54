//! Channels: messages, and the lives of their two ends.
//!
//! A message is counted by its sender after the queue has it, and by the receiver after it was taken: so
//! in a moment between the two the receiver's count may be the higher one, which the reader allows for.

use real::prelude::rust_2024::*;
use real::sync::atomic::{Ordering, fence};
use real::time::Instant;

use record::futex::order_wake;
use record::layout::{ATTENTION_COUNTS, OBJECT_DROPPED, ObjectEntry};
use record::snapshot::WaitOutcome;
use record::writer::{self, EventKind, Local};

use super::objects::{Meta, Object, new_entry, order_of_creation};
use super::waiting::{Wait, block_as};
use super::{Place, attention, calls, counts_only, with_thread};

/// One sender's share of a channel's identity.
pub struct SenderId(Object);

/// The receiver's share of a channel's identity.
pub struct ReceiverId(Object);

/// Registers a new channel with room for `capacity` messages.
pub fn new_channel(
    meta: &'static Meta,
    capacity: Option<usize>,
    at: Place,
) -> (SenderId, ReceiverId) {
    with_thread(|local, _| {
        let layout = local.layout();
        let Some(index) = new_entry(layout, meta, at, order_of_creation(layout), 0) else {
            layout.header.lost_objects.fetch_add(1, Ordering::Relaxed);
            return (SenderId(Object::at(0)), ReceiverId(Object::at(0)));
        };
        let object = Object::at(index);
        if let Some(entry) = object.entry(layout) {
            entry.senders.store(1, Ordering::Relaxed);
            entry.receiver.store(1, Ordering::Relaxed);
            entry.capacity.store(
                capacity.map_or(0, |room| room as u64 + 1),
                Ordering::Relaxed,
            );
        }
        (SenderId(object), ReceiverId(object))
    })
}

impl SenderId {
    /// The channel.
    #[inline]
    pub fn object(&self) -> Object {
        self.0
    }
}

impl ReceiverId {
    /// The channel.
    #[inline]
    pub fn object(&self) -> Object {
        self.0
    }
}

impl Clone for SenderId {
    fn clone(&self) -> SenderId {
        with_thread(|local, _| {
            if let Some(entry) = self.0.entry(local.layout()) {
                entry.senders.fetch_add(1, Ordering::Relaxed);
            }
        });
        SenderId(self.0)
    }
}

impl Drop for SenderId {
    fn drop(&mut self) {
        with_thread(|local, _| {
            let Some(entry) = self.0.entry(local.layout()) else {
                return disconnected(self.0);
            };
            if entry.senders.fetch_sub(1, Ordering::SeqCst) != 1 {
                return;
            }
            if entry.receiver.load(Ordering::SeqCst) == 0 {
                entry.flags.fetch_or(OBJECT_DROPPED, Ordering::AcqRel);
            }
            disconnected(self.0);
        });
    }
}

impl Drop for ReceiverId {
    fn drop(&mut self) {
        with_thread(|local, _| {
            let Some(entry) = self.0.entry(local.layout()) else {
                return disconnected(self.0);
            };
            entry.receiver.swap(0, Ordering::SeqCst);
            if !counts_only(local) {
                let now = local.now();
                local.event(EventKind::Drop, 0, 0, self.0.index, 0, 0, now, now);
            }
            if entry.senders.load(Ordering::SeqCst) == 0 {
                entry.flags.fetch_or(OBJECT_DROPPED, Ordering::AcqRel);
            }
            disconnected(self.0);
        });
    }
}

/// Wakes everybody who waits at either end of the channel.
pub fn disconnected(object: Object) {
    fence(Ordering::SeqCst);
    with_thread(|local, _| {
        let layout = local.layout();
        object.wake(layout).wake_all(local.index());
        if let Some(entry) = object.entry(layout) {
            entry.wake_senders.wake_all(local.index());
        }
    });
}

/// Counts a message that was sent, and wakes the receiver if it waits.
#[inline(never)]
pub fn sent(object: Object, at: Place) {
    let Some(entry) = another(EventKind::Send, object, at) else {
        return sent_anew(object, at);
    };
    count_sent(entry);
    if entry.wake.is_wanted() {
        wake_receiver(entry);
    }
}

/// The channel's entry, if the calling thread sends or receives one message after the other: then this one was
/// written down.
#[inline(always)]
fn another(kind: EventKind, object: Object, at: Place) -> Option<&'static ObjectEntry> {
    let run = writer::thread_run(kind, object.index)?;
    let at = real::ptr::from_ref(at) as usize;
    run.another(writer::existing()?, kind, object.index, at)
}

#[cold]
#[inline(never)]
fn wake_receiver(entry: &ObjectEntry) {
    writer::with(|local| entry.wake.wake_one(local.index()));
}

#[cold]
#[inline(never)]
fn wake_sender(entry: &ObjectEntry) {
    writer::with(|local| entry.wake_senders.wake_one(local.index()));
}

/// Counts a message; returns how many are queued.
#[inline]
fn count_sent(entry: &ObjectEntry) -> u64 {
    // Orders the message before the look at who waits, too.
    let sent = entry.sent.fetch_add(1, Ordering::SeqCst) + 1;
    let queued = queued(entry, sent, entry.received.load(Ordering::Relaxed));
    if queued > entry.max_queued.load(Ordering::Relaxed) {
        entry.max_queued.fetch_max(queued, Ordering::Relaxed);
    }
    order_wake();
    queued
}

#[cold]
#[inline(never)]
fn sent_anew(object: Object, at: Place) {
    with_thread(|local, _| {
        let layout = local.layout();
        let Some(entry) = object.entry(layout) else {
            layout.header.lost_sent.fetch_add(1, Ordering::Relaxed);
            fence(Ordering::SeqCst);
            return object.wake(layout).wake_all(local.index());
        };
        let queued = count_sent(entry);
        if entry.wake.is_wanted() {
            wake_receiver(entry);
        }
        note_message(local, EventKind::Send, object, entry, queued, at);
    });
}

/// Writes a message down, unless only counters are wanted.
fn note_message(
    local: &Local,
    kind: EventKind,
    object: Object,
    entry: &'static ObjectEntry,
    queued: u64,
    at: Place,
) {
    let run = local.run(kind, object.index);
    let (which, address) = ((object.index, entry), real::ptr::from_ref(at) as usize);
    if counts_only(local) {
        return run.begin_counting(local, kind, which, address);
    }
    let (now, place) = (local.now(), local.place(at));
    let written = local.event(kind, 0, 0, object.index, place, clip(queued), now, now);
    run.begin(local, kind, which, address, now, written);
}

/// Counts a message that was refused, because the receiver is gone.
pub fn message_refused(object: Object) {
    with_thread(|local, _| {
        if let Some(entry) = object.entry(local.layout()) {
            entry.lost.fetch_add(1, Ordering::Relaxed);
        }
    });
}

#[inline]
fn queued(entry: &ObjectEntry, sent: u64, received: u64) -> u64 {
    let queued = sent.saturating_sub(received);
    match entry.capacity.load(Ordering::Relaxed) {
        0 => queued,
        bound => queued.min(bound - 1),
    }
}

fn clip(queued: u64) -> u32 {
    u32::try_from(queued).unwrap_or(u32::MAX)
}

/// Counts a message that was received, and wakes a sender that waits for room.
#[inline(never)]
pub fn received(object: Object, at: Place) {
    match another(EventKind::Receive, object, at) {
        Some(entry) => {
            count_received(entry);
        }
        None => received_anew(object, at),
    }
}

#[cold]
#[inline(never)]
fn received_anew(object: Object, at: Place) {
    with_thread(|local, _| note_received(local, object, at));
}

/// Tells all senders that a message was taken; each knows its own.
pub fn message_taken(object: Object) {
    fence(Ordering::SeqCst);
    with_thread(|local, _| {
        let layout = local.layout();
        let wake = object
            .entry(layout)
            .map_or(object.wake(layout), |entry| &entry.wake_senders);
        if wake.is_wanted() {
            wake.wake_all(local.index());
        }
    });
}

/// Counts a message that was taken, and wakes a sender that waits for room; returns how many were received.
#[inline]
fn count_received(entry: &ObjectEntry) -> u64 {
    // There is one receiver, but it may move from thread to thread.
    let received = entry.received.load(Ordering::Relaxed) + 1;
    if entry.capacity.load(Ordering::Relaxed) == 0 {
        entry.received.store(received, Ordering::Relaxed);
    } else {
        // Orders the taking of the message before the look at who waits for room.
        entry.received.swap(received, Ordering::SeqCst);
        order_wake();
        if entry.wake_senders.is_wanted() {
            wake_sender(entry);
        }
    }
    received
}

fn note_received(local: &Local, object: Object, at: Place) {
    let layout = local.layout();
    let Some(entry) = object.entry(layout) else {
        layout.header.lost_received.fetch_add(1, Ordering::Relaxed);
        fence(Ordering::SeqCst);
        return object.wake(layout).wake_all(local.index());
    };
    let received = count_received(entry);
    let left = queued(entry, entry.sent.load(Ordering::Relaxed), received);
    note_message(local, EventKind::Receive, object, entry, left, at);
}

/// Waits until `attempt` gives a message or says that none will come; `None`: the deadline has passed.
/// Counts the message.
pub fn wait_for_message<M, E>(
    object: Object,
    deadline: Option<Instant>,
    at: Place,
    attempt: impl FnMut() -> Option<Result<M, E>>,
) -> Option<Result<M, E>> {
    with_thread(|local, thread| {
        if attention(local) & !ATTENTION_COUNTS != 0 {
            calls::stop_here(local, thread, at);
        }
        let wait = Wait::on(super::WaitKind::Channel, object, at).until(deadline);
        let result = block_as(local, wait, attempt, outcome).0;
        if let Some(Ok(_)) = &result {
            note_received(local, object, at);
        }
        result
    })
}

/// Waits until `attempt` has sent its message or says that nobody will take it.
pub fn wait_for_room<E>(
    object: Object,
    at: Place,
    attempt: impl FnMut() -> Option<Result<(), E>>,
) -> Result<(), E> {
    with_thread(|local, thread| {
        if attention(local) & !ATTENTION_COUNTS != 0 {
            calls::stop_here(local, thread, at);
        }
        match block_as(local, Wait::for_room(object, at), attempt, outcome).0 {
            Some(result) => result,
            None => unreachable!("a wait without a deadline has timed out"),
        }
    })
}

fn outcome<M, E>(result: &Result<M, E>) -> WaitOutcome {
    if result.is_ok() {
        WaitOutcome::Done
    } else {
        WaitOutcome::Disconnected
    }
}
