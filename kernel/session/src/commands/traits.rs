//! `:send TYPE`: which of the traits that matter for threads a type has, and why not.

use crate::diagnostics::strip_ansi;
use crate::session::Session;
use jupyter::MimeBundle;
use report::{escaped, framed};
use serde_json::json;

/// The traits asked for, and what having them means.
const TRAITS: [(&str, &str); 7] = [
    ("Send", "a value may move to another thread"),
    ("Sync", "a reference may be shared between threads"),
    ("Copy", "assigning copies instead of moving"),
    ("Clone", "it can be duplicated by clone()"),
    ("Unpin", "it may move after being pinned"),
    ("'static", "it borrows nothing that could end"),
    ("UnwindSafe", "it may be used after a caught panic"),
];

impl Session {
    /// The table for a type.
    ///
    /// # Errors
    /// When the type isn't known to the session.
    pub(crate) fn traits(&mut self, kind: &str) -> Result<MimeBundle, String> {
        if kind.contains(';') || kind.contains('{') {
            return Err(format!(
                "`{kind}` is no type: write for example `:send Rc<i32>`"
            ));
        }
        let values = self
            .evaluate_quietly(&question(kind), None)
            .map_err(|error| {
                let words = error.traceback.join("\n");
                format!("the type `{kind}` is not known here\n{words}")
            })?;
        let answers = values
            .get("text/plain")
            .and_then(|text| text.as_str())
            .unwrap_or("");
        let answers: Vec<bool> = answers
            .trim_matches('"')
            .chars()
            .map(|c| c == '1')
            .collect();
        let rows: Vec<Row> = TRAITS
            .iter()
            .zip(answers)
            .map(|((name, meaning), has)| Row {
                name,
                meaning,
                has,
                why: if has {
                    String::new()
                } else {
                    self.why_not(kind, name)
                },
            })
            .collect();
        if rows.is_empty() {
            return Err(format!("the compiler gave no answer for `{kind}`"));
        }
        Ok(table(kind, &rows))
    }

    /// rustc's first reason why a type hasn't a trait.
    fn why_not(&mut self, kind: &str, name: &str) -> String {
        let code = format!(
            "{{ {IMPORTS} fn needs<T: ?Sized + {}>() {{}} needs::<{kind}>(); }};",
            path_of(name)
        );
        let Err(error) = self.evaluate_quietly(&code, None) else {
            return String::new();
        };
        let text = strip_ansi(&error.traceback.join("\n"));
        let within = text
            .lines()
            .filter_map(|line| {
                line.split("required because it appears within the type ")
                    .nth(1)
            })
            .next_back();
        let first = error.evalue.split(" ([").next().unwrap_or("").to_owned();
        match within {
            Some(part) if !first.contains(part.trim_matches('`')) => {
                format!("{first} (within {part})")
            }
            _ => first,
        }
    }
}

/// Types that lessons speak of are known without a `use`; the session's own come first.
const IMPORTS: &str = "use ::std::{cell::*, rc::*, sync::{*, mpsc::*}, thread::JoinHandle};";

struct Row {
    name: &'static str,
    meaning: &'static str,
    has: bool,
    why: String,
}

fn path_of(name: &str) -> &str {
    match name {
        "UnwindSafe" => "::std::panic::UnwindSafe",
        other => other,
    }
}

/// Code whose value is a `1` or `0` for each trait. An associated constant of the type itself is
/// found before one of a trait, so the compiler picks the answer.
fn question(kind: &str) -> String {
    let probes: String = TRAITS
        .iter()
        .enumerate()
        .map(|(index, (name, _))| {
            format!(
                "struct P{index}<T: ?Sized>(::std::marker::PhantomData<T>); \
                 trait N{index} {{ const HAS: char = '0'; }} impl<T: ?Sized> N{index} for P{index}<T> {{}} \
                 impl<T: ?Sized + {}> P{index}<T> {{ const HAS: char = '1'; }} ",
                path_of(name)
            )
        })
        .collect();
    let answers: String = (0..TRAITS.len())
        .map(|index| format!("answers.push(P{index}::<{kind}>::HAS); "))
        .collect();
    format!(
        "{{ {IMPORTS} {probes} let mut answers = ::std::string::String::new(); {answers} answers }}"
    )
}

fn table(kind: &str, rows: &[Row]) -> MimeBundle {
    let mut text = format!("{kind}\n");
    let mut html = String::new();
    for row in rows {
        let (sign, word) = if row.has {
            ("✓", "yes")
        } else {
            ("✗", "no")
        };
        let why = if row.why.is_empty() {
            String::new()
        } else {
            format!(": {}", row.why)
        };
        text.push_str(&format!("  {sign} {:10} {}{why}\n", row.name, row.meaning));
        html.push_str(&format!(
            "<tr><th scope=\"row\" style=\"border:0\"><code>{}</code></th><td>{sign} {word}</td><td>{}</td><td class=\"fl-type\">{}</td></tr>",
            row.name,
            row.meaning,
            escaped(&row.why)
        ));
    }
    let kind = escaped(kind);
    let html = format!(
        "<p class=\"fl-story\"><b><code>{kind}</code></b></p><div class=\"fl-scroll\" tabindex=\"0\" role=\"group\" aria-label=\"{kind}\"><table><caption>{kind}</caption><thead><tr><th scope=\"col\">trait</th><th scope=\"col\">has it</th><th scope=\"col\">means</th><th scope=\"col\">why not</th></tr></thead><tbody>{html}</tbody></table></div>"
    );
    let html = framed(&text, &html);
    MimeBundle::from_iter([
        ("text/plain".to_owned(), json!(text)),
        ("text/html".to_owned(), json!(html)),
    ])
}
