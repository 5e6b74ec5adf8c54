//! What an engine does, and what it can be asked while it works.

use serde_json::Value;

use super::io::{CellIo, Publisher};
use super::values::{Completeness, Completions, ExecuteReply, ExecuteRequest, MimeBundle};

/// Makes an engine, which may take seconds, while its controls are there at once.
pub trait EngineFactory: Send + 'static {
    /// The engine that [`start`](Self::start) makes; it need not be `Send`.
    type Engine: Engine;
    /// What reaches that engine from other threads.
    type Controls: Controls;

    /// The controls of the engine to come; usable before `start` returns.
    fn controls(&self) -> Self::Controls;

    /// What `kernel_info_reply` shows as `banner`.
    fn banner(&self) -> String;

    /// The version of Rust that cells are compiled with, for `language_info`.
    fn rust_version(&self) -> String {
        env!("CARGO_PKG_RUST_VERSION").to_owned()
    }

    /// Starts the engine; called once, on the engine's own thread.
    ///
    /// # Errors
    /// One sentence with the next step. Every cell is then answered with it, and the kernel stays
    /// up so that the person sees it in the notebook.
    fn start(self, io: Publisher) -> Result<Self::Engine, String>;
}

/// Runs cells. All calls come from one thread, one after the other.
pub trait Engine: 'static {
    /// Runs one cell to its end. Output goes through `io`; the `error` message of a failed cell is
    /// published by the caller from the reply, exactly once.
    fn execute(&mut self, request: &ExecuteRequest, io: &CellIo) -> ExecuteReply;

    /// Does a piece of what can wait, while nobody wants anything; whether there is more of it.
    fn rest(&mut self) -> bool {
        false
    }

    /// Ends everything that the engine started. Called once, last.
    fn shutdown(&mut self);
}

/// What can be asked of an engine at any moment and from any thread, also while a cell runs.
/// No method may block for longer than a few milliseconds, except the two about code that is being
/// written, which are called on a thread of their own.
pub trait Controls: Clone + Send + Sync + 'static {
    /// Stops the running cell (or its compilation) and keeps the session; no-op when idle.
    fn interrupt(&self);

    /// The report of the last cell that had one.
    fn last_report(&self) -> Option<Value>;

    /// Whether code is a whole cell, for consoles.
    fn is_complete(&self, code: &str) -> Completeness;

    /// Completions at `cursor` (in code points) of `code`.
    fn complete(&self, code: &str, cursor: usize) -> Completions;

    /// What is known about the item at `cursor` (in code points); `detail` is 0 or 1.
    /// `None` when nothing was found.
    fn inspect(&self, code: &str, cursor: usize, detail: u8) -> Option<MimeBundle>;

    /// Ends the running cell and all processes at once; the kernel is about to exit.
    fn kill(&self);
}
