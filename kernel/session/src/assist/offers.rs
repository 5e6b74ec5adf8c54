//! What is offered of what rust-analyzer finds, and the code that it is asked about.

use super::cursor::{byte_of, code_points, word_end};
use analyst::Found;
use jupyter::{CompletionType, Completions};
use ra_ap_parser::{Edition, LexedStr, SyntaxKind, T};
use std::collections::{BTreeSet, HashSet};

/// What every value has, or nearly: offered last.
const EVERYWHERE: [&str; 13] = [
    "as_mut",
    "as_ref",
    "borrow",
    "borrow_mut",
    "clone_from",
    "clone_into",
    "from",
    "into",
    "to_owned",
    "try_from",
    "try_into",
    "type_id",
    "vzip",
];

/// The code with the brackets closed behind the cursor (in code points) that are open there: only
/// in a whole macro call does rust-analyzer know what stands in it.
pub(super) fn closed(code: &str, cursor: usize) -> String {
    let at = word_end(code, cursor);
    let mut closers = String::new();
    for (start, bracket) in unclosed(code).into_iter().rev() {
        if start < at {
            closers.push(bracket);
        }
    }
    format!("{}{closers}{}", &code[..at], &code[at..])
}

/// Whether a cursor (in code points) is where no name of Rust stands: in a comment, or in a text
/// that is no format.
pub(super) fn is_prose(code: &str, cursor: usize) -> bool {
    let at = byte_of(code, cursor);
    let lexed = LexedStr::new(Edition::Edition2024, code);
    // The cursor is in what begins before it; a text ends where its last quote is.
    let Some(token) = (0..lexed.len())
        .rev()
        .find(|token| lexed.text_start(*token) < at)
    else {
        return false;
    };
    let text = lexed.text(token);
    let (start, end) = (
        lexed.text_start(token),
        lexed.text_start(token) + text.len(),
    );
    match lexed.kind(token) {
        SyntaxKind::COMMENT if text.starts_with("//") => at <= end,
        SyntaxKind::COMMENT => at < end || !text.ends_with("*/"),
        SyntaxKind::CHAR | SyntaxKind::BYTE => at < end,
        SyntaxKind::STRING | SyntaxKind::BYTE_STRING | SyntaxKind::C_STRING => {
            // `{name` asks for a name.
            let open = code[start..at]
                .rsplit('}')
                .next()
                .is_some_and(|it| it.contains('{'));
            let is_closed = text.len() > 1 && text.ends_with(['"', '#']);
            !open && (at < end || !is_closed)
        }
        _ => false,
    }
}

/// The code up to the statement around the cursor (in code points), and then only what stands
/// before the cursor in the brackets there: some macros hide their arguments from rust-analyzer.
pub(super) fn without_call(code: &str, cursor: usize) -> Option<String> {
    let at = byte_of(code, cursor);
    let lexed = LexedStr::new(Edition::Edition2024, &code[..at]);
    let (mut depth, mut argument, mut statement) = (0, None, 0);
    for token in (0..lexed.len()).rev() {
        match lexed.kind(token) {
            T![')'] | T![']'] | T!['}'] if argument.is_none() => depth += 1,
            T!['('] | T!['['] | T!['{'] if depth > 0 => depth -= 1,
            T!['('] | T!['['] | T!['{'] | T![,] if depth == 0 && argument.is_none() => {
                argument = Some(lexed.text_start(token) + 1);
            }
            T![;] | T!['{'] | T!['}'] if argument.is_some() => {
                statement = lexed.text_start(token) + 1;
                break;
            }
            _ => {}
        }
    }
    let argument = argument?;
    Some(format!("{}{}", &code[..statement], &code[argument..at]))
}

/// Where brackets are opened that nothing closes, and what would.
fn unclosed(code: &str) -> Vec<(usize, char)> {
    let lexed = LexedStr::new(Edition::Edition2024, code);
    let mut open = Vec::new();
    for token in 0..lexed.len() {
        let closes = match lexed.kind(token) {
            T!['('] => ')',
            T!['['] => ']',
            T!['{'] => '}',
            T![')'] | T![']'] | T!['}'] => {
                let bracket = lexed.text(token).chars().next();
                let fits = |(_, closes): &(usize, char)| Some(*closes) == bracket;
                if let Some(at) = open.iter().rposition(fits) {
                    open.remove(at);
                }
                continue;
            }
            _ => continue,
        };
        open.push((lexed.text_start(token), closes));
    }
    open
}

/// The path of the module whose names are asked for at a cursor (in code points): `std::thread` in
/// `std::thread::sp`.
pub(super) fn module_before(code: &str, cursor: usize) -> Option<String> {
    let before = &code[..byte_of(code, cursor)];
    let in_word = |c: char| c.is_alphanumeric() || c == '_';
    let path = before.trim_end_matches(in_word).strip_suffix("::")?;
    let start = path
        .trim_end_matches(|c: char| in_word(c) || c == ':')
        .len();
    let path = path[start..].trim_start_matches(':');
    (!path.is_empty()).then(|| path.to_owned())
}

/// What is offered, in code points of `code`: without names that are private or of the code around
/// a cell, and with those last that say nothing of the value.
pub(super) fn offered(found: Found, code: &str, private: &BTreeSet<String>) -> Completions {
    let typed = code.get(found.start..found.end).unwrap_or_default();
    let mut seen = HashSet::new();
    let mut fitting: Vec<_> = found
        .candidates
        .into_iter()
        .map(|item| (bare_name(&item.code), item))
        .filter(|(name, _)| name.starts_with(typed) && !is_inner(name))
        .filter(|(name, _)| !private.contains(name))
        .filter(|(name, _)| seen.insert(name.clone()))
        .collect();
    // Words of the language come after what is there: in `Point { }`, behind the fields.
    fitting.sort_by_key(|(name, item)| {
        let says_little = name.starts_with("..") || item.kind == "Keyword";
        (EVERYWHERE.contains(&name.as_str()), says_little)
    });
    Completions {
        start: code_points(code, found.start),
        end: code_points(code, found.end),
        types: fitting
            .iter()
            .map(|(_, item)| CompletionType {
                kind: item.kind.to_lowercase(),
                signature: item.label.clone(),
            })
            .collect(),
        matches: fitting.into_iter().map(|(name, _)| name).collect(),
    }
}

/// What is to be inserted for a completion: a name, without rust-analyzer's suggested arguments.
fn bare_name(code: &str) -> String {
    let end = code.find(['(', '$']).unwrap_or(code.len());
    code[..end].trim_end().to_owned()
}

/// Whether a name is one of the code around a cell.
fn is_inner(name: &str) -> bool {
    name.starts_with("evcxr_") || name == "EvcxrUserCodeError" || name.starts_with("run_user_code_")
}

#[cfg(test)]
mod tests {
    use super::*;
    use analyst::Candidate;

    #[test]
    fn completions_insert_names_alone() {
        assert_eq!(bare_name("spawn(f)"), "spawn");
        assert_eq!(bare_name("is_empty()$0"), "is_empty");
        assert_eq!(bare_name("Mutex"), "Mutex");
        assert!(is_inner("evcxr_analysis_wrapper") && !is_inner("evcxr"));
    }

    #[test]
    fn open_brackets_are_closed_behind_the_cursor() {
        assert_eq!(closed("println!(\"{(}\", a.", 18), "println!(\"{(}\", a.)");
        assert_eq!(closed("f(vec![a.le, (1)", 11), "f(vec![a.le]), (1)");
        assert_eq!(closed("println!(\"{}\", é.)", 17), "println!(\"{}\", é.)");
        assert_eq!(closed("if a.b {\n c.", 3), "if a.b {\n c.");
    }

    #[test]
    fn in_comments_and_texts_stand_no_names() {
        let of = |marked: &str| {
            let cursor = marked.chars().position(|c| c == '^').unwrap();
            is_prose(&marked.replace('^', ""), cursor)
        };
        assert!(of("let é = 1; // le^") && of("/* a^ */ b") && of("/* a^") && !of("/* a */^"));
        assert!(of("\"le^n\"") && of("\"le^") && of("r#\"le^\"#") && of("'a^'") && of("b\"^\""));
        assert!(!of("\"len\"^") && !of("\"len\".le^") && !of("le^") && !of("^// a"));
        assert!(!of("println!(\"{le^}\")") && of("println!(\"{len} le^\")") && !of("'a^"));
        assert!(of("// one\n// tw^o\nlet a;") && !of("// one\n^let a;"));
    }

    #[test]
    fn an_argument_is_taken_out_of_its_call() {
        let taken = |code: &str| without_call(code, code.chars().count());
        let expected = Some("let a = 1; b.".to_owned());
        assert_eq!(taken("let a = 1; let v = vec![f(2), b."), expected);
        assert_eq!(taken("a.b"), None);
    }

    #[test]
    fn the_path_before_a_name_is_its_module() {
        let of = |code: &str| module_before(code, code.chars().count());
        assert_eq!(
            of("let é = std::thread::sp").as_deref(),
            Some("std::thread")
        );
        assert_eq!(of("use std::").as_deref(), Some("std"));
        assert_eq!(of("a.b"), None);
        assert_eq!(of("::std::").as_deref(), Some("std"));
    }

    #[test]
    fn what_every_value_has_comes_last_and_what_is_private_never() {
        let names = ["into()", "evcxr_private_1", "spawnhook::", "lock()"];
        let candidates = names.map(|code| Candidate {
            code: code.into(),
            kind: "Function".into(),
            label: code.into(),
        });
        let found = Found {
            candidates: candidates.into(),
            start: 0,
            end: 0,
        };
        let private = BTreeSet::from(["spawnhook::".to_owned()]);
        assert_eq!(offered(found, "", &private).matches, ["lock", "into"]);
    }
}
