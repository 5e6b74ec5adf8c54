//! A cell that doesn't compile: what evcxr is told, and what is kept for the person.
//!
//! evcxr tries to mend a cell that failed: it forgets variables that were moved, allows `?` and
//! `.await`, shows the value in another way. Only if all that a cell lacks is of this kind, it gets
//! to know what rustc said. Else it is told that the cell doesn't compile, at once and at each
//! further attempt; why is then explained to the person from what is kept here (see
//! [`crate::explain`]).

use super::generated::{display::Place, kept};
use crate::error::Error;
use crate::messages::{code, errors, lines, text};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// What evcxr is told of a cell that it can't mend: an error without a place, which it leaves
/// alone.
pub(super) const ANSWER: &str = r#"{"$message_type":"diagnostic","message":"the cell does not compile","code":null,"level":"error","spans":[],"children":[],"rendered":""}"#;

/// A failed attempt: what was compiled, and what rustc said, in JSON, a line each.
#[derive(Debug, Serialize, Deserialize)]
pub struct Failure {
    /// The source as rustc got it.
    pub source: String,
    /// rustc's messages.
    pub messages: String,
    /// Whether they name things by long paths, for the sake of variables' types.
    pub has_long_paths: bool,
    /// Whether evcxr can't change anything about it.
    is_final: bool,
}

impl Failure {
    fn path(workspace: &Path) -> PathBuf {
        workspace.join("compile.failure")
    }

    /// To be called when another cell begins: what failed before may compile now.
    pub fn forget(workspace: &Path) {
        let _ = fs::remove_file(Failure::path(workspace));
    }

    /// The cell's last failed attempt.
    pub fn last(workspace: &Path) -> Option<Failure> {
        let text = fs::read(Failure::path(workspace)).ok()?;
        serde_json::from_slice(&text).ok()
    }

    /// Whether further attempts at the cell are in vain.
    pub(super) fn is_final(workspace: &Path) -> bool {
        Failure::last(workspace).is_some_and(|failure| failure.is_final)
    }

    /// Keeps a failed attempt; what evcxr is told.
    pub(super) fn note(
        workspace: &Path,
        source: String,
        messages: String,
        has_long_paths: bool,
    ) -> Result<String, Error> {
        let failure = Failure {
            is_final: !evcxr_mends(&source, &messages),
            source,
            messages,
            has_long_paths,
        };
        let path = Failure::path(workspace);
        serde_json::to_vec(&failure)
            .map_err(std::io::Error::from)
            .and_then(|text| fs::write(&path, text))
            .map_err(Error::file("write", &path))?;
        Ok(if failure.is_final {
            ANSWER.to_owned()
        } else {
            question_mark(&failure.source, &failure.messages).unwrap_or(failure.messages)
        })
    }
}

/// Whether the compiler misses something that is `async` around an `.await`.
pub(super) fn asks_for_await(messages: &str) -> bool {
    errors(messages).iter().any(|error| code(error) == AWAIT)
}

/// The error of an `.await` that nothing `async` is around.
const AWAIT: &str = "E0728";

/// What evcxr is told of a cell that returns a result without a `?`: that it has one, since from
/// there on cells end with a result.
fn question_mark(source: &str, messages: &str) -> Option<String> {
    let (mut error, line) = result_returned(source, messages)?;
    error["code"]["code"] = "E0277".into();
    let spans = error["spans"].as_array_mut()?;
    spans.truncate(1);
    spans[0]["line_start"] = line.into();
    spans[0]["line_end"] = line.into();
    Some(error.to_string() + "\n")
}

/// The mistake, and the line (1-based), of a cell that ends before its end with `Ok` or `Err`,
/// where cells end with nothing.
fn result_returned(source: &str, messages: &str) -> Option<(Value, usize)> {
    if source.contains(ALLOWS_QUESTION_MARK) {
        return None;
    }
    let mismatch = errors(messages)
        .into_iter()
        .find(|it| code(it) == "E0308")?;
    let returns = |line: &str| line.contains("return Ok(") || line.contains("return Err(");
    let line = source.lines().position(returns)?;
    Some((mismatch, line + 1))
}

/// What stands in each cell from the first `?` on.
const ALLOWS_QUESTION_MARK: &str = "struct EvcxrUserCodeError";

/// Whether evcxr knows a change by which the cell may compile.
fn evcxr_mends(source: &str, messages: &str) -> bool {
    if result_returned(source, messages).is_some() {
        return true;
    }
    let shown = Place::find(source);
    let source: Vec<&str> = source.lines().collect();
    let has = |part: &str| source.iter().any(|line| line.contains(part));
    let allows_question_mark = has(ALLOWS_QUESTION_MARK);
    let is_async = has("evcxr_tokio_runtime");
    let errors = errors(messages);
    let asks = |error: &Value| match code(error) {
        "E0277" => {
            !allows_question_mark && text(error).starts_with("the `?` operator can only be used")
        }
        AWAIT => !is_async,
        _ => false,
    };
    // What never comes to an end has no type whose methods could be looked up, and what a number is
    // (`|a, b| a + b`) may be known later on: both can be formatted.
    let is_by_method = shown.as_ref().is_some_and(|place| place.is_by_method);
    let has_no_type_yet =
        |error: &Value| is_by_method && matches!(code(error), "E0282" | "E0283" | "E0284");
    let mends = |error| is_about_the_store(error, &source) || has_no_type_yet(error);
    errors.iter().any(asks) || errors.iter().all(mends)
}

/// Whether an error is about how a variable is kept or the last expression shown, and evcxr can do
/// without.
fn is_about_the_store(error: &Value, source: &[&str]) -> bool {
    let line = lines(error)
        .first()
        .and_then(|line| source.get(*line as usize - 1));
    let is_kept = line.is_some_and(|line| kept(line).is_some());
    match code(error) {
        "" | "E0382" | "E0425" | "E0562" | "E0603" => is_kept,
        // Without our `std`, where nothing has this method but what the user gave it.
        "E0599" => {
            text(error).contains("`evcxr_display`") && source.contains(&").evcxr_display();")
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const SOURCE: &str = "pub extern \"C\" fn run_user_code_1(\nlet s = f();\nevcxr_variable_store.put_variable::<String>(stringify!(s), s);\n}\n";

    fn message(code: &str, text: &str, line: u64) -> String {
        let span = json!({"file_name": "src/lib.rs", "line_start": line, "is_primary": true});
        json!({"level": "error", "code": {"code": code}, "message": text, "spans": [span]})
            .to_string()
    }

    #[test]
    fn evcxr_is_told_what_it_can_mend() {
        let mends = |messages: &[String]| evcxr_mends(SOURCE, &messages.join("\n"));
        let moved = message("E0382", "use of moved value: `s`", 3);
        let own = message("E0308", "mismatched types", 2);
        let asks = "the `?` operator can only be used in a closure that returns `Result`";
        let question = message("E0277", asks, 2);
        assert!(mends(std::slice::from_ref(&moved)));
        assert!(mends(&[question.clone(), own.clone()]));
        assert!(mends(&[message("E0728", "`await` is only allowed …", 2)]));
        assert!(!mends(&[moved, own]));
        assert!(!mends(&[message("E0382", "use of moved value: `s`", 2)]));
        let allowed = format!("struct EvcxrUserCodeError {{}}\n{SOURCE}");
        assert!(!evcxr_mends(&allowed, &question));
    }

    #[test]
    fn what_has_no_type_yet_is_shown_in_another_way() {
        let source =
            "{ /* shown */ use ::std::display::Shown as _; (&(\npanic!()\n)).evcxr_display(); }\n";
        let unknown = message("E0282", "type annotations needed", 1);
        assert!(evcxr_mends(source, &unknown));
        let closure = format!("let add = |a, b| a + b;\n{source}");
        assert!(evcxr_mends(&closure, &unknown));
        let formatted = "evcxr_send_text_plain(&format!(\"{:?}\",&(\npanic!()\n)));\n";
        assert!(!evcxr_mends(formatted, &unknown));
    }

    #[test]
    fn a_hopeless_cell_is_answered_without_a_compiler() {
        let folder = tempfile::tempdir().unwrap();
        let workspace = folder.path();
        let own = message("E0308", "mismatched types", 2);
        let told = Failure::note(workspace, SOURCE.into(), own.clone(), false).unwrap();
        assert_eq!(told, ANSWER);
        assert!(Failure::is_final(workspace));
        assert_eq!(Failure::last(workspace).unwrap().messages, own);
        Failure::forget(workspace);
        assert!(!Failure::is_final(workspace));
    }
}
