//! Types of variables as rust-analyzer writes them, made such that stable rustc takes them.
//!
//! evcxr stores each variable under its inferred type: `store.put_variable::<TYPE>(stringify!(name), name)`. Some of what
//! is inferred can't be written so in a cell:
//!
//! - traits of `dyn` types have no path (`Box<dyn Any + Send>`, after `let result = handle.join();`);
//! - `AtomicU64` is an alias of `Atomic<u64>`, which is not stable;
//! - nor is `!`, the result of a thread that loops for ever.
//!
//! Lines keep their numbers.

use std::borrow::Cow;

/// What stands around a type.
const BEFORE: &str = "_variable::<";
const AFTER: &str = ">(stringify!(";

/// Traits of std that are often behind `dyn`, and are in no prelude.
const TRAITS: [(&str, &str); 6] = [
    ("Any", "::std::any::Any"),
    ("Error", "::std::error::Error"),
    ("Debug", "::std::fmt::Debug"),
    ("Display", "::std::fmt::Display"),
    ("Read", "::std::io::Read"),
    ("BufRead", "::std::io::BufRead"),
];

/// The stable name of `Atomic<…>` for each type but pointers.
const ATOMICS: [(&str, &str); 11] = [
    ("bool", "AtomicBool"),
    ("i8", "AtomicI8"),
    ("i16", "AtomicI16"),
    ("i32", "AtomicI32"),
    ("i64", "AtomicI64"),
    ("isize", "AtomicIsize"),
    ("u8", "AtomicU8"),
    ("u16", "AtomicU16"),
    ("u32", "AtomicU32"),
    ("u64", "AtomicU64"),
    ("usize", "AtomicUsize"),
];

/// Gives `!` a name that stable rustc takes as a type argument.
const NEVER: &str = "\nmod fearless_never {\npub trait Returns { type Value; }\nimpl<T> Returns for fn() -> T { type Value = T; }\n\
                     pub type Never = <fn() -> ! as Returns>::Value;\n}\n";

/// The cell's source with the types of its variables named; `None` when there is nothing to change.
pub fn name(source: &str) -> Option<String> {
    let mut changed = false;
    let mut lines = String::with_capacity(source.len());
    for line in source.split_inclusive('\n') {
        match name_in(line, source) {
            Some(line) => {
                changed = true;
                lines += &line;
            }
            None => lines += line,
        }
    }
    if lines.contains("fearless_never::") {
        lines += NEVER;
    }
    changed.then_some(lines)
}

fn name_in(line: &str, source: &str) -> Option<String> {
    let start = line.find(BEFORE)? + BEFORE.len();
    let end = start + line[start..].rfind(AFTER)?;
    let written = &line[start..end];
    let named = never(&atomics(&traits(written, source), source)).into_owned();
    (named != written).then(|| format!("{}{named}{}", &line[..start], &line[end..]))
}

fn traits(written: &str, source: &str) -> String {
    let mut named = written.to_owned();
    for (name, path) in TRAITS {
        // A trait of the user's own has its name to itself.
        if named.contains(&format!("dyn {name}")) && !source.contains(&format!("trait {name}")) {
            named = replace_word(&named, &format!("dyn {name}"), &format!("dyn {path}"));
        }
    }
    named
}

/// `text` with each `word` replaced that isn't the beginning of a longer one, or of a path.
fn replace_word(text: &str, word: &str, by: &str) -> String {
    let mut result = String::new();
    let mut rest = text;
    while let Some(at) = rest.find(word) {
        let (before, after) = (&rest[..at], &rest[at + word.len()..]);
        let goes_on = after.starts_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':');
        result += before;
        result += if goes_on { word } else { by };
        rest = after;
    }
    result + rest
}

/// Replaces `Atomic<u64>`: with std's path before it, or bare where the cell imports from that module.
fn atomics(written: &str, source: &str) -> String {
    let path = "std::sync::atomic::";
    let mut result = String::new();
    let mut rest = written;
    while let Some(at) = rest.find("Atomic<") {
        let (before, after) = (&rest[..at], &rest[at + "Atomic<".len()..]);
        let is_bare = !before.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':');
        let is_imported = source.contains("atomic::") && !source.contains("epoch::");
        let is_std =
            before.ends_with(path) || is_bare && is_imported && !source.contains("struct Atomic");
        match closing(after).filter(|_| is_std) {
            Some(end) => {
                result += before.strip_suffix(path).unwrap_or(before);
                result += &atomic_of(&after[..end]);
                rest = &after[end + 1..];
            }
            None => {
                result += &rest[..at + "Atomic<".len()];
                rest = after;
            }
        }
    }
    result + rest
}

fn atomic_of(argument: &str) -> String {
    let stable = ATOMICS.iter().find(|(name, _)| *name == argument);
    match (stable, argument.strip_prefix("*mut ")) {
        (Some((_, name)), _) => format!("::std::sync::atomic::{name}"),
        (None, Some(target)) => format!("::std::sync::atomic::AtomicPtr<{target}>"),
        (None, None) => format!("::std::sync::atomic::Atomic<{argument}>"),
    }
}

/// Where the bracket closes that is open at the beginning of `text`.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0usize;
    let mut before = ' ';
    for (at, character) in text.char_indices() {
        match character {
            '<' => depth += 1,
            '>' if before == '-' => {}
            '>' if depth == 0 => return Some(at),
            '>' => depth -= 1,
            _ => {}
        }
        before = character;
    }
    None
}

/// Replaces `!` where it is an argument; what a function returns may be written so.
fn never(written: &str) -> Cow<'_, str> {
    if !written.contains('!') {
        return Cow::Borrowed(written);
    }
    let mut result = String::new();
    let mut before = ' ';
    for character in written.chars() {
        match character {
            '!' if matches!(before, '<' | ',' | '(') => result += "fearless_never::Never",
            _ => result.push(character),
        }
        if character != ' ' {
            before = character;
        }
    }
    Cow::Owned(result)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(inferred: &str, named: &str, imports: &str) {
        let line = |of: &str| {
            format!("{imports}\nevcxr_variable_store.put_variable::<{of}>(stringify!(a), a);\n")
        };
        let result = name(&line(inferred));
        match (inferred == named, &result) {
            (true, _) => assert_eq!(result, None),
            (false, Some(result)) => assert!(result.starts_with(&line(named)), "{result}"),
            (false, None) => panic!("{inferred} was left as it is"),
        }
    }

    #[test]
    fn traits_get_their_paths() {
        check(
            "Result<(), Box<dyn Any + Send>>",
            "Result<(), Box<dyn ::std::any::Any + Send>>",
            "let a: Box<dyn Any>;",
        );
        check("Box<dyn Error>", "Box<dyn ::std::error::Error>", "");
        for same in [
            "Box<dyn Anyone>",
            "Box<dyn Error>",
            "Box<dyn std::fmt::Debug>",
        ] {
            check(same, same, "trait Error {}");
        }
    }

    #[test]
    fn atomics_get_their_stable_names() {
        let full = "std::sync::Arc<std::sync::atomic::Atomic<u64>>";
        check(full, "std::sync::Arc<::std::sync::atomic::AtomicU64>", "");
        check(
            "(Vec<Atomic<bool>>, Atomic<*mut Vec<fn() -> u8>>)",
            "(Vec<::std::sync::atomic::AtomicBool>, ::std::sync::atomic::AtomicPtr<Vec<fn() -> u8>>)",
            "use std::sync::atomic::*;",
        );
        check(
            "Atomic<u64>",
            "Atomic<u64>",
            "use crossbeam::epoch::Atomic;",
        );
        check(
            "MyAtomic<u64>",
            "MyAtomic<u64>",
            "use std::sync::atomic::*;",
        );
    }

    #[test]
    fn never_gets_a_name_without_moving_a_line() {
        let source =
            "evcxr_variable_store.put_variable::<JoinHandle<!>>(stringify!(a), a);\nlet b = !c;\n";
        let named = name(source).unwrap();
        let lines: Vec<&str> = named.lines().collect();
        assert!(lines[0].contains("JoinHandle<fearless_never::Never>"));
        assert_eq!(lines[1], "let b = !c;");
        assert!(named.contains("mod fearless_never"));
        check("fn() -> !", "fn() -> !", "");
    }
}
