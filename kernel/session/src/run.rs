//! A cell on its way, and what is shown under it.

use crate::cell::report::REPORT_TYPE;
use crate::commands::search::Search;
use crate::source::script::Script;
use crate::source::source_map::has_code;
use evcxr::EvalOutputs;
use jupyter::{CellIo, ExecuteRequest, MimeBundle, Stream};
use serde_json::{Value, json};
use std::time::Duration;

/// How long the last output may be on its way, of a cell that has come to its end or whose process
/// died.
pub(crate) fn output_patience(ended: bool) -> Duration {
    Duration::from_millis(if ended { 5000 } else { 20 })
}

/// What our `std` takes for the end of the input: Control-D.
pub(crate) const END_OF_INPUT: &str = "\u{4}";

/// A cell with our commands taken out, on its way.
pub(crate) struct Run<'a> {
    /// The request.
    pub request: &'a ExecuteRequest,
    /// Where its outputs go.
    pub io: &'a CellIo,
    /// The Rust code and evcxr's commands.
    pub code: String,
    /// The file that the code comes from, if it is not the cell's own.
    pub script: Option<Script>,
    /// What goes into the reply's `payload`.
    pub payload: Vec<Value>,
}

/// How a cell's code is run.
pub(crate) enum Way {
    /// In the session's cell process.
    Cell,
    /// As a program of its own.
    Program,
    /// As a program, so many times.
    Repeat(u32),
    /// As a program, in one order after another.
    Explore(Search),
    /// As a program, in this order.
    Replay(String),
}

impl Run<'_> {
    /// Takes the code of a file in the place of the cell's, whose other commands stay.
    ///
    /// # Errors
    /// One sentence for the person.
    pub(crate) fn take_file(&mut self, path: &str) -> Result<(), String> {
        if has_code(&self.code) {
            return Err(format!(
                "the program is in `{path}`, but code stands below `:file` as well: take one of the two away"
            ));
        }
        let mut script = Script::read(path)?;
        script.commands.insert_str(0, &self.code);
        self.code.clone_from(&script.code);
        self.script = Some(script);
        Ok(())
    }

    /// The text that lines of the code are counted in.
    pub(crate) fn text(&self) -> &str {
        match &self.script {
            Some(script) => &script.code,
            None => &self.request.code,
        }
    }

    /// Says something under the cell.
    pub(crate) fn say(&self, stream: Stream, text: &str) {
        self.io.stream(&self.request.parent, stream, text);
    }

    /// Says something of the kernel's own under the cell, below what the cell prints. It is no
    /// output of the cell, so it is no stream: to graders, whatever stands in stderr is a mistake.
    pub(crate) fn remark(&self, text: &str) {
        if !self.request.silent && !text.is_empty() {
            let text = json!(text.trim_end());
            self.show(MimeBundle::from_iter([("text/plain".to_owned(), text)]));
        }
    }

    /// Shows a bundle under the cell.
    pub(crate) fn show(&self, bundle: MimeBundle) {
        self.io
            .display_data(&self.request.parent, bundle, MimeBundle::new(), None);
    }

    /// What evcxr's own commands (`:vars`, `:dep` …) answered.
    pub(crate) fn show_outputs(&self, outputs: &EvalOutputs) {
        let bundle: MimeBundle = outputs
            .content_by_mime_type
            .iter()
            .filter(|(_, text)| !text.is_empty())
            .map(|(mime, text)| (mime.clone(), json!(text)))
            .collect();
        if !bundle.is_empty() && !self.request.silent && !bundle.contains_key(REPORT_TYPE) {
            self.io.execute_result(
                &self.request.parent,
                self.request.execution_count,
                bundle,
                MimeBundle::new(),
            );
        }
    }
}
