//! What is asked of an engine, and what it answers.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::wire::parent::Parent;

/// One value in several representations: media type → JSON (a string for text).
pub type MimeBundle = Map<String, Value>;

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
    /// Whether the front end can answer
    /// [`CellIo::request_input`](super::io::CellIo::request_input).
    pub allow_stdin: bool,
    /// The cell's number, `In [n]`; the next one's when the cell does not count.
    pub execution_count: u32,
    /// The request that everything the cell prints belongs to.
    pub parent: Parent,
}

/// The `source` of the payload by which a cell asks for the end: front ends may leave, and the
/// kernel does.
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

impl CellError {
    /// The three fields of an `error` message and of an error reply.
    pub(crate) fn content(&self) -> Value {
        json!({"ename": self.ename, "evalue": self.evalue, "traceback": self.traceback})
    }
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

impl Completions {
    /// None, at this code point.
    pub fn none(cursor: usize) -> Self {
        Self {
            start: cursor,
            end: cursor,
            ..Self::default()
        }
    }
}

/// What a completion is, for the icon and the line beside it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CompletionType {
    /// `function`, `struct`, `keyword`, `module`, …
    pub kind: String,
    /// A signature such as `fn(&self) -> usize`; empty when unknown.
    pub signature: String,
}

/// The answer to an `is_complete_request`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Completeness {
    /// Run it.
    Complete,
    /// Ask for another line, beginning with `indent`.
    Incomplete {
        /// Spaces.
        indent: String,
    },
    /// No further line can make it right.
    Invalid,
}
