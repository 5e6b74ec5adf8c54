//! rustc's messages in JSON, a line each, as far as the kernel looks into them.

use serde_json::Value;
use std::collections::BTreeSet;

/// The errors among `messages` that say more than how many errors there were.
pub fn errors(messages: &str) -> Vec<Value> {
    messages
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line).ok())
        .filter(|message| message["level"] == "error")
        .filter(|message| !text(message).starts_with("aborting due to"))
        .collect()
}

/// What a message says.
pub fn text(message: &Value) -> &str {
    message["message"].as_str().unwrap_or_default()
}

/// The error's code, `E0382`; empty for what the parser finds.
pub fn code(message: &Value) -> &str {
    message["code"]["code"].as_str().unwrap_or_default()
}

/// The names that stand between backticks in what a message and its notes say.
pub fn quoted_words(message: &Value) -> BTreeSet<String> {
    let notes = message["children"].as_array().into_iter().flatten();
    let in_word = |c: char| c.is_alphanumeric() || c == '_';
    let quoted = notes
        .chain([message])
        .flat_map(|part| text(part).split('`').skip(1).step_by(2));
    let words = quoted.flat_map(|code| code.split(|c| !in_word(c)));
    let words = words.filter(|word| !word.is_empty());
    words.map(str::to_owned).collect()
}

/// The lines (1-based) of the compiled source that a message points at, the most important one
/// first.
pub fn lines(message: &Value) -> Vec<u32> {
    let mut spans: Vec<&Value> = message["spans"].as_array().into_iter().flatten().collect();
    spans.sort_by_key(|span| span["is_primary"] != true);
    spans.into_iter().filter_map(own_line).collect()
}

/// The line of a place, or of the macro call in the cell that led there.
fn own_line(span: &Value) -> Option<u32> {
    let file = span["file_name"].as_str().unwrap_or_default();
    let is_program = file
        .rsplit('/')
        .next()
        .is_some_and(|name| name.starts_with("program_"));
    if file == "src/lib.rs" || is_program {
        return span["line_start"]
            .as_u64()
            .and_then(|line| line.try_into().ok());
    }
    own_line(span["expansion"].get("span")?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_between_backticks() {
        let message = r#"{"message":"`Rc<i32>` cannot be sent","children":[
            {"message":"the trait `Send` is not implemented for `Rc<i32>`"},
            {"message":"required by this bound in `spawn`"}]}"#;
        let words = quoted_words(&serde_json::from_str(message).unwrap());
        assert_eq!(Vec::from_iter(words), ["Rc", "Send", "i32", "spawn"]);
    }

    #[test]
    fn a_place_in_a_macro_of_std_is_its_call() {
        let inner = r#"{"file_name":"/rust/lib.rs","line_start":9,"is_primary":true,"expansion":{"span":{"file_name":"src/lib.rs","line_start":4,"expansion":null}}}"#;
        let other =
            r#"{"file_name":"src/lib.rs","line_start":2,"is_primary":false,"expansion":null}"#;
        let error = format!(
            r#"{{"level":"error","message":"m","code":{{"code":"E0001"}},"spans":[{other},{inner}]}}"#
        );
        let last = r#"{"level":"error","message":"aborting due to 1 previous error","spans":[]}"#;
        let found = errors(&format!("{error}\n{last}\nno json\n"));
        assert_eq!(found.len(), 1);
        assert_eq!((code(&found[0]), text(&found[0])), ("E0001", "m"));
        assert_eq!(lines(&found[0]), [4, 2]);
    }
}
