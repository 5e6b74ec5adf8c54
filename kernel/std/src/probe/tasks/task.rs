//! A task in the recording.

use real::prelude::rust_2024::*;
use real::sync::atomic::Ordering;

use record::TaskSlot;
use record::layout::{Layout, TASK_ALIVE, TaskEntry};
use record::snapshot::TaskWait;

/// A task in the recording: its place in the table, and what tells it from others that had it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Task {
    pub(super) index: TaskSlot,
    pub(super) generation: u32,
}

impl Task {
    /// One that is not recorded.
    pub const NONE: Task = Task {
        index: TaskSlot::NONE,
        generation: 0,
    };

    /// Whether it is recorded.
    pub fn is_recorded(self) -> bool {
        self.index.is_some()
    }

    /// As one number; never 0 for a task that is recorded.
    pub fn number(self) -> u64 {
        u64::from(self.generation) << 32 | u64::from(self.index.0)
    }

    /// The inverse of [`Task::number`].
    pub fn numbered(number: u64) -> Task {
        Task {
            index: TaskSlot(number as u32),
            generation: (number >> 32) as u32,
        }
    }

    /// Waiting for its end.
    pub fn wait_for_end(self) -> TaskWait {
        TaskWait::Task(self.index)
    }

    /// Its entry, unless that is another task's by now.
    pub(super) fn entry(self, layout: &'static Layout) -> Option<&'static TaskEntry> {
        let entry = layout.tasks.get(self.index.index());
        entry.filter(|entry| {
            self.index.is_some() && entry.generation.load(Ordering::Relaxed) == self.generation
        })
    }
}

/// Whether a task with this entry is alive.
pub(super) fn is_alive(entry: &TaskEntry) -> bool {
    entry.state.load(Ordering::Relaxed) == TASK_ALIVE
}
