//! Runs cells: one after the other, in the order they came, each up to its reply.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::kernel::Kernel;
use super::queue::Waiting;
use crate::engine::{ASK_EXIT, CellIo, Controls, ExecuteReply, ExecuteRequest, Publish};
use crate::wire::message::now;

/// After a failure, cells that the front end had already sent are still on their way for so long.
const IN_FLIGHT: Duration = Duration::from_millis(10);

impl<C: Controls> Kernel<C> {
    /// Runs cells, for ever.
    pub(super) async fn run_cells(self: Arc<Self>) {
        loop {
            let cell = self.cells.next().await;
            let After { aborted, quits } = self.run_cell(&cell).await;
            {
                // Under the lock, see `remind_busy`.
                let mut line = self.cells.line();
                line.running = None;
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
        let running = self.cells.line().running.clone();
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
        let line = self.cells.line();
        if let Some(parent) = &line.running {
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
            let mut line = self.cells.line();
            line.count += u32::from(stores);
            if stores { line.count } else { line.count + 1 }
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
        let io = CellIo::new(self.publisher.clone(), Arc::new(self.questions.clone()));
        let reply = self.engine.execute(request, io).await;
        self.iopub.flush(parent).await;
        parent.printed().finish();
        if let ExecuteReply::Error(error) = &reply {
            self.iopub.message(parent, "error", error.content());
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
        let content = reply_content(reply, Some(shown));
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
            let content = reply_content(ExecuteReply::Aborted, None);
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

/// Front ends show the number beside the cell, so one that was not run has none.
fn reply_content(reply: ExecuteReply, execution_count: Option<u32>) -> Value {
    let mut content = match reply {
        ExecuteReply::Ok {
            user_expressions,
            payload,
        } => {
            json!({"status": "ok", "user_expressions": user_expressions, "payload": payload})
        }
        ExecuteReply::Error(error) => {
            let mut content = error.content();
            content["status"] = "error".into();
            content["user_expressions"] = json!({});
            content["payload"] = json!([]);
            content
        }
        ExecuteReply::Aborted => {
            json!({"status": "aborted", "user_expressions": {}, "payload": []})
        }
    };
    if let Some(count) = execution_count {
        content["execution_count"] = count.into();
    }
    content
}
