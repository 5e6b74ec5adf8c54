//! Waits that go on when a recording is read: they count as well.

use super::objects::add;
use super::times::Times;
use crate::snapshot::{Object, ObjectSlot, Task, TaskState, TaskWait, Thread, WaitKind};

/// Adds to the objects' waiting times what threads wait at this moment.
pub fn add_waits_of_threads(objects: &mut [Object], threads: &[Thread], times: Times) {
    for waiting in threads.iter().filter_map(|thread| thread.waiting.as_ref()) {
        let is_send = waiting.kind == WaitKind::Channel && waiting.shared_or_send;
        let target = waiting.target.object();
        add_wait(objects, target, is_send, waiting.since_ns, times);
    }
}

/// The same of tasks that are idle.
pub fn add_waits_of_tasks(objects: &mut [Object], tasks: &[Task], times: Times) {
    for task in tasks.iter().filter(|task| task.state == TaskState::Idle) {
        let (target, is_send) = match task.waits {
            TaskWait::Object(object) | TaskWait::ObjectUntil(object) => (object, false),
            TaskWait::Room(channel) => (channel, true),
            _ => continue,
        };
        let since = task.since_ns.unwrap_or(task.start_ns);
        add_wait(objects, target, is_send, since, times);
    }
}

fn add_wait(
    objects: &mut [Object],
    target: ObjectSlot,
    is_send: bool,
    since_ns: u64,
    times: Times,
) {
    let Ok(at) = objects.binary_search_by_key(&target, |object| object.index) else {
        return;
    };
    let counters = &mut objects[at].counters;
    let total = match is_send {
        true => &mut counters.send_wait_ns,
        false => &mut counters.wait_ns,
    };
    let now_ns = times.span(times.ongoing(times.begin));
    add(total, now_ns.saturating_sub(since_ns));
}
