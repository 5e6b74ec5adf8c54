//! `:explain`, `:last_error_json` and `:version`.

use crate::diagnostics::errors;
use crate::session::Session;
use jupyter::{CellError, MimeBundle};
use serde_json::json;
use std::process::Command;
use toolchain::{Failure, explain, messages};

impl Session {
    /// What rustc's error index says about an error; else, about the first one of the last cell.
    pub(super) fn explanation(&self, code: Option<String>) -> Result<MimeBundle, CellError> {
        let code = code.map_or_else(|| self.last_code(), Ok)?;
        let rustc = &self.settings.toolchain.rustc;
        let output = Command::new(rustc).args(["--explain", &code]).output();
        let output = output.map_err(|error| {
            let message = format!("cannot run `{} --explain {code}`: {error}", rustc.display());
            errors::plain("command", &message)
        })?;
        if !output.status.success() {
            let message = format!("rustc knows nothing of an error `{code}`");
            return Err(errors::plain("command", &message));
        }
        let text = format!("{code}\n\n{}", String::from_utf8_lossy(&output.stdout));
        Ok(MimeBundle::from_iter([
            ("text/plain".to_owned(), json!(text)),
            ("text/markdown".to_owned(), json!(text)),
        ]))
    }

    /// The code of the last cell's first error.
    fn last_code(&self) -> Result<String, CellError> {
        let found = explain::explain(self.workspace.root()).ok_or_else(none)?;
        let mut codes = found.errors.iter().map(messages::code);
        let code = codes.find(|code| code.starts_with('E')).map(str::to_owned);
        code.ok_or_else(|| errors::plain("command", "rustc has no more to say about that error"))
    }

    /// What rustc said of the last cell, an error a line.
    pub(super) fn last_errors(&self) -> Result<String, CellError> {
        let failure = Failure::last(self.workspace.root()).ok_or_else(none)?;
        Ok(failure.messages)
    }

    /// What a report of a fault should name.
    pub(super) fn versions(&mut self) -> String {
        let own = env!("CARGO_PKG_VERSION");
        let evcxr = self.context.execute(":version").ok();
        let evcxr =
            evcxr.and_then(|outputs| outputs.content_by_mime_type.get("text/plain").cloned());
        let evcxr = evcxr.unwrap_or_default();
        let rustc = self.settings.toolchain.version.lines().next();
        let rustc = rustc.unwrap_or("an unknown rustc");
        format!("Fearless {own}, evcxr {}, {rustc}\n", evcxr.trim())
    }
}

fn none() -> CellError {
    errors::plain("command", "the last cell with code had no compile error")
}
