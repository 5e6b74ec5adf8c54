//! Answers evcxr's further attempts at a cell that can't compile.
//!
//! evcxr compiles a cell that failed up to three times more: with its value displayed in another way, with `?` allowed,
//! without catching panics. For mistakes that no such change can mend, the first answer is given again.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

/// Errors about names and types alone, which rustc finds whatever evcxr puts around the cell. Not so what the borrow
/// checker finds: there it matters whether variables are captured by a closure.
const DECIDED: [&str; 30] = [
    "E0004", "E0023", "E0026", "E0027", "E0046", "E0053", "E0061", "E0063", "E0069", "E0106",
    "E0107", "E0117", "E0119", "E0200", "E0277", "E0308", "E0369", "E0404", "E0405", "E0407",
    "E0412", "E0423", "E0425", "E0432", "E0433", "E0560", "E0599", "E0609", "E0614", "E0618",
];

/// A failed attempt: what was compiled, and what rustc said, in JSON.
#[derive(Serialize, Deserialize)]
pub struct Failure {
    pub(super) source: String,
    pub(super) messages: String,
}

impl Failure {
    fn path(workspace: &Path) -> PathBuf {
        workspace.join("compile.failure")
    }

    /// To be called when another cell begins: what failed before may compile now.
    pub fn forget(workspace: &Path) {
        let _ = fs::remove_file(Failure::path(workspace));
    }

    pub(super) fn note(workspace: &Path, source: String, messages: &str) {
        let failure = Failure {
            source,
            messages: messages.to_owned(),
        };
        // Without it, the next attempt takes its time.
        let _ = serde_json::to_vec(&failure).map(|text| fs::write(Failure::path(workspace), text));
    }

    /// What rustc would say of `source`, if the cell's last attempt tells: the messages with the lines of `source`, and
    /// the source that their rendered text is about.
    pub(super) fn known(workspace: &Path, source: &str) -> Option<Failure> {
        let text = fs::read(Failure::path(workspace)).ok()?;
        let failure: Failure = serde_json::from_slice(&text).ok()?;
        let messages = failure.answer(source)?;
        Some(Failure {
            messages,
            ..failure
        })
    }

    fn answer(&self, source: &str) -> Option<String> {
        let lines = Lines {
            old: self.source.lines().collect(),
            new: source.lines().collect(),
        };
        let mut answer = String::new();
        for line in self.messages.lines() {
            let mut message: Value = serde_json::from_str(line).ok()?;
            let has_place = message["spans"].as_array().is_some_and(|s| !s.is_empty());
            let is_error = message["level"] == "error" && has_place;
            if is_error && !is_decided(&message) {
                return None;
            }
            match lines.translate(&mut message) {
                Some(()) => answer.push_str(&format!("{message}\n")),
                None if is_error => return None,
                // A warning about generated code.
                None => {}
            }
        }
        (!answer.is_empty()).then_some(answer)
    }
}

/// Whether a message stays the same whatever evcxr changes.
fn is_decided(message: &Value) -> bool {
    let code = message["code"]["code"].as_str().unwrap_or_default();
    let text = message.to_string().to_lowercase();
    DECIDED.contains(&code) && !text.contains("evcxr") && !text.contains("`?`")
}

/// Two sources that differ in what evcxr generated.
struct Lines<'a> {
    old: Vec<&'a str>,
    new: Vec<&'a str>,
}

impl Lines<'_> {
    /// Gives the places in a message and its parts the numbers of the new lines; `None` if one isn't there.
    fn translate(&self, part: &mut Value) -> Option<()> {
        match part {
            Value::Array(parts) => parts.iter_mut().try_for_each(|part| self.translate(part)),
            Value::Object(fields) => {
                if fields
                    .get("file_name")
                    .is_some_and(|name| name == "src/lib.rs")
                {
                    let number = |name| Some(fields.get(name)?.as_u64()? as usize);
                    let (start, end) = (number("line_start")?, number("line_end")?);
                    let moved = self.place(start, end)?;
                    fields.insert("line_start".into(), moved.into());
                    fields.insert("line_end".into(), (moved + end - start).into());
                }
                fields
                    .values_mut()
                    .try_for_each(|part| self.translate(part))
            }
            _ => Some(()),
        }
    }

    /// Where the lines `start..=end` (1-based) of the old source begin in the new one. Lines that stand in one of the two
    /// more often than in the other can't be told apart.
    fn place(&self, start: usize, end: usize) -> Option<usize> {
        let wanted = self.old.get(start.checked_sub(1)?..end)?;
        let found = |lines: &[&str]| -> Vec<usize> {
            let starts = lines.windows(wanted.len()).enumerate();
            starts
                .filter(|(_, these)| *these == wanted)
                .map(|(index, _)| index + 1)
                .collect()
        };
        let (old, new) = (found(&self.old), found(&self.new));
        let which = old.iter().position(|line| *line == start)?;
        (old.len() == new.len()).then(|| new[which])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const FIRST: &str = "use a::B;\nfn f() {\nif catch(||{\nlet x: B = 1;\ng(x);\n}\n}\n";
    const SECOND: &str =
        "use a::B;\nstruct Evcxr;\nimpl Evcxr {}\nfn f() {\nlet x: B = 1;\ng(x);\n}\n";

    fn message(code: &str, text: &str, line: u64) -> Value {
        let span = json!({"file_name": "src/lib.rs", "line_start": line, "line_end": line});
        json!({"level": "error", "code": {"code": code}, "message": text, "spans": [span], "children": []})
    }

    fn answer(message: &Value) -> Option<Value> {
        let failure = Failure {
            source: FIRST.into(),
            messages: format!("{message}\n"),
        };
        let answer = failure.answer(SECOND)?;
        Some(serde_json::from_str(&answer).unwrap())
    }

    #[test]
    fn a_wrong_type_stays_one_and_moves_with_its_line() {
        let moved = answer(&message("E0308", "mismatched types", 5)).unwrap();
        assert_eq!(moved["spans"][0]["line_start"], 6);
        assert_eq!(moved["message"], "mismatched types");
        let first = answer(&message("E0432", "unresolved import", 1)).unwrap();
        assert_eq!(first["spans"][0]["line_end"], 1);
    }

    #[test]
    fn what_another_attempt_can_mend_or_explain_is_compiled_again() {
        let again = [
            message("E0382", "use of moved value", 5),
            message("E0277", "the `?` operator can only be used in …", 5),
            message("E0599", "no method named `evcxr_display`", 5),
            message("E0308", "mismatched types", 3),
            message("E0308", "mismatched types", 6),
        ];
        for message in again {
            assert_eq!(answer(&message), None, "{message}");
        }
    }
}
