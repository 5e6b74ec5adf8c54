//! Tasks: futures that a runtime polls. Who speaks to this is the crate that tells of them.
//!
//! A task's counters are written by the thread that polls it, and by those who wake it. Each poll
//! is an event of its thread, so polls are bounded in memory as all events are.

mod channels;
mod given;
mod passed_over;
mod resources;
mod shared;
mod task;
mod wakers;

use real::collections::BTreeMap;
use real::prelude::rust_2024::*;
use real::sync::atomic::Ordering;
use real::sync::{Mutex, PoisonError};

use record::layout::{
    BY_THREAD, DELAY_UNIT, EventKind, ONLY_COUNTED, POLL_HANDED_OVER, TASK_ABORTED, TASK_ALIVE,
    TASK_CANCELLED, TASK_DETACHED, TASK_FINISHED, TASK_JOINED, TASK_PANICKED, TASK_WAITS_ELSEWHERE,
    TASK_WAKER_KNOWN, TaskEntry, ThreadEntry,
};
use record::writer::{self, Local, NewEvent};
use record::{TaskSlot, ThreadSlot};

use super::current::{counts_only, with_thread, with_thread_here};
use given::tell_what_was_given;
use shared::{decoded, in_cell};
use task::is_alive;

pub(super) use shared::{add_alone, time_in_cell};

pub use channels::{Channel, Notified, Oneshots};
pub use given::task_gives;
pub use passed_over::PassedOver;
pub use record::LocationSlot;
pub use record::snapshot::{ObjectKind, PollOutcome, TaskKind, TaskWait};
pub use resources::{Hold, Resource};
pub use shared::{Called, place_of_call};
pub use task::Task;
pub use wakers::{sleeps_for_timers, thread_is_pooled};

/// The last number that was given in each cell.
static NUMBERS: Mutex<BTreeMap<u32, u32>> = Mutex::new(BTreeMap::new());

fn next_number(cell: u32) -> u32 {
    let mut numbers = NUMBERS.lock().unwrap_or_else(PoisonError::into_inner);
    let number = numbers.entry(cell).or_insert(0);
    *number += 1;
    *number
}

/// Numbers of a cell that begins start at 1.
pub(super) fn begin_numbers(cell: u32) {
    let mut numbers = NUMBERS.lock().unwrap_or_else(PoisonError::into_inner);
    numbers.remove(&cell);
}

/// A task was given to a runtime, which will poll it soon.
pub fn spawn_task(kind: TaskKind, name: &str, at: Option<Called<'_>>) -> Task {
    let layout = writer::layout();
    let header = &layout.header;
    if header.without_tasks.load(Ordering::Relaxed) != 0 {
        header.tasks_unseen.store(1, Ordering::Relaxed);
        return Task::NONE;
    }
    let Some((index, entry)) = layout.take_task() else {
        header.lost_tasks.fetch_add(1, Ordering::Relaxed);
        header.tasks_unseen.store(1, Ordering::Relaxed);
        return Task::NONE;
    };
    with_thread(|local, thread| {
        local.gives();
        let cell = cell_of_caller(local, thread);
        entry.cell.store(cell, Ordering::Relaxed);
        entry.ordinal.store(next_number(cell), Ordering::Relaxed);
        entry.kind.store(kind as u32, Ordering::Relaxed);
        let place = at.map_or(0, |(file, line, column)| {
            layout.location_of(file, line, column)
        });
        entry.spawned_at.store(place, Ordering::Relaxed);
        entry.spawned_by.store(caller(local), Ordering::Relaxed);
        entry.name.store(layout.intern(name), Ordering::Relaxed);
        let now = local.now();
        entry.start.store(now, Ordering::Relaxed);
        if kind != TaskKind::BlockOn {
            entry.woken_by.store(caller(local), Ordering::Relaxed);
            entry.woken_at.store(now, Ordering::Relaxed);
        }
        entry.state.store(TASK_ALIVE, Ordering::Release);
    });
    Task {
        index,
        generation: entry.generation.load(Ordering::Relaxed),
    }
}

/// The cell whose code runs on this thread.
pub(super) fn cell_of_caller(local: &Local, thread: &ThreadEntry) -> u32 {
    let layout = local.layout();
    match layout.tasks.get(local.task.get().index()) {
        Some(task) if local.task.get().is_some() => task.cell.load(Ordering::Relaxed),
        _ if local.thread() == ThreadSlot::NONE => layout.header.cell.load(Ordering::Relaxed),
        _ => thread.cell.load(Ordering::Relaxed),
    }
}

/// The task whose code runs on this thread, or the thread.
fn caller(local: &Local) -> u32 {
    match local.task.get() {
        TaskSlot::NONE => local.thread().0 | BY_THREAD,
        task => task.0,
    }
}

/// The cell and the number of the task that this thread polls; not of the future of a `block_on`,
/// which is the thread's own.
pub(super) fn polled_here(local: &Local) -> Option<(u32, u32)> {
    let task = local.task.get();
    let entry = local.layout().tasks.get(task.index())?;
    let is_own = entry.kind.load(Ordering::Relaxed) == TaskKind::BlockOn as u32;
    let numbers = (
        entry.cell.load(Ordering::Relaxed),
        entry.ordinal.load(Ordering::Relaxed),
    );
    (task.is_some() && !is_own).then_some(numbers)
}

/// In `Local::task_waits`: see [`hands_worker_over`].
const HANDED_OVER: u32 = 1 << 31;

/// A poll that goes on.
#[derive(Debug)]
pub struct Polling {
    task: Task,
    start: u64,
    delay: u64,
    woken_by: u32,
    /// What the thread polled before: a task may poll another one.
    outer: (TaskSlot, u32, u32),
}

/// The calling thread begins to poll a task.
///
/// The waker of a `block_on` is not the task's own: `waker` tells which one it is.
pub fn begin_poll(task: Task, waker: usize) -> Option<Polling> {
    let layout = writer::layout();
    let entry = task.entry(layout)?;
    if entry.kind.load(Ordering::Relaxed) == TaskKind::BlockOn as u32 {
        wakers::is_of(waker, task);
    }
    Some(with_thread_here(|local, _| {
        let start = match counts_only(local) {
            true => ONLY_COUNTED,
            false => local.now(),
        };
        // Nobody else changes it until it is 0 again.
        let woken = entry.woken_at.load(Ordering::Acquire);
        // Polled before it is woken no more: whoever reads finds one of both.
        entry.polled_by.store(local.thread().0, Ordering::Relaxed);
        entry.polled_since.store(start, Ordering::Relaxed);
        if woken != 0 {
            entry.woken_at.store(0, Ordering::Release);
        }
        let is_known = woken != 0;
        let waited = entry.wait.load(Ordering::Relaxed);
        if waited != 0 {
            entry.wait.store(0, Ordering::Relaxed);
            resources::waited(layout, waited, entry.end.load(Ordering::Relaxed), start);
        }
        tell_what_was_given(local);
        Polling {
            task,
            start,
            delay: match is_known {
                true => time_in_cell(layout, woken, start),
                false => 0,
            },
            woken_by: match is_known {
                true => entry.woken_by.load(Ordering::Relaxed),
                false => 0,
            },
            outer: (
                local.task.replace(task.index),
                local.task_waits.replace(0),
                local.task_waited.replace(waited),
            ),
        }
    }))
}

/// The poll has ended.
pub fn end_poll(polling: Polling, outcome: PollOutcome) {
    let layout = writer::layout();
    with_thread_here(|local, _| {
        tell_what_was_given(local);
        local.task.set(polling.outer.0);
        let waits = local.task_waits.replace(polling.outer.1);
        let still_waited = local.task_waited.replace(polling.outer.2);
        let handed_over = match waits & HANDED_OVER {
            0 => 0,
            _ => POLL_HANDED_OVER,
        };
        let waits = waits & !HANDED_OVER;
        let Some(entry) = polling.task.entry(layout) else {
            return;
        };
        let times = !counts_only(local);
        let is_over = outcome != PollOutcome::Pending;
        let now = if times || is_over {
            local.now()
        } else {
            polling.start
        };
        if in_cell(layout) {
            add_alone(&entry.polls, 1);
            if times {
                let length = time_in_cell(layout, polling.start, now);
                add_alone(&entry.busy, length);
                add_alone(&entry.scheduled, polling.delay);
                if length > entry.longest.load(Ordering::Relaxed) {
                    entry.longest.store(length, Ordering::Relaxed);
                }
            }
        }
        if !is_over {
            entry.end.store(now, Ordering::Relaxed);
            entry.wait.store(waits, Ordering::Relaxed);
            if waits != still_waited {
                resources::begins_to_wait(layout, waits);
            }
            if entry.woken_at.load(Ordering::Relaxed) != 0 {
                // It was woken meanwhile, and waits for a worker from now on.
                entry.woken_at.fetch_max(now, Ordering::Relaxed);
            }
        }
        // A poll that its cell did not live to see the end of was in progress then: that is known
        // by when it ended.
        if in_cell(layout) || !times {
            entry.polled_since.store(0, Ordering::Relaxed);
        }
        if is_over {
            end(entry, now, outcome);
        }
        if times {
            local.event(NewEvent {
                flags: outcome as u8 | handed_over | ((waits >> 16) as u8) << 4,
                wait: waits as u16,
                target: polling.task.index.0,
                place: u32::try_from(polling.delay / DELAY_UNIT).unwrap_or(u32::MAX),
                extra: polling.woken_by,
                start: polling.start,
                end: now,
                ..NewEvent::of(EventKind::Poll)
            });
        }
    });
}

fn end(entry: &TaskEntry, now: u64, outcome: PollOutcome) {
    if entry.kind.load(Ordering::Relaxed) == TaskKind::BlockOn as u32 {
        wakers::forget();
    }
    entry.end.store(now, Ordering::Relaxed);
    let state = match outcome {
        PollOutcome::Panicked => TASK_PANICKED,
        PollOutcome::Ready | PollOutcome::Pending => TASK_FINISHED,
    };
    entry.state.store(state, Ordering::Release);
}

/// A task is dropped: it was aborted, unless it has ended already.
pub fn drop_task(task: Task) {
    if let Some(entry) = task.entry(writer::layout())
        && entry.state.load(Ordering::Acquire) == TASK_ALIVE
    {
        entry
            .end
            .store(writer::with(|local| local.now()), Ordering::Relaxed);
        entry.state.store(TASK_ABORTED, Ordering::Release);
    }
}

/// Somebody has been given the waker of a `block_on`: a recorded resource, or another one.
pub fn waker_cloned(waker: usize, is_recorded: bool) {
    let Some(task) = wakers::task_of(waker) else {
        return;
    };
    if let Some(entry) = task.entry(writer::layout()) {
        entry.flags.fetch_or(TASK_WAKER_KNOWN, Ordering::Relaxed);
    }
    if !is_recorded {
        waits_elsewhere(task);
    }
}

/// The waker of a `block_on` is used.
pub fn waker_woken(waker: usize) {
    if let Some(task) = wakers::task_of(waker) {
        wake_task(task);
    }
}

/// The calling thread wakes a task.
pub fn wake_task(task: Task) {
    let layout = writer::layout();
    let Some(entry) = task.entry(layout) else {
        return;
    };
    if !is_alive(entry) {
        return;
    }
    if in_cell(layout) {
        entry.wakes.fetch_add(1, Ordering::Relaxed);
    }
    if entry.woken_at.load(Ordering::Relaxed) != 0 {
        return;
    }
    with_thread_here(|local, _| {
        let now = if counts_only(local) { 1 } else { local.now() };
        entry.woken_by.store(caller(local), Ordering::Relaxed);
        let _ = entry
            .woken_at
            .compare_exchange(0, now, Ordering::AcqRel, Ordering::Relaxed);
    });
}

/// What the task that the calling thread polls has asked for is not there yet.
pub fn task_waits(wait: TaskWait) {
    writer::with_inlined(|local| {
        if local.task.get().is_some() {
            let waits = waits(local).and(wait);
            let (kind, index) = waits.encoded();
            let handed_over = local.task_waits.get() & HANDED_OVER;
            let waits = u32::from(kind) << 16 | u32::from(index);
            local.task_waits.set(handed_over | waits);
        }
    });
}

/// It is there. Who waits for it again within the same poll begins another wait.
pub fn task_waits_no_longer(wait: TaskWait) {
    writer::with_inlined(|local| {
        if waits(local) == wait {
            local.task_waits.set(local.task_waits.get() & HANDED_OVER);
        }
        let waited = local.task_waited.get();
        if waited != 0 && is_over(decoded(waited), wait) {
            local.task_waited.set(0);
        }
    });
}

/// Whether who waited for the first waits no longer where the second is there.
fn is_over(waited: TaskWait, there: TaskWait) -> bool {
    match (waited, there) {
        (TaskWait::ObjectUntil(object), TaskWait::Object(it)) => object == it,
        (TaskWait::ObjectUntil(_), TaskWait::Timer(_)) => true,
        _ => waited == there,
    }
}

/// What a task has found not to be there until now, in this poll.
#[derive(Clone, Copy, Debug, Default)]
pub struct WaitsBefore(u32);

/// What the task that the calling thread polls waits for, so far.
pub fn waits_before() -> WaitsBefore {
    writer::with_inlined(|local| WaitsBefore(local.task_waits.get()))
}

/// The task waits for nothing more than it did then: whoever asked since has been dropped.
pub fn waits_as(before: WaitsBefore) {
    writer::with_inlined(|local| {
        let handed_over = local.task_waits.get() & HANDED_OVER;
        local.task_waits.set(before.0 | handed_over);
    });
}

/// The calling thread is no worker any more, while it goes on with the poll.
pub fn hands_worker_over() {
    writer::with(|local| {
        if local.task.get().is_some() {
            local.task_waits.set(local.task_waits.get() | HANDED_OVER);
        }
    });
}

/// The task that the calling thread polls lets somebody wake it who is no recorded resource.
pub fn waits_elsewhere(task: Task) {
    if writer::with(|local| local.task.get()) == task.index
        && let Some(entry) = task.entry(writer::layout())
    {
        entry
            .flags
            .fetch_or(TASK_WAITS_ELSEWHERE, Ordering::Relaxed);
    }
}

/// The program asks for a task's end.
pub fn task_is_cancelled(task: Task) {
    if let Some(entry) = task.entry(writer::layout()) {
        entry.flags.fetch_or(TASK_CANCELLED, Ordering::Relaxed);
    }
}

/// What came of a task was given to whoever waited for it.
pub fn task_is_joined(task: Task) {
    if let Some(entry) = task.entry(writer::layout()) {
        entry.flags.fetch_or(TASK_JOINED, Ordering::Relaxed);
    }
}

/// Nobody will ask what came of a task.
pub fn task_is_detached(task: Task) {
    if let Some(entry) = task.entry(writer::layout()) {
        entry.flags.fetch_or(TASK_DETACHED, Ordering::Relaxed);
    }
}

fn waits(local: &Local) -> TaskWait {
    decoded(local.task_waits.get())
}
