//! Channels: messages, and the lives of their two ends.
//!
//! A message is counted by its sender after the queue has it, and by the receiver after it was
//! taken: so in a moment between the two the receiver's count may be the higher one, which the
//! reader allows for.

use real::prelude::rust_2024::*;
use real::sync::atomic::{Ordering, fence};
use real::time::Instant;

use record::layout::{EventKind, OBJECT_DROPPED, ObjectEntry};
use record::snapshot::{WaitKind, WaitOutcome};
use record::uses::add;
use record::writer::{self, Local, NewEvent, Uses};

use super::current::{counts_only, note, with_thread};
use super::objects::Place;
use super::objects::{Meta, Object, new_entry, order_of_creation};
use super::operation::Operand;
use super::shares::share;
use super::waiting::{Wait, block_as, wake_next_on};

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
    let object = open_channel(meta, capacity, at);
    (SenderId(object), ReceiverId(object))
}

/// The same, for who counts its ends: there is one of each.
pub fn open_channel(meta: &'static Meta, capacity: Option<usize>, at: Place) -> Object {
    with_thread(|local, _| {
        let layout = local.layout();
        let Some(index) = new_entry(layout, meta, at, order_of_creation(layout, at), 0) else {
            layout.header.lost_objects.fetch_add(1, Ordering::Relaxed);
            return Object::at(0);
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
        object
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

// By reference, so that a sync point without anything to do does not even read the number.

impl From<&SenderId> for Operand<'_> {
    #[inline]
    fn from(id: &SenderId) -> Self {
        Operand::Object(id.0)
    }
}

impl From<&ReceiverId> for Operand<'_> {
    #[inline]
    fn from(id: &ReceiverId) -> Self {
        Operand::Object(id.0)
    }
}

impl Clone for SenderId {
    fn clone(&self) -> SenderId {
        add_sender(self.0);
        SenderId(self.0)
    }
}

impl Drop for SenderId {
    fn drop(&mut self) {
        drop_sender(self.0);
    }
}

impl Drop for ReceiverId {
    fn drop(&mut self) {
        drop_receiver(self.0);
    }
}

/// A sender more.
pub fn add_sender(channel: Object) {
    with_thread(|local, _| {
        if let Some(entry) = channel.entry(local.layout()) {
            entry.senders.fetch_add(1, Ordering::Relaxed);
        }
    });
}

/// A receiver more, of a channel that may have several.
pub fn add_receiver(channel: Object) {
    with_thread(|local, _| {
        if let Some(entry) = channel.entry(local.layout()) {
            entry.receiver.fetch_add(1, Ordering::Relaxed);
        }
    });
}

/// A sender was dropped.
pub fn drop_sender(channel: Object) {
    with_thread(|local, _| {
        let Some(entry) = channel.entry(local.layout()) else {
            return disconnected(channel);
        };
        if entry.senders.fetch_sub(1, Ordering::SeqCst) != 1 {
            return;
        }
        if entry.receiver.load(Ordering::SeqCst) == 0 {
            entry.flags.fetch_or(OBJECT_DROPPED, Ordering::AcqRel);
        }
        disconnected(channel);
    });
}

/// A receiver was dropped.
pub fn drop_receiver(channel: Object) {
    with_thread(|local, _| {
        let Some(entry) = channel.entry(local.layout()) else {
            return disconnected(channel);
        };
        if entry.receiver.fetch_sub(1, Ordering::SeqCst) != 1 {
            return;
        }
        note(local, || NewEvent {
            target: channel.index.0,
            ..NewEvent::of(EventKind::Drop)
        });
        if entry.senders.load(Ordering::SeqCst) == 0 {
            entry.flags.fetch_or(OBJECT_DROPPED, Ordering::AcqRel);
        }
        disconnected(channel);
    });
}

/// Wakes everybody who waits at either end of the channel.
pub fn disconnected(object: Object) {
    fence(Ordering::SeqCst);
    with_thread(|local, _| {
        let layout = local.layout();
        object.wake(layout).wake_all(local.thread());
        if let Some(entry) = object.entry(layout) {
            entry.wake_senders.wake_all(local.thread());
        }
    });
}

/// Counts a message that was sent, and wakes the receiver if it waits.
#[inline(never)]
pub fn sent(object: Object, at: Place) {
    let Some(entry) = sent_in_run(object, at) else {
        return sent_recorded(object, at);
    };
    wake_next_on(&entry.wake);
}

/// Counts a message, if the calling thread sends one after the other: then it was written down,
/// too.
#[inline(always)]
fn sent_in_run(object: Object, at: Place) -> Option<&'static ObjectEntry> {
    let (layout, at) = (writer::existing()?, real::ptr::from_ref(at) as usize);
    let entry = object.entry(layout)?;
    let (share, sender) = writer::share_in_run(EventKind::Send, object.index.0, at)?;
    add(&share.uses, 2);
    count_one_of_many(entry, sender);
    Some(entry)
}

/// Counts a message from the thread `sender`. A sender that is alone needs no read-modify-write: to
/// order the message before the look at who waits is the queue's own business, too, and on x86 it
/// does so by the read-modify-write with which it takes a place; for others there is `order_wake`.
#[inline(always)]
fn count_sent(entry: &ObjectEntry, sender: u32) {
    if entry.first_sender.load(Ordering::Relaxed) == sender {
        add(&entry.sent_by_first, 1);
    } else {
        entry.sent_by_others.fetch_add(1, Ordering::Relaxed);
    }
}

/// The same for one message of many in a row. How many were received stands where the receiver
/// writes all the time, so a sender looks there only where the queue may be longer than it ever
/// was, by more than a part in 64. It looks in any case when a run begins or ends, as the receiver
/// does.
#[inline(always)]
fn count_one_of_many(entry: &ObjectEntry, sender: u32) {
    count_sent(entry, sender);
    let at_most = entry
        .sent()
        .wrapping_sub(entry.received_seen.load(Ordering::Relaxed));
    let known = entry.max_queued.load(Ordering::Relaxed);
    if at_most > known + known / 64 {
        note_queue(entry);
    }
}

/// How many messages are queued; notes it if it is more than ever.
#[inline]
fn note_queue(entry: &ObjectEntry) -> u64 {
    let received = entry.use_count();
    entry.received_seen.store(received, Ordering::Relaxed);
    let queued = entry.queued(received);
    if queued > entry.max_queued.load(Ordering::Relaxed) {
        entry.max_queued.fetch_max(queued, Ordering::Relaxed);
    }
    queued
}

#[cold]
#[inline(never)]
fn sent_recorded(object: Object, at: Place) {
    with_thread(|local, thread| {
        let layout = local.layout();
        let Some(entry) = object.entry(layout) else {
            layout.header.lost_sent.fetch_add(1, Ordering::Relaxed);
            fence(Ordering::SeqCst);
            return object.wake(layout).wake_all(local.thread());
        };
        if local.thread().is_some() {
            let first = &entry.first_sender;
            let _ =
                first.compare_exchange(0, local.thread().0, Ordering::Relaxed, Ordering::Relaxed);
        }
        // Before somebody is woken, who may get this thread's core.
        let now = if counts_only(local) { 0 } else { local.now() };
        count_sent(entry, local.as_owner());
        let queued = note_queue(entry);
        wake_next_on(&entry.wake);
        let share = share(local, thread, entry, EventKind::Send, object.index.0);
        add(&share.uses, 2);
        let uses = Uses::of_share(share);
        let event = message(EventKind::Send, object, queued);
        note_message(local, uses, at, now, event);
    });
}

/// A message that was sent or received, with so many left in the queue.
fn message(kind: EventKind, object: Object, queued: u64) -> NewEvent {
    NewEvent {
        target: object.index.0,
        extra: clip(queued),
        ..NewEvent::of(kind)
    }
}

/// Writes down a message of the moment `now`, which is 0 while only counters are wanted.
fn note_message(local: &Local, uses: Uses, at: Place, now: u64, event: NewEvent) {
    let address = real::ptr::from_ref(at) as usize;
    if now == 0 {
        return uses.begin_counting(local, address);
    }
    let place = local.place(at);
    uses.message(local, address, now, || {
        local.event(NewEvent {
            place,
            start: now,
            end: now,
            ..event
        })
    });
}

/// Counts a message that was refused, because the receiver is gone.
pub fn message_refused(object: Object) {
    with_thread(|local, _| {
        if let Some(entry) = object.entry(local.layout()) {
            entry.lost.fetch_add(1, Ordering::Relaxed);
        }
    });
}

fn clip(queued: u64) -> u32 {
    u32::try_from(queued).unwrap_or(u32::MAX)
}

/// Counts a message that was received, and wakes a sender that waits for room.
#[inline(never)]
pub fn received(object: Object, at: Place) {
    match received_in_run(object, at) {
        Some(entry) => wake_for_room(entry),
        None => received_recorded(object, at),
    }
}

/// Counts a message, if the calling thread receives one after the other: then it was written down,
/// too.
#[inline(always)]
fn received_in_run(object: Object, at: Place) -> Option<&'static ObjectEntry> {
    let at = real::ptr::from_ref(at) as usize;
    writer::receive_in_run(writer::existing()?, object.index.0, at)
}

/// After a message was taken: as in [`count_sent`], the queue has ordered that before.
#[inline(always)]
fn wake_for_room(entry: &ObjectEntry) {
    if entry.capacity.load(Ordering::Relaxed) != 0 {
        wake_next_on(&entry.wake_senders);
    }
}

#[cold]
#[inline(never)]
fn received_recorded(object: Object, at: Place) {
    with_thread(|local, _| note_received(local, object, at));
}

/// Counts a message that one of several receivers has taken.
#[inline(never)]
pub fn received_by_one(object: Object, at: Place) {
    if received_by_one_in_run(object, at).is_none() {
        received_by_one_recorded(object, at);
    }
}

/// Counts a message, if the calling thread receives one after the other: then it was written down,
/// too.
#[inline(always)]
fn received_by_one_in_run(object: Object, at: Place) -> Option<()> {
    let entry = object.entry(writer::existing()?)?;
    let at = real::ptr::from_ref(at) as usize;
    let (share, _) = writer::share_in_run(EventKind::Receive, object.index.0, at)?;
    add(&share.uses, 2);
    entry.count_received_by_one();
    Some(())
}

#[cold]
#[inline(never)]
fn received_by_one_recorded(object: Object, at: Place) {
    with_thread(|local, thread| {
        let layout = local.layout();
        let Some(entry) = object.entry(layout) else {
            layout.header.lost_received.fetch_add(1, Ordering::Relaxed);
            return;
        };
        // What senders in a run have not noted yet.
        note_queue(entry);
        let now = if counts_only(local) { 0 } else { local.now() };
        entry.count_received_by_one();
        let share = share(local, thread, entry, EventKind::Receive, object.index.0);
        add(&share.uses, 2);
        let uses = Uses::of_share(share);
        let event = message(EventKind::Receive, object, entry.queued(entry.use_count()));
        note_message(local, uses, at, now, event);
    });
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
            wake.wake_all(local.thread());
        }
    });
}

fn note_received(local: &Local, object: Object, at: Place) {
    let layout = local.layout();
    let Some(entry) = object.entry(layout) else {
        layout.header.lost_received.fetch_add(1, Ordering::Relaxed);
        fence(Ordering::SeqCst);
        return object.wake(layout).wake_all(local.thread());
    };
    // What senders in a run have not noted yet.
    note_queue(entry);
    // There is one receiver, but it may move from thread to thread.
    entry.count_received();
    wake_for_room(entry);
    let left = entry.queued(entry.use_count());
    let uses = Uses::of_receiver(object.index.0, entry);
    let event = message(EventKind::Receive, object, left);
    let now = if counts_only(local) { 0 } else { local.now() };
    note_message(local, uses, at, now, event);
}

/// Waits until `attempt` gives a message or says that none will come; `None`: the deadline has
/// passed. Counts the message.
pub fn wait_for_message<M, E>(
    object: Object,
    deadline: Option<Instant>,
    at: Place,
    attempt: impl FnMut() -> Option<Result<M, E>>,
) -> Option<Result<M, E>> {
    with_thread(|local, _| {
        let wait = Wait::on(WaitKind::Channel, object, at).until(deadline);
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
    with_thread(
        |local, _| match block_as(local, Wait::for_room(object, at), attempt, outcome).0 {
            Some(result) => result,
            None => unreachable!("a wait without a deadline has timed out"),
        },
    )
}

fn outcome<M, E>(result: &Result<M, E>) -> WaitOutcome {
    if result.is_ok() {
        WaitOutcome::Done
    } else {
        WaitOutcome::Disconnected
    }
}
