//! Is what was typed a whole cell, or should the console ask for another line?
//!
//! The lexer finds what is open (delimiters, strings, comments), rustc's grammar as rust-analyzer
//! parses it finds what is missing or wrong.

use jupyter::Completeness;
use ra_ap_parser::{Edition, LexedStr, Step, SyntaxKind, T, TopEntryPoint};

/// One level of indentation.
const INDENT: &str = "    ";

/// The grammar is parsed by recursion, at most one level a token (`!!!!x`, `if if if`): a cell with
/// more tokens than this is judged by its delimiters alone, and this many levels fit the stack.
const MAX_TOKENS: usize = 4096;
const STACK: usize = 64 << 20;

/// Longer code than this is run at once: nobody types it.
const MAX_LENGTH: usize = 1 << 20;

/// Looks at a cell: Rust statements and lines that begin with `:` (commands).
pub fn is_complete(code: &str) -> Completeness {
    if code.len() > MAX_LENGTH {
        return Completeness::Complete;
    }
    let code = without_commands(code);
    let lexed = LexedStr::new(Edition::Edition2024, &code);
    match scan(&lexed) {
        Scan::Open(_) => Completeness::Incomplete {
            indent: indent(&code, &lexed),
        },
        Scan::Mismatch(_) => Completeness::Invalid,
        Scan::Balanced if lexed.len() > MAX_TOKENS => Completeness::Complete,
        Scan::Balanced => judge(&code, &lexed),
    }
}

/// Blanks the lines that are commands; a line inside a string or block is none, but a Rust
/// statement can't begin with a single colon either.
fn without_commands(code: &str) -> String {
    let blank = |line: &str| {
        let text = line.trim_start();
        text.starts_with(':') && !text.starts_with("::")
    };
    code.lines()
        .map(|line| if blank(line) { "" } else { line })
        .collect::<Vec<_>>()
        .join("\n")
}

enum Scan {
    /// A delimiter, string or comment is not closed: the innermost one's token.
    Open(usize),
    /// A closing delimiter has no opening one, or another sort's: its token.
    Mismatch(usize),
    Balanced,
}

fn scan(lexed: &LexedStr<'_>) -> Scan {
    let mut open = Vec::new();
    for index in 0..lexed.len() {
        let closing = match lexed.kind(index) {
            T!['('] | T!['['] | T!['{'] => {
                open.push(index);
                continue;
            }
            T![')'] => T!['('],
            T![']'] => T!['['],
            T!['}'] => T!['{'],
            _ if unterminated(lexed, index) => return Scan::Open(index),
            _ => continue,
        };
        if open.pop().map(|index| lexed.kind(index)) != Some(closing) {
            return Scan::Mismatch(index);
        }
    }
    open.pop().map_or(Scan::Balanced, Scan::Open)
}

/// Characters that word processors and web pages put in the place of Rust's, with these.
const LOOKALIKES: [(&str, &str); 8] = [
    ("\u{201c}\u{201d}\u{201e}\u{ab}\u{bb}", "\""),
    ("\u{2018}\u{2019}\u{201a}\u{b4}", "'"),
    ("\u{2010}\u{2011}\u{2012}\u{2013}\u{2014}\u{2212}", "-"),
    ("\u{a0}\u{2007}\u{202f}", " "),
    ("\u{2264}", "<="),
    ("\u{2265}", ">="),
    ("\u{2260}", "!="),
    ("\u{2026}", "..."),
];

/// The first character that only looks like one of Rust's: where (bytes), and in words. Those in
/// strings and comments are none.
fn lookalike(lexed: &LexedStr<'_>) -> Option<(usize, String)> {
    (0..lexed.len()).find_map(|token| {
        let text = lexed.text(token);
        let is_one = lexed.kind(token) == SyntaxKind::ERROR && text.chars().count() == 1;
        let (_, meant) = LOOKALIKES
            .iter()
            .find(|(all, _)| is_one && all.contains(text))?;
        let words = match *meant {
            " " => "this is a no-break space: write a plain one".to_owned(),
            meant => format!("`{text}` is no character of Rust: write `{meant}`"),
        };
        Some((lexed.text_start(token), words))
    })
}

/// What is wrong with the characters, delimiters, strings and comments of `code`: where (bytes),
/// and in words.
pub fn unbalanced(code: &str) -> Option<(usize, String)> {
    let lexed = LexedStr::new(Edition::Edition2024, code);
    if let Some(found) = lookalike(&lexed) {
        return Some(found);
    }
    let (token, text) = match scan(&lexed) {
        Scan::Balanced => return None,
        Scan::Mismatch(token) => (
            token,
            format!("this `{}` does not close anything", lexed.text(token)),
        ),
        Scan::Open(token) => {
            let what = match lexed.kind(token) {
                SyntaxKind::COMMENT => "comment".to_owned(),
                T!['('] | T!['['] | T!['{'] => format!("`{}`", lexed.text(token)),
                _ => "string".to_owned(),
            };
            (token, format!("this {what} is never closed"))
        }
    };
    Some((lexed.text_start(token), text))
}

/// A string or comment that goes on in the next line. A character literal can't.
fn unterminated(lexed: &LexedStr<'_>, index: usize) -> bool {
    use SyntaxKind::{BYTE_STRING, C_STRING, COMMENT, STRING};
    let several_lines = matches!(lexed.kind(index), STRING | BYTE_STRING | C_STRING | COMMENT);
    several_lines
        && lexed.error(index).is_some_and(|error| {
            error.starts_with("Missing trailing")
                || error.starts_with("Invalid raw string") && lexed.text(index).contains('"')
        })
}

/// Code whose delimiters are balanced: does the grammar want more, or does it object?
fn judge(code: &str, lexed: &LexedStr<'_>) -> Completeness {
    match first_error(code) {
        // Broken before its end: no further line mends that.
        Some(at) if at < code.len() => Completeness::Invalid,
        Some(_) => Completeness::Incomplete {
            indent: indent(code, lexed),
        },
        None => Completeness::Complete,
    }
}

fn last_significant(lexed: &LexedStr<'_>) -> Option<SyntaxKind> {
    (0..lexed.len())
        .rev()
        .map(|index| lexed.kind(index))
        .find(|kind| !kind.is_trivia())
}

/// Where in `code`, as the body of a function, the first error stands: the length of `code` when
/// something is missing at its end.
fn first_error(code: &str) -> Option<usize> {
    const BEFORE: &str = "fn cell() {\n";
    let body = format!("{BEFORE}{code}\n}}");
    let lexed = LexedStr::new(Edition::Edition2024, &body);
    let place = |token: usize| (lexed.text_start(token) - BEFORE.len()).min(code.len());
    if let Some((token, _)) = lexed.errors().next() {
        return Some(place(token));
    }
    let input = lexed.to_input(Edition::Edition2024);
    let output = std::thread::scope(|scope| {
        let parse = || TopEntryPoint::SourceFile.parse(&input);
        let thread = std::thread::Builder::new()
            .stack_size(STACK)
            .spawn_scoped(scope, parse);
        // Should the parser give up with a panic, rustc is to tell what is wrong.
        thread.ok()?.join().ok()
    })?;
    let mut significant = (0..lexed.len()).filter(|&token| !lexed.kind(token).is_trivia());
    for step in output.iter() {
        match step {
            Step::Token { n_input_tokens, .. } => {
                for _ in 0..n_input_tokens {
                    significant.next();
                }
            }
            Step::FloatSplit { .. } => {
                significant.next();
            }
            Step::Error { .. } => return Some(significant.next().map_or(code.len(), place)),
            Step::Enter { .. } | Step::Exit => {}
        }
    }
    None
}

/// The last line's indentation, one level deeper if it leaves a delimiter open; none inside a
/// string.
fn indent(code: &str, lexed: &LexedStr<'_>) -> String {
    if (0..lexed.len()).any(|index| unterminated(lexed, index)) {
        return String::new();
    }
    let end = code.trim_end().len();
    let line_start = code[..end].rfind('\n').map_or(0, |at| at + 1);
    let line = &code[line_start..end];
    let own: String = line
        .chars()
        .take_while(|c| *c == ' ' || *c == '\t')
        .collect();
    match last_significant(lexed) {
        _ if opened_after(line_start, lexed) => own + INDENT,
        Some(T![;] | T!['}'] | T![,]) | None => own,
        // A statement that goes on.
        Some(_) if own.is_empty() => INDENT.to_owned(),
        Some(_) => own,
    }
}

/// Whether the innermost open delimiter stands behind this place.
fn opened_after(place: usize, lexed: &LexedStr<'_>) -> bool {
    matches!(scan(lexed), Scan::Open(token) if lexed.text_start(token) >= place)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn show(code: &str) -> String {
        match is_complete(code) {
            Completeness::Complete => "complete".to_owned(),
            Completeness::Incomplete { indent } => format!("incomplete {}", indent.len()),
            Completeness::Invalid => "invalid".to_owned(),
        }
    }

    #[test]
    fn what_is_unbalanced_is_named() {
        let found = |code| unbalanced(code).map(|(at, text)| format!("{at} {text}"));
        for (code, said) in [
            ("println!(\"x\"", "8 this `(` is never closed"),
            ("fn f( {", "6 this `{` is never closed"),
            ("let s = \"x", "8 this string is never closed"),
            ("1; /* x", "3 this comment is never closed"),
            ("f(x))", "4 this `)` does not close anything"),
            ("f(x]", "3 this `]` does not close anything"),
            (
                "f(\u{201c}x\u{201d})",
                "2 `\u{201c}` is no character of Rust: write `\"`",
            ),
            (
                "a\u{a0}+ 1",
                "1 this is a no-break space: write a plain one",
            ),
        ] {
            assert_eq!(found(code).as_deref(), Some(said));
        }
        assert_eq!(found("f(x)"), None);
        assert_eq!(found("f(\"\u{201c}\u{a0}\") // \u{2026}"), None);
    }

    #[test]
    fn table() {
        let table = [
            ("", "complete"),
            ("  \n", "complete"),
            ("1 + 1", "complete"),
            ("let x = 1;", "complete"),
            ("println!(\"hi\")", "complete"),
            ("fn f() -> i32 { 1 }", "complete"),
            ("fn f() {}\nf()", "complete"),
            ("struct S;", "complete"),
            (
                "use std::sync::{Arc, Mutex};\nlet m = Mutex::new(0);",
                "complete",
            ),
            ("if x { 1 } else { 2 }", "complete"),
            ("for i in 0..3 { }", "complete"),
            ("loop { break; }", "complete"),
            ("let f = |x: i32| x + 1;", "complete"),
            ("impl S { fn f(&self) {} }", "complete"),
            ("#[derive(Debug)] struct P { x: i32 }", "complete"),
            ("// only a comment", "complete"),
            ("/* one */ /* /* nested */ */", "complete"),
            ("x?", "complete"),
            ("0..", "complete"),
            ("r#\"a \" b\"#", "complete"),
            ("'a'", "complete"),
            ("let c: &'static str = \"\";", "complete"),
            ("async { 1 }.await", "complete"),
            ("match x { 1 => {}, _ => {} }", "complete"),
            ("let Some(x) = y else { panic!() };", "complete"),
            (":dep rayon = \"1\"", "complete"),
            (":vars", "complete"),
            (":help \"unclosed", "complete"),
            (":opt 2\nlet x = 1;", "complete"),
            ("fn main() {", "incomplete 4"),
            ("fn main() {\n    let x = 1;", "incomplete 4"),
            ("fn main() {\n    if x {", "incomplete 8"),
            ("let v = vec![1,", "incomplete 4"),
            ("let (a,", "incomplete 4"),
            ("f(a, |x| {\n    x;\n}, (1,", "incomplete 4"),
            ("f(\n    a(),", "incomplete 4"),
            ("let v = vec![\n    1,", "incomplete 4"),
            ("println!(\"hi\"", "incomplete 4"),
            ("let s = \"one", "incomplete 0"),
            ("let s = r#\"one\"", "incomplete 0"),
            ("let s = b\"one", "incomplete 0"),
            ("/* open", "incomplete 0"),
            ("/* /* nested */", "incomplete 0"),
            ("1 +", "incomplete 4"),
            ("let x =", "incomplete 4"),
            ("let x", "incomplete 4"),
            ("let x = 1", "incomplete 4"),
            ("a &&", "incomplete 4"),
            ("x.", "incomplete 4"),
            ("std::", "incomplete 4"),
            ("fn f()", "incomplete 4"),
            ("fn f() ->", "incomplete 4"),
            ("struct S", "incomplete 4"),
            ("use std::sync::Mutex", "incomplete 4"),
            ("impl S", "incomplete 4"),
            ("if x", "incomplete 4"),
            ("if x { 1 } else", "incomplete 4"),
            ("match x", "incomplete 4"),
            ("for i in", "incomplete 4"),
            ("while", "incomplete 4"),
            ("#[derive(Debug)]", "incomplete 4"),
            (":dep rayon = \"1\"\nfn f() {", "incomplete 4"),
            ("fn f() }", "invalid"),
            (")", "invalid"),
            ("(]", "invalid"),
            ("let let = 1;", "invalid"),
            ("fn 1() {}", "invalid"),
            ("let x = = 1;", "invalid"),
            ("'", "invalid"),
            ("let c = 'ab;", "invalid"),
            ("1 2", "invalid"),
        ];
        let wrong: Vec<String> = table
            .iter()
            .filter(|(code, expected)| show(code) != *expected)
            .map(|(code, expected)| format!("{code:?}: {} instead of {expected}", show(code)))
            .collect();
        assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    }

    #[test]
    fn hostile_code_is_answered() {
        for code in [
            "(", "((((", "[", "{", "!", "-", "&", "<", "if ", "\"", "r#", "/*", "\0", "|",
        ] {
            is_complete(&code.repeat(20_000));
            let nested = format!("{}{}", "(".repeat(20_000), ")".repeat(20_000));
            assert_eq!(is_complete(&nested), Completeness::Complete);
        }
    }
}
