//! Objects of a recording, and their counters.

use std::sync::atomic::Ordering;

use super::at_end::AtEnd;
use super::entries::{kind, long, objects_in_use, threads_in_use, word};
use super::outside::{Outside, Used, Uses};
use super::sampled::{of_object, of_share};
use super::text::Places;
use super::times::Times;
use crate::layout::*;
use crate::snapshot::{
    Between, Counters, LocationSlot, Object, ObjectKind, ObjectSlot, TaskSlot, Thread, ThreadSlot,
    Total, WaitTarget,
};

/// An object's counters at some moment, in ticks where they are times. Times include what was going
/// on.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ObjectCounts {
    generation: u32,
    exclusive: u64,
    reads: u64,
    contended: u64,
    failed_tries: u64,
    wait: Total,
    hold: Total,
    sent: u64,
    received: u64,
    lost: u64,
    refused: u64,
    send_wait: Total,
    waits: u64,
    notifies: u64,
    notifies_unheard: u64,
    generations: u64,
}

impl ObjectCounts {
    pub fn generation(&self) -> u32 {
        self.generation
    }

    /// What it was used for, ever.
    pub fn uses(&self) -> Used {
        Used {
            acquisitions: self.exclusive.saturating_add(self.reads),
            sent: self.sent,
            received: self.received,
            ..Used::default()
        }
    }

    /// Whether something happened since `before`. Maxima don't tell: they begin anew with each
    /// cell.
    fn differs_from(&self, before: &ObjectCounts) -> bool {
        let without_maxima = |counts: &ObjectCounts| {
            let mut counts = *counts;
            for total in [&mut counts.wait, &mut counts.hold, &mut counts.send_wait] {
                total.max = 0;
            }
            counts
        };
        without_maxima(self) != without_maxima(before)
    }
}

/// What the threads have counted of an object's shared use and not yet added to it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Shares {
    generation: u32,
    reads: u64,
    hold: Total,
}

pub fn shares(layout: &Layout, now: u64) -> Vec<Shares> {
    let used = (layout.header.objects_used.load(Ordering::Acquire) as usize).min(OBJECTS - 1);
    let mut all = vec![Shares::default(); used + 1];
    for (_, thread) in threads_in_use(layout) {
        for share in thread.shares.iter().filter(|share| share.counts_holds()) {
            let object = share.object() as usize;
            let Some(sum) = all.get_mut(object).filter(|_| object != 0) else {
                continue;
            };
            let used = of_share(share, now);
            let generation = word(&share.generation);
            if generation != word(&layout.objects[object].generation) {
                continue;
            }
            sum.generation = generation;
            sum.reads = sum.reads.saturating_add(used.count);
            sum.hold.total = sum.hold.total.saturating_add(used.time);
            sum.hold.max = sum.hold.max.max(long(&share.hold_max));
        }
    }
    all
}

pub fn counts(entry: &ObjectEntry, shares: Option<&Shares>, now: u64) -> ObjectCounts {
    let generation = word(&entry.generation);
    let shares = shares
        .copied()
        .filter(|shares| shares.generation == generation)
        .unwrap_or_default();
    let used = of_object(entry, now);
    let is_channel = is_channel(entry);
    let mut hold = Total {
        total: used
            .time
            .saturating_add(long(&entry.shared_total))
            .saturating_add(shares.hold.total),
        max: long(&entry.hold_max)
            .max(long(&entry.shared_max))
            .max(shares.hold.max),
    };
    if let Some(since) = used.since {
        add(&mut hold, now.saturating_sub(since));
    }
    // What is on its way when the receiver is dropped is lost; `entry.lost` counts what was refused
    // later.
    let in_flight = entry.sent().saturating_sub(used.count);
    ObjectCounts {
        generation,
        exclusive: if is_channel { 0 } else { used.count },
        reads: long(&entry.reads).saturating_add(shares.reads),
        contended: long(&entry.contended),
        failed_tries: long(&entry.failed_tries),
        wait: Total {
            total: long(&entry.wait_total),
            max: long(&entry.wait_max),
        },
        hold,
        sent: entry.sent(),
        received: if is_channel { used.count } else { 0 },
        lost: long(&entry.lost).saturating_add(
            match word(&entry.receiver) == 0 && is_queue(entry) {
                true => in_flight,
                false => 0,
            },
        ),
        refused: long(&entry.lost),
        send_wait: Total {
            total: long(&entry.send_wait_total),
            max: long(&entry.send_wait_max),
        },
        waits: long(&entry.waits),
        notifies: long(&entry.notifies),
        notifies_unheard: long(&entry.notifies_unheard),
        generations: long(&entry.generations),
    }
}

pub fn add(total: &mut Total, part: u64) {
    total.total = total.total.saturating_add(part);
    total.max = total.max.max(part);
}

/// What [`read`] finds.
#[derive(Debug, Default)]
pub struct Read {
    pub objects: Vec<Object>,
    pub between: Vec<Between>,
    /// All uses up to the end of the cell.
    pub uses: Uses,
}

pub fn read(
    layout: &Layout,
    times: Times,
    before: &[Option<ObjectCounts>],
    since_seen: &Uses,
    threads: &[Thread],
    outside: &Outside,
    places: &mut Places,
) -> Read {
    let shares = shares(layout, times.now);
    let at_end = &outside.at_end;
    let mut read = Read::default();
    for (index, entry) in objects_in_use(layout) {
        let Some(kind) = kind(word(&entry.kind)) else {
            continue;
        };
        let now = counts(entry, shares.get(index as usize), times.now);
        let uses = now.uses().less(outside.after(index));
        read.uses.note(index, now.generation, uses);
        let before = before.get(index as usize).copied().flatten();
        let before = before.filter(|before| before.generation == now.generation);
        let is_new = word(&entry.cell) == times.cell;
        // What a new object's place in the table was used for before is another's.
        let earlier = if before.is_some() || !is_new {
            outside.before(index)
        } else {
            Used::default()
        };
        let since_seen = since_seen.of(index, now.generation);
        read.between
            .extend(Between::of(index, earlier.and(since_seen)));
        let slot = ObjectSlot(index);
        let held_by: Vec<ThreadSlot> = threads
            .iter()
            .filter(|thread| thread.held.contains(&slot))
            .map(|thread| thread.index)
            .collect();
        let waited_for = threads
            .iter()
            .filter_map(|thread| thread.waiting.as_ref())
            .any(|waiting| waiting.target == WaitTarget::Object(slot));
        let before = before.unwrap_or_default();
        let after = outside.after(index);
        let outside = earlier.and(after);
        let used = is_new || waited_for || now.differs_from(&before);
        if !used {
            continue;
        }
        let found = Found {
            index,
            kind,
            entry,
            now,
            before,
            outside,
            after,
            held_by,
            task: task_of(layout, entry),
        };
        let object = object(found, times, at_end, places);
        if is_new || waited_for || !object.held_by.is_empty() || object.counters.was_used() {
            read.objects.push(object);
        }
    }
    read
}

impl Between {
    fn of(object: u32, used: Used) -> Option<Between> {
        let between = Between {
            object: ObjectSlot(object),
            acquisitions: used.acquisitions,
            sent: used.sent,
            received: used.received,
        };
        (between.acquisitions + between.sent + between.received > 0).then_some(between)
    }
}

impl Counters {
    /// Whether anything was counted.
    fn was_used(&self) -> bool {
        let times = [&self.wait_ns, &self.hold_ns, &self.send_wait_ns];
        self.tell_of_operations() || times.into_iter().any(|time| time.total > 0)
    }
}

/// An object that was used, and what it has counted when the cell began and now.
struct Found<'a> {
    index: u32,
    kind: ObjectKind,
    entry: &'a ObjectEntry,
    now: ObjectCounts,
    before: ObjectCounts,
    /// What it was used for between these, outside of the cell.
    outside: Used,
    /// What it was used for after the cell.
    after: Used,
    held_by: Vec<ThreadSlot>,
    task: TaskSlot,
}

/// The task that has taken a lock, unless it may have given it to another one since.
fn task_of(layout: &Layout, entry: &ObjectEntry) -> TaskSlot {
    let holder = TaskSlot(word(&entry.task));
    let gave = |flags: u32| flags / TASK_GAVE;
    match layout.tasks.get(holder.index()) {
        Some(task) if gave(word(&task.flags)) == gave(word(&entry.receiver)) => holder,
        _ => TaskSlot::NONE,
    }
}

fn object(found: Found<'_>, times: Times, at_end: &AtEnd, places: &mut Places) -> Object {
    let Found {
        index,
        kind,
        entry,
        now,
        before,
        outside,
        after,
        held_by,
        task,
    } = found;
    let outside = match kind.is_channel_of_tasks() {
        true => between_cells(now, before),
        false => outside,
    };
    let flags = word(&entry.flags);
    let total = |now: Total, before: Total, outside: u64| {
        let since = now.total.saturating_sub(before.total);
        let total = times.span(since.saturating_sub(outside));
        Total {
            total,
            max: times.span(now.max).min(total),
        }
    };
    let less =
        |now: u64, before: u64, outside: u64| now.saturating_sub(before).saturating_sub(outside);
    let reads = less(now.reads, before.reads, outside.reads);
    let exclusive = outside.acquisitions.saturating_sub(outside.reads);
    let is_channel = is_channel(entry);
    let dropped_later = at_end.drops(index);
    let dropped = flags & OBJECT_DROPPED != 0 && !dropped_later;
    let senders = match is_channel {
        true => u64::from(word(&entry.senders)),
        false => 0,
    };
    let receiver_alive = match kind {
        // It stands for all that a line has made, of which so many are there.
        ObjectKind::TokioOneshot => senders > 0,
        // Nobody tells when the last receiver of a broadcast goes: it may outlive all of them.
        _ => is_channel && (word(&entry.receiver) != 0 && !dropped || dropped_later),
    };
    let (sent, received) = match kind.is_channel_of_tasks() {
        true => (now.sent, now.received),
        false => (
            now.sent.saturating_sub(after.sent),
            now.received.saturating_sub(after.received),
        ),
    };
    let in_flight = sent.saturating_sub(received);
    let is_held = held_by.len() == 1 && entry.owner() == held_by[0].0;
    let mut hold = total(now.hold, before.hold, outside.hold);
    if kind == ObjectKind::Mutex {
        // Times of short holds are estimated: all of them together fit into the cell all the same.
        hold.total = hold.total.min(times.moment(times.now));
        hold.max = hold.max.min(hold.total);
    }
    // Nothing is lost, or refused, as long as there is a receiver.
    let not_later = |count: u64| if dropped_later { 0 } else { count };
    let counters = Counters {
        acquisitions: less(now.exclusive, before.exclusive, exclusive).saturating_add(reads),
        reads,
        contended: less(now.contended, before.contended, outside.contended),
        failed_tries: less(now.failed_tries, before.failed_tries, outside.failed_tries),
        wait_ns: total(now.wait, before.wait, outside.wait),
        hold_ns: hold,
        sent: less(now.sent, before.sent, outside.sent),
        received: less(now.received, before.received, outside.received),
        lost: not_later(now.lost.saturating_sub(before.lost)),
        refused: match kind.is_channel_of_tasks() {
            // What was overwritten, or never taken, was sent all the same.
            true => 0,
            false => not_later(now.refused.saturating_sub(before.refused)),
        },
        queued: match kind {
            ObjectKind::TokioOneshot => in_flight.saturating_sub(now.lost),
            _ if !receiver_alive || !kind.is_queue() => 0,
            _ => in_flight,
        },
        max_queued: if kind.is_queue() {
            long(&entry.max_queued)
        } else {
            0
        },
        senders,
        receiver_alive,
        send_wait_ns: total(now.send_wait, before.send_wait, outside.send_wait),
        capacity: long(&entry.capacity).checked_sub(1),
        waits: less(now.waits, before.waits, outside.waits),
        notifies: less(now.notifies, before.notifies, outside.notifies),
        notifies_unheard: less(
            now.notifies_unheard,
            before.notifies_unheard,
            outside.notifies_unheard,
        ),
        generations: now.generations.saturating_sub(before.generations),
    };
    Object {
        index: ObjectSlot(index),
        kind,
        library: entry.library(),
        cell: word(&entry.cell),
        created_at: places.use_place(LocationSlot(word(&entry.created_at))),
        order: long(&entry.order),
        address: long(&entry.address),
        type_name: places.string(long(&entry.type_name)),
        dropped,
        poisoned: flags & OBJECT_POISONED != 0 && !at_end.poisons(index),
        held_since_ns: held_since(entry, times).filter(|_| is_held),
        held_by,
        held_by_task: match flags & OBJECT_HANDED_ON {
            0 => task,
            _ => TaskSlot::NONE,
        },
        counters,
    }
}

/// Since when a lock is held exclusively, if it is and that was timed; in the cell, or before it.
fn held_since(entry: &ObjectEntry, times: Times) -> Option<u64> {
    let since = of_object(entry, times.now).since?;
    (!is_channel(entry) && !times.is_after(since)).then(|| times.moment(since))
}

/// What went through a channel of tasks while no cell ran. It counts that itself.
fn between_cells(now: ObjectCounts, before: ObjectCounts) -> Used {
    let (sent, received) = (
        now.notifies.saturating_sub(before.notifies),
        now.notifies_unheard.saturating_sub(before.notifies_unheard),
    );
    Used {
        sent,
        received,
        notifies: sent,
        notifies_unheard: received,
        ..Used::default()
    }
}

fn is_channel(entry: &ObjectEntry) -> bool {
    kind(word(&entry.kind)).is_some_and(ObjectKind::is_channel)
}

fn is_queue(entry: &ObjectEntry) -> bool {
    kind(word(&entry.kind)).is_some_and(ObjectKind::is_queue)
}
