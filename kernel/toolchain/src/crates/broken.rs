//! Telling crates that are broken from mistakes in a cell.

use serde_json::Value;

/// Errors by which rustc says that crates don't fit together, or are half there.
const CODES: [&str; 6] = ["E0460", "E0462", "E0464", "E0514", "E0523", "E0786"];

/// The same without a code, and from linkers.
const WORDS: [&str; 8] = [
    "cannot satisfy dependencies so",
    "extern location for",
    "file too small to be an archive",
    "invalid metadata files",
    "malformed archive",
    "only metadata stub",
    "required to be available in",
    "unknown file type",
];

/// Whether rustc's messages (JSON, a line each, or plain) say that what lies in the cache is
/// broken. No mistake in a cell is told so.
pub(crate) fn is_broken(messages: &str) -> bool {
    messages
        .lines()
        .any(|line| match serde_json::from_str::<Value>(line) {
            Ok(message) => is_about_broken_crates(&message),
            Err(_) => {
                CODES.iter().any(|code| line.contains(&format!("[{code}]")))
                    || WORDS.iter().any(|words| line.contains(words))
            }
        })
}

fn is_about_broken_crates(message: &Value) -> bool {
    // Cargo puts rustc's message into one of its own.
    let message = message
        .get("message")
        .filter(|it| it.is_object())
        .unwrap_or(message);
    let code = message["code"]["code"].as_str().unwrap_or_default();
    let text = message["message"].as_str().unwrap_or_default();
    let is_error = message["level"]
        .as_str()
        .is_some_and(|level| level.starts_with("error"));
    let has_no_place = message["spans"].as_array().is_none_or(Vec::is_empty);
    is_error
        && (CODES.contains(&code)
            || code == "E0463" && text.contains("` which `")
            || code.is_empty()
                && has_no_place
                && WORDS.iter().any(|it| message.to_string().contains(it)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn error(code: &str, text: &str) -> String {
        json!({"level": "error", "code": {"code": code}, "message": text, "spans": []}).to_string()
    }

    #[test]
    fn broken_crates_are_told_from_mistakes() {
        let newer = "found possibly newer version of crate `fastrand` which `rand` depends on";
        let gone = "can't find crate for `fastrand` which `rand` depends on";
        assert!(is_broken(&error("E0460", newer)));
        assert!(is_broken(&error("E0463", gone)));
        assert!(is_broken(&format!("error[E0460]: {newer}")));
        let wrapped = format!(
            "{{\"reason\": \"compiler-message\", \"message\": {}}}",
            error("E0786", "")
        );
        assert!(is_broken(&wrapped));
        assert!(!is_broken(&error(
            "E0463",
            "can't find crate for `nothing`"
        )));
        assert!(!is_broken(&error(
            "E0425",
            "cannot find value `extern` in this scope"
        )));
    }
}
