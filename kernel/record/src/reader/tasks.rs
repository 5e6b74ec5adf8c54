//! Tasks of a recording.

use std::sync::atomic::Ordering;

use super::entries::{long, word};
use super::text::Places;
use super::times::Times;
use crate::layout::*;
use crate::snapshot::{
    Actor, LocationSlot, Task, TaskKind, TaskSlot, TaskState, TaskWait, ThreadSlot,
};

/// Tasks of the cell, and older ones that lived in it, by index.
pub fn read(layout: &Layout, times: Times, places: &mut Places) -> Vec<Task> {
    let used = (layout.header.tasks_used.load(Ordering::Acquire) as usize).min(TASKS - 1);
    (1..=used)
        .map(|index| (TaskSlot(index as u32), &layout.tasks[index]))
        .filter(|(_, entry)| {
            let state = entry.state.load(Ordering::Acquire);
            let ended_before = state > TASK_ALIVE && long(&entry.end) < times.begin;
            (TASK_ALIVE..=TASK_PANICKED).contains(&state)
                && !ended_before
                && !times.is_after(long(&entry.start))
        })
        .map(|(index, entry)| task(index, entry, times, places))
        .collect()
}

fn task(index: TaskSlot, entry: &TaskEntry, times: Times, places: &mut Places) -> Task {
    // What it did after the end of the cell is not the cell's.
    let ended = long(&entry.end);
    let state = match word(&entry.state) {
        TASK_ALIVE => TASK_ALIVE,
        _ if times.is_after(ended) => TASK_ALIVE,
        state => state,
    };
    let is_alive = state == TASK_ALIVE;
    let since = |word| match long(word) {
        0 => None,
        at => Some(at).filter(|_| is_alive && !times.is_after(at)),
    };
    // What is left of a poll that ended between two cells is no poll in progress.
    let last_end = long(&entry.end);
    let polled = since(&entry.polled_since)
        .filter(|&at| at <= ONLY_COUNTED || at > last_end || times.is_after(last_end));
    // Spawned in the cell, and polled for the first time after it.
    let start = long(&entry.start);
    let is_new = is_alive && start >= times.begin && long(&entry.polls) == 0;
    let waits_for_worker = is_new && times.is_after(long(&entry.polled_since));
    let woken = since(&entry.woken_at).or(waits_for_worker.then_some(start));
    let ongoing = |since: Option<u64>| since.map_or(0, |at| times.ongoing(at.max(times.begin)));
    let (running, scheduled) = (ongoing(polled), ongoing(woken.filter(|_| polled.is_none())));
    let waits = word(&entry.wait);
    Task {
        index,
        cell: word(&entry.cell),
        ordinal: word(&entry.ordinal),
        kind: match word(&entry.kind) {
            2 => TaskKind::BlockOn,
            3 => TaskKind::Local,
            4 => TaskKind::Blocking,
            _ => TaskKind::Spawned,
        },
        name: Some(places.string(long(&entry.name))).filter(|name| !name.is_empty()),
        spawned_at: places.use_place(LocationSlot(word(&entry.spawned_at))),
        spawned_by: actor(word(&entry.spawned_by)),
        start_ns: times.moment(long(&entry.start)),
        end_ns: (!is_alive).then(|| times.moment(ended)),
        polls: long(&entry.polls),
        wakes: long(&entry.wakes),
        busy_ns: times.span(long(&entry.busy).saturating_add(running)),
        longest_poll_ns: times.span(long(&entry.longest).max(running)),
        scheduled_ns: times.span(long(&entry.scheduled).saturating_add(scheduled)),
        state: match state {
            TASK_FINISHED => TaskState::Finished,
            TASK_ABORTED => TaskState::Aborted,
            TASK_PANICKED => TaskState::Panicked,
            _ if polled.is_some() => TaskState::Running,
            _ if woken.is_some() => TaskState::Scheduled,
            _ => TaskState::Idle,
        },
        since_ns: match state {
            TASK_ALIVE => polled
                .or(woken)
                .or(since(&entry.end))
                .map(|at| times.moment(at)),
            _ => None,
        },
        waits: match times.is_after(last_end) {
            true => TaskWait::Unknown,
            false => wait((waits >> 16) as u8, waits as u16, places),
        },
        waits_elsewhere: word(&entry.flags) & TASK_WAITS_ELSEWHERE != 0,
        waker_is_known: word(&entry.flags) & TASK_WAKER_KNOWN != 0,
        is_joined: word(&entry.flags) & TASK_JOINED != 0,
        is_detached: word(&entry.flags) & TASK_DETACHED != 0,
        woken_by: woken
            .filter(|&at| at >= times.begin)
            .and_then(|_| actor(word(&entry.woken_by))),
        is_cancelled: word(&entry.flags) & TASK_CANCELLED != 0,
        polled_by: ThreadSlot(word(&entry.polled_by)),
    }
}

/// Who did something, by a number of the recording.
pub fn actor(number: u32) -> Option<Actor> {
    match number & !BY_THREAD {
        0 => None,
        index if number & BY_THREAD != 0 => Some(Actor::Thread(ThreadSlot(index))),
        index => Some(Actor::Task(TaskSlot(index))),
    }
}

/// What a task waits for.
pub fn wait(kind: u8, index: u16, places: &mut Places) -> TaskWait {
    match TaskWait::decoded(kind, index) {
        TaskWait::Timer(at) => TaskWait::Timer(places.use_place(at)),
        TaskWait::Oneshot(at) => TaskWait::Oneshot(places.use_place(at)),
        wait => wait,
    }
}
