//! A kernel that can't run cells: it stays up, so that the person reads in the notebook why not.

use serde_json::Value;

use crate::engine::{
    CellIo, Completeness, Completions, Controls, Engine, EngineFactory, ExecuteReply,
    ExecuteRequest, MimeBundle, Publisher,
};

/// Answers every cell with one sentence.
#[derive(Debug, Clone)]
pub struct Refusal(pub String);

/// What never starts.
pub enum Never {}

impl EngineFactory for Refusal {
    type Engine = Never;
    type Controls = Refusal;

    fn controls(&self) -> Refusal {
        self.clone()
    }

    fn banner(&self) -> String {
        self.0.clone()
    }

    fn start(self, _: Publisher) -> Result<Never, String> {
        Err(self.0)
    }
}

impl Engine for Never {
    fn execute(&mut self, _: &ExecuteRequest, _: &CellIo) -> ExecuteReply {
        match *self {}
    }

    fn shutdown(&mut self) {
        match *self {}
    }
}

impl Controls for Refusal {
    fn interrupt(&self) {}

    fn last_report(&self) -> Option<Value> {
        None
    }

    /// Whatever is run is refused.
    fn is_complete(&self, _: &str) -> Completeness {
        Completeness::Complete
    }

    fn complete(&self, _: &str, cursor: usize) -> Completions {
        Completions::none(cursor)
    }

    fn inspect(&self, _: &str, _: usize, _: u8) -> Option<MimeBundle> {
        None
    }

    fn kill(&self) {}
}
