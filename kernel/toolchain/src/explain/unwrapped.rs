//! Errors in which what evcxr puts around a cell has no part.

use crate::messages::{code, text};
use serde_json::Value;

/// The lines with which the closure that catches panics begins, and ends.
pub(super) const OPENS: [&str; 5] = [
    "if ::std::panic::catch_unwind(||{",
    "match ::std::panic::catch_unwind(",
    "  ::std::panic::AssertUnwindSafe(||{",
    "if ::std::panic::catch_unwind(||->(){",
    "  ::std::panic::AssertUnwindSafe(||->(){",
];
/// See [`OPENS`].
pub(super) const CLOSES: [&str; 2] = ["}).is_err() {", "})) { "];

/// What rustc finds before it looks at which variables a closure captures: names that are not
/// there, types that don't fit, traits that are lacking. In a closure these are what they are in a
/// function.
const OWN: [&str; 22] = [
    "E0061", "E0107", "E0277", "E0308", "E0369", "E0407", "E0412", "E0423", "E0425", "E0432",
    "E0433", "E0560", "E0599", "E0600", "E0604", "E0605", "E0606", "E0608", "E0609", "E0614",
    "E0618", "E0620",
];

/// Whether an error would be the same in a cell that is a function's body.
pub(super) fn is_of_the_cell(error: &Value, source: &str, has_long_paths: bool) -> bool {
    let lines: Vec<&str> = source.lines().collect();
    // The closure has a type of its own to return, which these tell of.
    let returns = || {
        let says = text(error);
        says.contains("`?`") || within(&lines).iter().any(|line| line.contains("return"))
    };
    // Cells are compiled such that unstable parts of std are offered, too.
    let offers = || children(error).any(|child| text(child).contains("import"));
    OWN.contains(&code(error))
        && !offers()
        && points_at_the_cell(error, &lines)
        && !has_long_paths_in(error, has_long_paths)
        && !(matches!(code(error), "E0277" | "E0308") && returns())
}

/// The lines of the closure that catches panics; all if there is none.
fn within<'l>(lines: &'l [&'l str]) -> &'l [&'l str] {
    let opens = lines.iter().position(|line| OPENS.contains(line));
    let closes = lines.iter().rposition(|line| CLOSES.contains(line));
    match opens.zip(closes) {
        Some((opens, closes)) if opens < closes => &lines[opens..closes],
        _ => lines,
    }
}

/// Whether nothing of an error stands in lines that the person did not write, or speaks of them.
fn points_at_the_cell(error: &Value, lines: &[&str]) -> bool {
    let is_of_the_cell = |span: &Value| {
        let own = ["line_start", "line_end"].iter().all(|end| {
            let line = span[end].as_u64().unwrap_or(0) as usize;
            let line = line.checked_sub(1).and_then(|line| lines.get(line));
            line.is_some_and(|line| !is_generated(line))
        });
        own || span["file_name"] != "src/lib.rs"
    };
    !text(error).contains("evcxr")
        && spans(error).all(|span| {
            let around = &span["expansion"]["span"];
            is_of_the_cell(span)
                && (around.is_null() || is_of_the_cell(around))
                && !span["label"].to_string().contains("evcxr")
        })
        && children(error).all(|child| points_at_the_cell(child, lines))
}

fn is_generated(line: &str) -> bool {
    OPENS.contains(&line)
        || CLOSES.contains(&line)
        || ["evcxr", "EVCXR", "run_user_code", "/* shown */"]
            .iter()
            .any(|part| line.contains(part))
}

/// Whether something is named by a long path, where messages have such.
fn has_long_paths_in(error: &Value, long: bool) -> bool {
    let has = |text: &Value| text.as_str().is_some_and(|text| text.contains("::"));
    long && (has(&error["message"])
        || spans(error).any(|span| has(&span["label"]))
        || children(error).any(|child| has_long_paths_in(child, long)))
}

fn spans(message: &Value) -> impl Iterator<Item = &Value> {
    message["spans"].as_array().into_iter().flatten()
}

fn children(message: &Value) -> impl Iterator<Item = &Value> {
    message["children"].as_array().into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const SOURCE: &str = "fn run_user_code_1(\nmatch ::std::panic::catch_unwind(\n  ::std::panic::AssertUnwindSafe(||{\nlet a: i32 = \"\";\n})) { \n}\n";

    fn error(code: &str, message: &str, line: u32) -> Value {
        let span = json!({"file_name": "src/lib.rs", "line_start": line, "line_end": line,
                          "label": "expected `i32`", "expansion": null});
        json!({"message": message, "code": {"code": code}, "spans": [span], "children": []})
    }

    #[test]
    fn what_the_closure_has_a_part_in_is_looked_at_again() {
        let own = |error: &Value| is_of_the_cell(error, SOURCE, false);
        let types = error("E0308", "mismatched types", 4);
        assert!(own(&types));
        assert!(!own(&error("E0382", "borrow of moved value: `a`", 4)));
        assert!(!own(&error("E0308", "mismatched types", 3)));
        let mut of_closure = types.clone();
        of_closure["children"] = json!([error("", "required by this closure", 2)]);
        assert!(!own(&of_closure));
        assert!(!own(&error("E0277", "`?` couldn't convert the error", 4)));
        let mut unknown = error("E0433", "cannot find type `Mutex`", 4);
        assert!(own(&unknown));
        unknown["children"] = json!([error("", "consider importing one of these", 4)]);
        assert!(!own(&unknown));
        let returning = SOURCE.replace("\"\";", "return;");
        assert!(!is_of_the_cell(&types, &returning, false));
        assert!(is_of_the_cell(
            &types,
            &format!("{SOURCE}return store;\n"),
            false
        ));
    }

    #[test]
    fn long_paths_are_looked_at_again() {
        let long = error("E0308", "expected `std::string::String`", 4);
        assert!(!is_of_the_cell(&long, SOURCE, true));
        assert!(is_of_the_cell(
            &error("E0308", "mismatched types", 4),
            SOURCE,
            true
        ));
    }
}
