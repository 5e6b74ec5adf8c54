//! Locks and barriers that tasks wait for, among the recording's objects.

use real::prelude::rust_2024::*;
use real::sync::atomic::Ordering;

use record::layout::{Layout, OBJECT_HANDED_ON, ONE_USE, ObjectEntry};
use record::snapshot::{Library, ObjectKind, TaskWait};
use record::writer::{self, Local};
use record::{LocationSlot, ObjectSlot};

use super::super::objects::{Made, dropped, next_order};
use super::given::tell_what_was_given;
use super::shared::{Called, add, decoded, in_cell, place_of_call, time_in_cell};

/// What tasks wait for and the recording has among its objects.
#[derive(Debug)]
pub struct Resource(ObjectSlot);

impl Resource {
    /// A new one; `None` for a type that is not recorded, or when the table is full.
    pub fn new(type_name: &str, at: Option<Called<'_>>) -> Option<Resource> {
        let kind = match type_name {
            "Mutex" => ObjectKind::TokioMutex,
            "RwLock" => ObjectKind::TokioRwLock,
            "Semaphore" => ObjectKind::TokioSemaphore,
            "Barrier" => ObjectKind::TokioBarrier,
            _ => return None,
        };
        let layout = writer::layout();
        if layout.header.without_tasks.load(Ordering::Relaxed) != 0 {
            return None;
        }
        let place = at.map_or(LocationSlot::NONE, place_of_call);
        let made = Made {
            kind,
            library: Library::Std,
            type_name: "",
            created_at: place.0,
            order: next_order(layout),
            address: 0,
        };
        let index = made.enter(layout);
        if index.is_none() {
            layout.header.lost_objects.fetch_add(1, Ordering::Relaxed);
        }
        Some(Resource(ObjectSlot(index?)))
    }

    /// Waiting for it.
    pub fn wait(&self) -> TaskWait {
        TaskWait::Object(self.0)
    }
}

/// How a lock is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// By the task that took it.
    Own,
    /// By some task.
    Somebodys,
    /// By several together.
    Shared,
}

impl Drop for Resource {
    fn drop(&mut self) {
        dropped(self.0.0);
    }
}

impl Resource {
    /// What is waited for here, if it is one of these.
    fn entry(wait: TaskWait, layout: &'static Layout) -> Option<&'static ObjectEntry> {
        match wait {
            TaskWait::Object(object) => layout.objects.get(object.index()),
            _ => None,
        }
    }

    /// The caller has it. What tasks hold after the end of a cell
    /// is not the cell's.
    pub fn acquired(wait: TaskWait, hold: Hold) {
        let layout = writer::layout();
        let Some(entry) = Resource::entry(wait, layout) else {
            return;
        };
        if hold == Hold::Shared {
            if in_cell(layout) {
                entry.reads.fetch_add(1, Ordering::Relaxed);
            }
            return;
        }
        writer::with(|local| {
            let now = local.now();
            let holder = match hold {
                Hold::Own => local.task.get().0,
                Hold::Somebodys | Hold::Shared => 0,
            };
            let flags = tell_what_was_given(local);
            local.ends_runs();
            entry.receiver.store(flags, Ordering::Relaxed);
            entry.task.store(holder, Ordering::Relaxed);
            let before = entry.since.swap(now, Ordering::Relaxed);
            if before != 0 {
                // Who had it has given it back, and has not told so yet.
                entry.senders.fetch_add(1, Ordering::Relaxed);
                count_hold(layout, entry, before, now);
            }
        });
        if in_cell(layout) {
            entry.uses.fetch_add(ONE_USE, Ordering::Relaxed);
        }
    }

    /// The entry, if it is of this kind.
    fn entry_of(wait: TaskWait, kind: ObjectKind) -> Option<&'static ObjectEntry> {
        let entry = Resource::entry(wait, writer::layout());
        entry.filter(|entry| entry.kind.load(Ordering::Relaxed) == kind as u32)
    }

    /// So many open a barrier, or may have a permit of a semaphore.
    pub fn is_for(wait: TaskWait, number: u64) {
        let entry = Resource::entry_of(wait, ObjectKind::TokioBarrier)
            .or_else(|| Resource::entry_of(wait, ObjectKind::TokioSemaphore));
        if let Some(entry) = entry {
            let number = number.saturating_add(1);
            entry.capacity.store(number, Ordering::Relaxed);
        }
    }

    /// Somebody has come to a barrier.
    pub fn is_reached(wait: TaskWait) {
        if let Some(entry) = Resource::entry_of(wait, ObjectKind::TokioBarrier)
            && in_cell(writer::layout())
        {
            entry.waits.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// A barrier opens.
    pub fn is_opened(wait: TaskWait) {
        if let Some(entry) = Resource::entry_of(wait, ObjectKind::TokioBarrier)
            && in_cell(writer::layout())
        {
            entry.generations.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// A semaphore has given what was asked for.
    pub fn gave_permits(wait: TaskWait) {
        if let Some(entry) = Resource::entry_of(wait, ObjectKind::TokioSemaphore)
            && in_cell(writer::layout())
        {
            entry.uses.fetch_add(ONE_USE, Ordering::Relaxed);
        }
    }

    /// What was tried was not to be had at once.
    pub fn was_refused(wait: TaskWait) {
        let layout = writer::layout();
        if let Some(entry) = Resource::entry(wait, layout)
            && in_cell(layout)
        {
            entry.failed_tries.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Guards of it may be given to other tasks, so nobody knows who has it.
    pub fn is_handed_on(wait: TaskWait) {
        if let Some(entry) = Resource::entry(wait, writer::layout()) {
            entry.flags.fetch_or(OBJECT_HANDED_ON, Ordering::Relaxed);
        }
    }

    /// The caller has it no longer.
    pub fn released(wait: TaskWait) {
        let layout = writer::layout();
        let Some(entry) = Resource::entry(wait, layout) else {
            return;
        };
        let untold = &entry.senders;
        let is_told_late =
            untold.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1));
        if is_told_late.is_ok() {
            return;
        }
        writer::with(Local::gives);
        entry.task.store(0, Ordering::Relaxed);
        // What is told of a lock that nobody holds is that it was made.
        let since = entry.since.swap(0, Ordering::Relaxed);
        if since != 0 {
            count_hold(layout, entry, since, writer::with(|local| local.now()));
        }
    }
}

fn count_hold(layout: &Layout, entry: &ObjectEntry, since: u64, now: u64) {
    if in_cell(layout) {
        let held = time_in_cell(layout, since, now);
        add(&entry.hold_total, &entry.hold_max, held);
    }
}

/// The object that a task waits for.
fn waited_for(layout: &'static Layout, waits: u32) -> Option<&'static ObjectEntry> {
    match decoded(waits) {
        TaskWait::Object(object) | TaskWait::ObjectUntil(object) | TaskWait::Room(object) => {
            let entry = layout.objects.get(object.index());
            entry.filter(|_| object.is_some())
        }
        _ => None,
    }
}

/// A task has waited from `since` to `now`.
pub(super) fn waited(layout: &'static Layout, waits: u32, since: u64, now: u64) {
    if let Some(entry) = waited_for(layout, waits)
        && in_cell(layout)
    {
        let length = time_in_cell(layout, since, now);
        match decoded(waits) {
            TaskWait::Room(_) => add(&entry.send_wait_total, &entry.send_wait_max, length),
            _ => add(&entry.wait_total, &entry.wait_max, length),
        }
    }
}

/// A task has found that it must wait.
pub(super) fn begins_to_wait(layout: &'static Layout, waits: u32) {
    if let Some(entry) = waited_for(layout, waits)
        && in_cell(layout)
    {
        entry.contended.fetch_add(1, Ordering::Relaxed);
    }
}
