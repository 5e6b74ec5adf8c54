//! From the compiler's words for a type to a path that stable rustc takes in a cell.
//!
//! - Lifetimes are erased there (`Cow<'_, str>`); where a variable is taken, they are inferred, and
//!   are `'static`. In the signature of a function they would be taken for others (`fn() -> &str`).
//! - `core` and `alloc` are named where std is meant; a cell knows them as `std`.
//! - Types of the cell's own crate stand there without `crate::`, which anything may hide.
//! - `AtomicU64` may be an alias of `Atomic<u64>`, which is not stable; nor is `!` as an argument.

use super::mir::closing;
use crate::variables::Nameless;
use std::collections::BTreeSet;

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

/// What stands in a type and is no path of the cell's crate.
const WORDS: [&str; 30] = [
    "_", "as", "bool", "char", "const", "dyn", "extern", "f128", "f16", "f32", "f64", "false",
    "fn", "for", "i128", "i16", "i32", "i64", "i8", "isize", "mut", "str", "true", "u128", "u16",
    "u32", "u64", "u8", "unsafe", "usize",
];

/// The path of `!`.
const NEVER_PATH: &str = "crate::fearless_never::Never";
/// Gives `!` a name that stable rustc takes as a type argument.
pub(super) const NEVER: &str = "mod fearless_never { pub trait Returns { type Value; } impl<T> Returns for fn() -> T { type Value = T; } pub type Never = <fn() -> ! as Returns>::Value; }";

/// How `kind`, which the compiler told, is written in a cell; what in it has no name.
pub(super) fn written(kind: &str) -> Result<String, Nameless> {
    if let Some(what) = nameless(kind) {
        return Err(what);
    }
    Ok(paths(&signatures(&atomics(kind))))
}

/// The names in a type that [`written`] gave which are of the notebook's own items.
pub(crate) fn own_names(kind: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut before = "";
    let mut rest = kind;
    while !rest.is_empty() {
        let (word, after) = rest.split_at(token(rest));
        let is_name = word.starts_with(|c: char| c.is_alphabetic() || c == '_');
        if is_name && before != ":" && !WORDS.contains(&word) {
            let parts = word.split("::").filter(|part| *part != "crate");
            names.extend(parts.map(str::to_owned));
        }
        before = word;
        rest = after;
    }
    names
}

/// Whether a type that [`written`] gave uses [`NEVER`].
pub(super) fn uses_never(kind: &str) -> bool {
    kind.contains(NEVER_PATH)
}

fn nameless(kind: &str) -> Option<Nameless> {
    const SIGNS: [(&str, Nameless); 8] = [
        ("{closure@", Nameless::Closure),
        ("{async closure", Nameless::Closure),
        ("{async ", Nameless::Future),
        ("{closure#", Nameless::Local),
        ("{impl#", Nameless::Local),
        ("<impl ", Nameless::Local),
        ("{coroutine", Nameless::Other),
        ("{gen", Nameless::Other),
    ];
    // A function's own type is told as the pointer's, and its path: `fn(&str) -> usize {str::len}`.
    if let Some((pointer, path)) = kind.split_once(" {")
        && pointer.contains("fn(")
        && path.ends_with('}')
        && nameless(pointer).is_none()
    {
        return Some(Nameless::Function);
    }
    let sign = SIGNS.iter().find(|(sign, _)| kind.contains(sign));
    let holds_function = kind
        .split_once(" {")
        .is_some_and(|(before, _)| before.contains("fn("));
    if let Some((_, what)) = sign {
        // The path of a function may have such a part: `Holds<fn(&str) -> usize {core::str::<impl
        // str>::len}>`.
        let is_of_function = *what == Nameless::Local && holds_function;
        return Some(if is_of_function {
            Nameless::Function
        } else {
            *what
        });
    }
    if kind.contains('{') {
        return Some(Nameless::Function);
    }
    let is_opaque = kind
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .any(|word| word == "impl");
    is_opaque.then_some(Nameless::Other)
}

/// Replaces `Atomic<u64>`.
fn atomics(kind: &str) -> String {
    const ATOMIC: &str = "sync::atomic::Atomic<";
    let mut result = String::new();
    let mut rest = kind;
    while let Some(at) = rest.find(ATOMIC) {
        let after = &rest[at + ATOMIC.len()..];
        let Some(end) = closing(after) else { break };
        let argument = &after[..end];
        let stable = ATOMICS.iter().find(|(name, _)| *name == argument);
        result += &rest[..at];
        result += "sync::atomic::";
        result += &match (stable, argument.strip_prefix("*mut ")) {
            (Some((_, name)), _) => (*name).to_owned(),
            (None, Some(target)) => format!("AtomicPtr<{target}>"),
            (None, None) => format!("Atomic<{argument}>"),
        };
        rest = &after[end + 1..];
    }
    result + rest
}

/// Writes `'static` where it was erased in what a function or closure takes and returns. Lifetimes
/// that such a type itself binds have names there, but those of a path's arguments: they come from
/// what it takes, if that has any.
fn signatures(kind: &str) -> String {
    let mut result = String::with_capacity(kind.len());
    let mut rest = kind;
    let mut in_signature = false;
    // How much of `rest` is left where a signature's result ends that takes no lifetime.
    let mut static_until = usize::MAX;
    while !rest.is_empty() {
        let (token, after) = rest.split_at(token(rest));
        let last = token.rsplit("::").next().unwrap_or(token);
        if matches!(last, "fn" | "Fn" | "FnMut" | "FnOnce")
            && let Some(takes) = after.strip_prefix('(')
        {
            in_signature = true;
            let end = end_of(takes, |_, _| false);
            let returns = takes.get(end + 1..).unwrap_or_default();
            if !takes[..end].contains(['&', '\'']) && static_until > rest.len() {
                static_until = returns.len()
                    - end_of(returns, |sign, next| {
                        sign == ',' || sign == '+' || sign == '=' && next != '>'
                    });
            }
        }
        result += match token {
            "&" if in_signature && !after.starts_with('\'') => "&'static ",
            "'_" if rest.len() > static_until => "'static",
            token => token,
        };
        if rest.len() <= static_until {
            static_until = usize::MAX;
        }
        rest = after;
    }
    result
}

/// Where the bracket around a text closes, or before that what `ends` it outside of brackets; it is
/// asked with each sign and the next.
fn end_of(text: &str, ends: impl Fn(char, char) -> bool) -> usize {
    let mut depth = 0;
    let mut before = ' ';
    let mut signs = text.char_indices().peekable();
    while let Some((at, sign)) = signs.next() {
        let next = signs.peek().map_or(' ', |(_, next)| *next);
        match sign {
            '(' | '[' | '<' => depth += 1,
            '>' if before == '-' => {}
            ')' | ']' | '>' if depth == 0 => return at,
            ')' | ']' | '>' => depth -= 1,
            _ if depth == 0 && ends(sign, next) => return at,
            _ => {}
        }
        before = sign;
    }
    text.len()
}

/// Gives each path its beginning.
fn paths(kind: &str) -> String {
    let mut result = String::with_capacity(kind.len() + 16);
    let mut rest = kind;
    while let Some(first) = rest.chars().next() {
        let length = token(rest);
        let (token, after) = rest.split_at(length);
        if first == '!' && !result.trim_end().ends_with("->") {
            result += NEVER_PATH;
        } else if first.is_alphabetic() || first == '_' {
            result += &path(token, after, &result);
        } else {
            result += token;
        }
        rest = after;
    }
    result
}

/// How long the first word, path, lifetime, number or sign of a type is.
pub(super) fn token(text: &str) -> usize {
    let mut characters = text.chars();
    let in_word = |c: char| c.is_alphanumeric() || c == '_';
    let word = |text: &str| text.find(|c| !in_word(c)).unwrap_or(text.len());
    match characters.next() {
        Some('\'') => {
            let after = &text[1..];
            let quoted = after.strip_prefix('\\').map_or(after, |rest| &rest[1..]);
            match quoted.char_indices().nth(1) {
                // A character as the argument of a const parameter.
                Some((at, '\'')) => text.len() - quoted.len() + at + 1,
                _ => 1 + word(after),
            }
        }
        // The name of a calling convention.
        Some('"') => text[1..].find('"').map_or(text.len(), |at| at + 2),
        Some(c) if c.is_ascii_digit() => word(text),
        Some(c) if in_word(c) => {
            let mut length = 0;
            loop {
                if text[length..].starts_with("r#") {
                    length += 2;
                }
                length += word(&text[length..]);
                match text[length..].strip_prefix("::") {
                    Some(next) if next.starts_with(in_word) => length += 2,
                    _ => return length,
                }
            }
        }
        Some(c) => c.len_utf8(),
        None => 0,
    }
}

/// A path of a type as it is written in a cell; `before` and `after` are what stands around it.
fn path(path: &str, after: &str, before: &str) -> String {
    if before.ends_with("::") {
        return path.to_owned();
    }
    match path.split_once("::") {
        Some(("std" | "alloc", rest)) => format!("::std::{rest}"),
        Some(("core", _)) => format!("::{path}"),
        Some(_) => path.to_owned(),
        // `Item` in `Iterator<Item = u8>`.
        None if WORDS.contains(&path) || after.starts_with(" = ") => path.to_owned(),
        None => format!("crate::{path}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(told: &str, expected: &str) {
        let written = written(told).unwrap_or_else(|what| panic!("{told} has no name: {what:?}"));
        assert_eq!(written, expected);
        assert_eq!(uses_never(&written), expected.contains("Never"));
    }

    #[test]
    fn paths_begin_where_they_must() {
        check("i32", "i32");
        check(
            "std::vec::Vec<(i32, alloc::string::String)>",
            "::std::vec::Vec<(i32, ::std::string::String)>",
        );
        check("core::option::Option<&str>", "::core::option::Option<&str>");
        check("Point<f64>", "crate::Point<f64>");
        check("inner::deep::Hidden", "inner::deep::Hidden");
        check("std::borrow::Cow<'_, str>", "::std::borrow::Cow<'_, str>");
        check(
            "Buf<3, true, 'x', '\\''>",
            "crate::Buf<3, true, 'x', '\\''>",
        );
        check("[[i32; 3]; 2]", "[[i32; 3]; 2]");
        check("*const [i32]", "*const [i32]");
        check("r#type", "crate::r#type");
        check(
            "std::boxed::Box<dyn Shape + std::marker::Send>",
            "::std::boxed::Box<dyn crate::Shape + ::std::marker::Send>",
        );
        check(
            "std::boxed::Box<dyn std::iter::Iterator<Item = (usize, Point<u8>)>>",
            "::std::boxed::Box<dyn ::std::iter::Iterator<Item = (usize, crate::Point<u8>)>>",
        );
        check(
            "for<'a> unsafe extern \"C\" fn(&'a str) -> &'a str",
            "for<'a> unsafe extern \"C\" fn(&'a str) -> &'a str",
        );
    }

    #[test]
    fn erased_lifetimes_of_signatures_are_static() {
        check(
            "std::boxed::Box<dyn std::ops::Fn() -> &str + std::marker::Send>",
            "::std::boxed::Box<dyn ::std::ops::Fn() -> &'static str + ::std::marker::Send>",
        );
        check(
            "std::boxed::Box<dyn for<'a> std::ops::Fn(&'a str) -> &str>",
            "::std::boxed::Box<dyn for<'a> ::std::ops::Fn(&'a str) -> &'static str>",
        );
        check("fn(&str) -> &str", "fn(&'static str) -> &'static str");
        check(
            "(fn(u8) -> std::borrow::Cow<'_, str>, std::borrow::Cow<'_, str>)",
            "(fn(u8) -> ::std::borrow::Cow<'static, str>, ::std::borrow::Cow<'_, str>)",
        );
        // It is what the function takes.
        let kind = "for<'a> fn(&'a str) -> ::std::borrow::Cow<'_, str>";
        assert_eq!(signatures(kind), kind);
    }

    #[test]
    fn a_types_own_names_are_those_of_the_notebook() {
        let kind =
            "::std::vec::Vec<(crate::P<'static>, inner::Deep, ::fearless_dep_x::Q, &'static str)>";
        let names: Vec<String> = own_names(kind).into_iter().collect();
        assert_eq!(names, ["Deep", "P", "inner"]);
    }

    #[test]
    fn unstable_names_become_stable_ones() {
        check(
            "(std::sync::atomic::Atomic<u64>, std::sync::atomic::Atomic<*mut std::vec::Vec<fn() -> u8>>)",
            "(::std::sync::atomic::AtomicU64, ::std::sync::atomic::AtomicPtr<::std::vec::Vec<fn() -> u8>>)",
        );
        check(
            "std::thread::JoinHandle<!>",
            "::std::thread::JoinHandle<crate::fearless_never::Never>",
        );
        check("fn() -> !", "fn() -> !");
    }

    #[test]
    fn what_has_no_name_is_told() {
        for (told, what) in [
            ("{closure@src/lib.rs:30:10: 30:23}", Nameless::Closure),
            (
                "std::iter::Map<std::vec::IntoIter<u8>, {closure@src/lib.rs:3:6: 3:9}>",
                Nameless::Closure,
            ),
            ("{async block@src/lib.rs:60:14: 60:19}", Nameless::Future),
            ("{async fn body of f()}", Nameless::Future),
            ("fn() -> [u8; 3] {make::<3>}", Nameless::Function),
            (
                "for<'a> fn(&'a str) -> usize {core::str::<impl str>::len}",
                Nameless::Function,
            ),
            (
                "Holds<for<'a> fn(&'a str) -> usize {core::str::<impl str>::len}>",
                Nameless::Function,
            ),
            ("run_user_code_3::{closure#0}::Inner", Nameless::Local),
            ("impl Fn(i32) -> i32", Nameless::Other),
        ] {
            assert_eq!(written(told).err(), Some(what), "{told}");
        }
    }
}
