//! The cells that wait and the one that runs.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::socket::router::Replies;
use crate::wire::content::Execute;
use crate::wire::parent::Parent;

/// A cell that waits.
pub struct Waiting {
    pub(super) parent: Parent,
    pub(super) execute: Execute,
    pub(super) replies: Replies,
}

/// The queue of cells.
#[derive(Default)]
pub struct Cells {
    line: Mutex<Line>,
    queued: Notify,
}

#[derive(Default)]
pub(super) struct Line {
    /// What waits, first come first.
    pub waiting: VecDeque<Waiting>,
    /// The request of the cell that runs.
    pub running: Option<Parent>,
    /// The number of the last cell that counted.
    pub count: u32,
}

impl Cells {
    /// What is looked at and changed together.
    pub(super) fn line(&self) -> MutexGuard<'_, Line> {
        // No code panics while it holds this lock, so a poisoned one is as good as any.
        self.line.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues a cell.
    pub fn push(&self, cell: Waiting) {
        self.line().waiting.push_back(cell);
        self.queued.notify_one();
    }

    /// The number of the last cell that counted.
    pub fn count(&self) -> u32 {
        self.line().count
    }

    /// Waits for a cell, which is the running one from here on.
    pub async fn next(&self) -> Waiting {
        loop {
            let next = {
                let mut line = self.line();
                let next = line.waiting.pop_front();
                line.running = next.as_ref().map(|cell| cell.parent.clone());
                next
            };
            match next {
                Some(cell) => return cell,
                None => self.queued.notified().await,
            }
        }
    }

    /// Empties the queue.
    pub fn take_waiting(&self) -> VecDeque<Waiting> {
        std::mem::take(&mut self.line().waiting)
    }
}
