//! What a cell's output and its questions to the person pass through.

use serde_json::Map;

use crate::engine::{CellError, MimeBundle};
use crate::wire::message::Parent;

/// Which of the two text streams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stream {
    /// `stdout`
    Stdout,
    /// `stderr`
    Stderr,
}

/// Sends outputs to the front ends: callable from any thread, also after the cell has ended; never
/// blocks; holds a bounded amount of memory.
#[derive(Debug, Clone)]
pub struct Publisher {}

impl Publisher {
    /// Text, shown as it comes (within 50 ms, joined with what was printed around it).
    pub fn stream(&self, _parent: &Parent, _stream: Stream, _text: &str) {}
    /// A picture, table or text of its own; `display_id` lets it be replaced later.
    pub fn display_data(&self, _parent: &Parent, _data: MimeBundle, _metadata: MimeBundle, _display_id: Option<String>) {}
    /// Replaces what was displayed under `display_id`.
    pub fn update_display_data(&self, _parent: &Parent, _data: MimeBundle, _metadata: MimeBundle, _display_id: String) {}
    /// The value of the cell's last expression.
    pub fn execute_result(&self, _parent: &Parent, _count: u32, _data: MimeBundle, _metadata: MimeBundle) {}
    /// Removes the cell's output, at once or when the next one comes.
    pub fn clear_output(&self, _parent: &Parent, _wait: bool) {}
    /// A failure; the cell's own is published from its reply, not with this.
    pub fn error(&self, _parent: &Parent, _error: &CellError) {}
}

/// A [`Publisher`] that can also ask the person who runs the cell.
#[derive(Debug, Clone)]
pub struct CellIo {
    publisher: Publisher,
}

impl std::ops::Deref for CellIo {
    type Target = Publisher;
    fn deref(&self) -> &Publisher {
        &self.publisher
    }
}

impl CellIo {
    /// Asks for a line of text and waits for it. `None` when the front end cannot be asked, when
    /// the cell is interrupted, or when the kernel shuts down.
    pub fn request_input(&self, _parent: &Parent, _prompt: &str, _password: bool) -> Option<String> {
        let _ = Map::<String, serde_json::Value>::new();
        None
    }
}
