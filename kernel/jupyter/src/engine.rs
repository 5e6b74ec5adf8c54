//! The contract between the protocol half of the kernel and the half that runs cells.
//!
//! The protocol half owns sockets, queues and counters. It starts one [`Engine`] on a thread of its
//! own, gives it one request at a time, and hands it a [`CellIo`] through which everything that a
//! cell produces reaches the front ends. What must work while a cell runs goes through
//! [`Controls`] instead.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

pub use crate::socket::io::{CellIo, Publisher, Stream};
pub use crate::wire::message::Parent;

/// One value in several representations: media type → JSON (a string for text).
pub type MimeBundle = Map<String, Value>;

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

    /// Completions at `cursor` (in code points) of `code`.
    fn complete(&mut self, code: &str, cursor: usize) -> Completions;

    /// What is known about the item at `cursor` (in code points); `detail` is 0 or 1.
    /// `None` when nothing was found.
    fn inspect(&mut self, code: &str, cursor: usize, detail: u8) -> Option<MimeBundle>;

    /// Does a piece of what can wait, while nobody wants anything; whether there is more of it.
    fn rest(&mut self) -> bool {
        false
    }

    /// Ends everything that the engine started. Called once, last.
    fn shutdown(&mut self);
}

/// What can be asked of an engine at any moment and from any thread, also while a cell runs.
/// No method may block for longer than a few milliseconds, except the two `quick_` ones (500 ms).
pub trait Controls: Clone + Send + Sync + 'static {
    /// Stops the running cell (or its compilation) and keeps the session; no-op when idle.
    fn interrupt(&self);

    /// The report of the last cell that had one.
    fn last_report(&self) -> Option<Value>;

    /// Completions without the engine, which is busy: from what is known already.
    fn quick_complete(&self, code: &str, cursor: usize) -> Completions;

    /// [`Engine::inspect`] without the engine, which is busy.
    fn quick_inspect(&self, code: &str, cursor: usize, detail: u8) -> Option<MimeBundle>;

    /// Ends the running cell and all processes at once; the kernel is about to exit.
    fn kill(&self);
}

/// One cell to run.
#[derive(Debug, Clone)]
pub struct ExecuteRequest {
    /// The cell's source as the front end sent it.
    pub code: String,
    /// No output but streams is wanted, and nothing is remembered.
    pub silent: bool,
    /// Whether the cell counts and enters the history; never with `silent`.
    pub store_history: bool,
    /// Name → expression; evaluated after the cell when it succeeded.
    pub user_expressions: BTreeMap<String, String>,
    /// Whether the front end can answer [`CellIo::request_input`].
    pub allow_stdin: bool,
    /// The cell's number, `In [n]`; the next one's when the cell does not count.
    pub execution_count: u32,
    /// The request that everything the cell prints belongs to.
    pub parent: Parent,
}

/// The `source` of the payload by which a cell asks for the end: front ends may leave, and the kernel does.
pub const ASK_EXIT: &str = "ask_exit";

/// How a cell ended.
#[derive(Debug, Clone)]
pub enum ExecuteReply {
    /// It ran to its end.
    Ok {
        /// Name → `{"status": "ok", "data": …}` or `{"status": "error", "ename": …}`.
        user_expressions: Map<String, Value>,
        /// Pages of documentation, and [`ASK_EXIT`]; usually empty.
        payload: Vec<Value>,
    },
    /// It failed; becomes the one `error` output and the error reply.
    Error(CellError),
    /// It was not run.
    Aborted,
}

/// Why a cell failed, as front ends show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CellError {
    /// `E0277`, `panic`, `deadlock`, `interrupted`, `crashed`, …
    pub ename: String,
    /// One line.
    pub evalue: String,
    /// What is displayed, line by line; ANSI colours allowed.
    pub traceback: Vec<String>,
}

/// Answer to a completion request.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Completions {
    /// What may replace the range, best first.
    pub matches: Vec<String>,
    /// First code point of the range to be replaced.
    pub start: usize,
    /// One past its last code point.
    pub end: usize,
    /// Kind and signature of each match, when known: same length as `matches`, or empty.
    pub types: Vec<CompletionType>,
}

/// What a completion is, for the icon and the line beside it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CompletionType {
    /// `function`, `struct`, `keyword`, `module`, …
    pub kind: String,
    /// A signature such as `fn(&self) -> usize`; empty when unknown.
    pub signature: String,
}
