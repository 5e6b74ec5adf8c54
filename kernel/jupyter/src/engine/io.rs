//! What a cell's outputs and its questions to the person pass through.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::values::{CellError, MimeBundle};
use crate::wire::parent::Parent;

/// Which of the two text streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// `stdout`
    Stdout,
    /// `stderr`
    Stderr,
}

impl Stream {
    /// As the protocol calls it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Stdout => "stdout",
            Self::Stderr => "stderr",
        }
    }
}

/// Where outputs go: a channel that never makes its callers wait.
pub(crate) trait Publish: Send + Sync {
    /// Queues text.
    fn text(&self, parent: &Parent, stream: Stream, text: &str);

    /// Queues a message.
    fn message(&self, parent: &Parent, msg_type: &'static str, content: Value);

    /// Waits until everything queued for the request was sent; not from an asynchronous task.
    fn flush_blocking(&self, parent: &Parent);
}

/// Where questions to the person go.
pub(crate) trait Ask: Send + Sync {
    /// Asks whoever sent `parent` and waits for the answer; `None` when there will be none.
    fn ask(&self, parent: &Parent, prompt: &str, password: bool) -> Option<String>;
}

/// Sends outputs to the front ends: callable from any thread, also after the cell has ended; never
/// blocks; holds a bounded amount of memory.
#[derive(Clone)]
pub struct Publisher(Arc<dyn Publish>);

impl Publisher {
    pub(crate) fn new(channel: Arc<dyn Publish>) -> Self {
        Self(channel)
    }

    /// Text, shown within 50 ms, joined with what is printed around it. What a cell prints beyond
    /// the limit is counted, and the cell's output says so at its end.
    pub fn stream(&self, parent: &Parent, stream: Stream, text: &str) {
        self.0.text(parent, stream, text);
    }

    /// A picture, a table or a text of its own; `display_id` lets it be replaced later.
    pub fn display_data(
        &self,
        parent: &Parent,
        data: MimeBundle,
        metadata: MimeBundle,
        display_id: Option<String>,
    ) {
        self.0
            .message(parent, "display_data", display(data, metadata, display_id));
    }

    /// Replaces what was displayed under `display_id`.
    pub fn update_display_data(
        &self,
        parent: &Parent,
        data: MimeBundle,
        metadata: MimeBundle,
        display_id: String,
    ) {
        let content = display(data, metadata, Some(display_id));
        self.0.message(parent, "update_display_data", content);
    }

    /// The value of the cell's last expression; not shown when the request was silent.
    pub fn execute_result(
        &self,
        parent: &Parent,
        execution_count: u32,
        data: MimeBundle,
        metadata: MimeBundle,
    ) {
        if parent.is_silent() {
            return;
        }
        let content = json!({
            "execution_count": execution_count, "data": data, "metadata": metadata,
        });
        self.0.message(parent, "execute_result", content);
    }

    /// Removes the cell's output: at once, or (`wait`) when the next one comes.
    pub fn clear_output(&self, parent: &Parent, wait: bool) {
        self.0
            .message(parent, "clear_output", json!({"wait": wait}));
    }

    /// A failure outside of a cell's own run; the cell's own is published from its reply.
    pub fn error(&self, parent: &Parent, error: &CellError) {
        self.0.message(parent, "error", error.content());
    }
}

impl std::fmt::Debug for Publisher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Publisher")
    }
}

fn display(data: MimeBundle, metadata: MimeBundle, display_id: Option<String>) -> Value {
    let transient = display_id.map_or_else(Map::new, |id| {
        Map::from_iter([("display_id".to_owned(), Value::String(id))])
    });
    json!({"data": data, "metadata": metadata, "transient": transient})
}

/// A [`Publisher`] that can also ask the person who runs the cell.
#[derive(Clone)]
pub struct CellIo {
    publisher: Publisher,
    questions: Arc<dyn Ask>,
}

impl std::fmt::Debug for CellIo {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("CellIo")
    }
}

impl std::ops::Deref for CellIo {
    type Target = Publisher;

    fn deref(&self) -> &Publisher {
        &self.publisher
    }
}

impl CellIo {
    pub(crate) fn new(publisher: Publisher, questions: Arc<dyn Ask>) -> Self {
        Self {
            publisher,
            questions,
        }
    }

    /// Asks for a line of text and waits for it; what was printed before is shown first. `None`
    /// when the front end can't be asked, when the cell is interrupted, and when the kernel ends.
    ///
    /// Not to be called from an asynchronous task, since it blocks.
    pub fn request_input(&self, parent: &Parent, prompt: &str, password: bool) -> Option<String> {
        if !parent.allow_stdin() {
            return None;
        }
        self.publisher.0.flush_blocking(parent);
        self.questions.ask(parent, prompt, password)
    }
}
