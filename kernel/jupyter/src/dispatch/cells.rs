//! The cells that wait and the one that runs: one after the other, in the order they came.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::sync::Notify;

use super::Kernel;
use crate::engine::{ASK_EXIT, CellIo, Controls, ExecuteReply, ExecuteRequest};
use crate::socket::io::error_content;
use crate::socket::router::Replies;
use crate::wire::content::Execute;
use crate::wire::message::{Parent, now};

/// After a failure, cells that the front end had already sent are still on their way for so long.
const IN_FLIGHT: Duration = Duration::from_millis(10);

/// A cell that waits.
pub struct Waiting {
    pub(super) parent: Parent,
    pub(super) execute: Execute,
    pub(super) replies: Replies,
}

/// The queue of cells.
#[derive(Default)]
pub struct Cells {
    state: Mutex<State>,
    queued: Notify,
}

#[derive(Default)]
struct State {
    waiting: VecDeque<Waiting>,
    running: Option<Parent>,
    /// The number of the last cell that counted.
    count: u32,
}

impl Cells {
    fn state(&self) -> MutexGuard<'_, State> {
        // No code panics while it holds this lock, so a poisoned one is as good as any.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Queues a cell.
    pub fn push(&self, cell: Waiting) {
        self.state().waiting.push_back(cell);
        self.queued.notify_one();
    }

    /// The number of the last cell that counted.
    pub fn count(&self) -> u32 {
        self.state().count
    }

    /// Waits for a cell, which is the running one from here on.
    async fn next(&self) -> Waiting {
        loop {
            let next = {
                let mut state = self.state();
                let next = state.waiting.pop_front();
                state.running = next.as_ref().map(|cell| cell.parent.clone());
                next
            };
            match next {
                Some(cell) => return cell,
                None => self.queued.notified().await,
            }
        }
    }

    fn take_waiting(&self) -> VecDeque<Waiting> {
        std::mem::take(&mut self.state().waiting)
    }
}

impl<C: Controls> Kernel<C> {
    /// Runs cells, for ever.
    pub(super) async fn run_cells(self: Arc<Self>) {
        loop {
            let cell = self.cells.next().await;
            let After { aborted, quits } = self.run_cell(&cell).await;
            {
                // Under the lock, see `remind_busy`.
                let mut state = self.cells.state();
                state.running = None;
                self.iopub.status(&cell.parent, "idle");
            }
            self.abort(aborted).await;
            if quits {
                self.ending.send_replace(true);
            }
        }
    }

    /// Aborts what waits and stops what runs.
    pub(super) async fn interrupt(&self) {
        let running = self.cells.state().running.clone();
        let waiting = self.cells.take_waiting();
        if let Some(parent) = running {
            parent.interrupt();
        }
        self.questions.cancel();
        self.controls.interrupt();
        self.iopub.cut();
        self.abort(waiting).await;
    }

    /// Says `busy` again when a cell runs: the `idle` behind a question that was answered meanwhile
    /// says only that the question was, but front ends and idle cullers take it for the kernel's.
    pub(super) fn remind_busy(&self) {
        // Under the lock, so that the cell's own `idle` comes either before, or after.
        let state = self.cells.state();
        if let Some(parent) = &state.running {
            self.iopub.status(&parent.apart(), "busy");
        }
    }

    /// Runs a cell up to its reply.
    async fn run_cell(&self, cell: &Waiting) -> After {
        let Waiting {
            parent,
            execute,
            replies,
        } = cell;
        let started = now();
        self.iopub.status(parent, "busy");
        let stores = execute.stores_history();
        let shown = {
            let mut state = self.cells.state();
            state.count += u32::from(stores);
            if stores { state.count } else { state.count + 1 }
        };
        if !execute.silent {
            let content = json!({"code": execute.code, "execution_count": shown});
            self.iopub.message(parent, "execute_input", content);
        }
        if stores {
            self.history.add(shown, &execute.code);
        }
        let request = ExecuteRequest {
            code: execute.code.clone(),
            silent: execute.silent,
            store_history: stores,
            user_expressions: execute.user_expressions.clone().unwrap_or_default(),
            allow_stdin: execute.allow_stdin,
            execution_count: shown,
            parent: parent.clone(),
        };
        let io = CellIo::new(self.publisher.clone(), self.questions.clone());
        let reply = self.engine.execute(request, io).await;
        self.iopub.flush(parent).await;
        parent.printed().finish();
        if let ExecuteReply::Error(error) = &reply {
            self.iopub.message(parent, "error", error_content(error));
            self.iopub.flush(parent).await;
        }
        let failed = !matches!(reply, ExecuteReply::Ok { .. });
        let quits = asks_to_exit(&reply);
        let aborted = if quits || failed && execute.stop_on_error {
            tokio::time::sleep(IN_FLIGHT).await;
            self.cells.take_waiting()
        } else {
            VecDeque::new()
        };
        let content = reply_content(reply, shown);
        let metadata = Map::from_iter([("started".to_owned(), Value::String(started))]);
        let frames = self
            .encoder
            .reply("execute_reply", parent, &metadata, &content);
        replies.send(frames);
        After { aborted, quits }
    }

    /// Answers cells that are not run.
    async fn abort(&self, cells: VecDeque<Waiting>) {
        if cells.is_empty() {
            return;
        }
        for Waiting {
            parent, replies, ..
        } in cells
        {
            self.iopub.status(&parent, "busy");
            let content = reply_content(ExecuteReply::Aborted, self.cells.count());
            replies.send(
                self.encoder
                    .reply("execute_reply", &parent, &Map::new(), &content),
            );
            self.iopub.status(&parent, "idle");
        }
        self.remind_busy();
    }
}

/// What follows a cell.
struct After {
    /// Cells behind it that are not to be run.
    aborted: VecDeque<Waiting>,
    /// The kernel is to end.
    quits: bool,
}

fn asks_to_exit(reply: &ExecuteReply) -> bool {
    let ExecuteReply::Ok { payload, .. } = reply else {
        return false;
    };
    payload.iter().any(|item| item["source"] == ASK_EXIT)
}

fn reply_content(reply: ExecuteReply, execution_count: u32) -> Value {
    let mut content = match reply {
        ExecuteReply::Ok {
            user_expressions,
            payload,
        } => {
            json!({"status": "ok", "user_expressions": user_expressions, "payload": payload})
        }
        ExecuteReply::Error(error) => {
            let mut content = error_content(&error);
            content["status"] = "error".into();
            content["user_expressions"] = json!({});
            content["payload"] = json!([]);
            content
        }
        ExecuteReply::Aborted => {
            json!({"status": "aborted", "user_expressions": {}, "payload": []})
        }
    };
    content["execution_count"] = execution_count.into();
    content
}
