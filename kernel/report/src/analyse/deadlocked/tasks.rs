//! Tasks as they stood when a deadlock was proved.
//!
//! Who is unwound drops what it has in hand, and that wakes tasks: they are polled, and end.

use std::collections::HashMap;

use record::snapshot::{Action, Event, Task, TaskSlot, TaskState, TaskWait};

/// The polls of a task.
#[derive(Default)]
struct Polls {
    /// Since when it had done what it did at the proof.
    since_ns: u64,
    is_running: bool,
    waits: TaskWait,
    /// What came later.
    polls: u64,
    busy_ns: u64,
    scheduled_ns: u64,
}

/// Takes off what tasks did after `end`, by all events of the cell.
pub(super) fn restore(tasks: &mut [Task], events: &[Event], end: u64) {
    let mut polls: HashMap<TaskSlot, Polls> = HashMap::new();
    for event in events {
        if let Action::Poll {
            task,
            waits,
            delay_ns,
            ..
        } = event.action
        {
            polls
                .entry(task)
                .or_default()
                .add(event, waits, delay_ns, end);
        }
    }
    for task in tasks.iter_mut().filter(|task| task.end_ns.is_none()) {
        if let Some(polls) = polls.get(&task.index) {
            polls.restore(task);
        }
    }
}

impl Polls {
    fn add(&mut self, event: &Event, waits: TaskWait, delay_ns: u64, end: u64) {
        self.busy_ns += event.end_ns.saturating_sub(event.start_ns.max(end));
        if event.start_ns >= end {
            self.polls += 1;
            self.scheduled_ns += delay_ns;
        } else if event.start_ns >= self.since_ns {
            self.is_running = event.end_ns > end;
            self.since_ns = event.end_ns.min(end);
            self.waits = waits;
        }
    }

    fn restore(&self, task: &mut Task) {
        let less = |of: &mut u64, by: u64| *of = of.saturating_sub(by);
        less(&mut task.polls, self.polls);
        less(&mut task.wakes, self.polls);
        less(&mut task.busy_ns, self.busy_ns);
        less(&mut task.scheduled_ns, self.scheduled_ns);
        task.longest_poll_ns = task.longest_poll_ns.min(task.busy_ns);
        task.since_ns = Some(self.since_ns);
        (task.state, task.waits) = match task.polls {
            0 => (TaskState::Scheduled, TaskWait::Unknown),
            _ if self.is_running => (TaskState::Running, TaskWait::Unknown),
            _ => (TaskState::Idle, self.waits),
        };
    }
}
