//! What is known about a name: for inspection requests and `:doc`.

use super::assistant::{Assistant, FOR_A_PAGE};
use super::cursor::{byte_of, code_points, word_at, word_end};
use super::known::MODULES;
use crate::commands::help;
use crate::source::source_map::rust_start;
use crate::variables::shown;
use jupyter::MimeBundle;
use ra_ap_parser::{Edition, LexedStr, T};
use serde_json::json;
use std::time::Duration;

/// How the documentation of an item begins in HTML; its path follows.
const CODE: &str = "<pre><code class=\"language-rust\">";

impl Assistant {
    /// What is known about the name at `cursor` (in code points); with `detail`, also the text of
    /// an item that a cell defined.
    pub(crate) fn about(&self, code: &str, cursor: usize, detail: u8) -> Option<MimeBundle> {
        self.look_up(code, cursor, detail, None)
    }

    /// The page of `:doc`.
    pub(crate) fn page(&self, name: &str) -> Option<MimeBundle> {
        // A method is told from a field of the same name by its call.
        let call = format!("{name}()");
        let method = name
            .contains('.')
            .then(|| self.hover(&call, name.len(), Some(FOR_A_PAGE)))
            .flatten();
        method.or_else(|| self.look_up(name, name.chars().count(), 0, Some(FOR_A_PAGE)))
    }

    fn look_up(
        &self,
        code: &str,
        cursor: usize,
        detail: u8,
        patience: Option<Duration>,
    ) -> Option<MimeBundle> {
        if let Some(command) = help::about_command(code, cursor) {
            return Some(command);
        }
        let cursor = match word_at(code, cursor) {
            Some(_) => cursor,
            None => callee(code, cursor)?,
        };
        let name = word_at(code, cursor)?;
        let mut bundle = self
            .hover(code, word_end(code, cursor), patience)
            .or_else(|| self.hover(&name, name.len(), patience))
            .or_else(|| self.hover_in_std(&name, patience))
            .unwrap_or_default();
        if detail > 0 || bundle.is_empty() {
            self.add_source(&name, &mut bundle);
        }
        if bundle.is_empty()
            && let Some(line) = self.known().about(&name)
        {
            bundle.insert("text/plain".into(), json!(line));
        }
        (!bundle.is_empty()).then_some(bundle)
    }

    /// What rust-analyzer knows about the name that ends at `end` (bytes).
    fn hover(&self, code: &str, end: usize, patience: Option<Duration>) -> Option<MimeBundle> {
        let rust = rust_start(code);
        let (code, end) = (&code[rust..], end.checked_sub(rust)?);
        let last = code[..end].chars().next_back()?;
        let found = self.documentation(code, end - last.len_utf8(), patience)?;
        if found.plain.trim().is_empty() {
            return None;
        }
        let html = without_crate(&found.html, CODE);
        Some(MimeBundle::from_iter([
            (
                "text/plain".to_owned(),
                json!(without_crate(&found.plain, "")),
            ),
            ("text/html".to_owned(), json!(html)),
        ]))
    }

    /// The same of a name of std's that isn't imported: `thread::spawn`, `Mutex`.
    fn hover_in_std(&self, name: &str, patience: Option<Duration>) -> Option<MimeBundle> {
        if name.contains(|c: char| !c.is_alphanumeric() && !"_:".contains(c)) {
            return None;
        }
        // Without an answer to the first there will be none to the others.
        if patience.is_none() && !self.is_ready() {
            return None;
        }
        MODULES.iter().find_map(|module| {
            let path = format!("{module}::{name}");
            self.hover(&path, path.len(), patience)
        })
    }

    /// The text of the item that a cell defined under this name, or the type of the variable.
    fn add_source(&self, name: &str, bundle: &mut MimeBundle) {
        let Some(source) = self.definition(name) else {
            if let Some(kind) = self.kind_of(name) {
                let text = format!("let {name}: {}", shown(&kind));
                bundle.entry("text/plain").or_insert(json!(text));
            }
            return;
        };
        let known = bundle
            .get("text/plain")
            .and_then(|text| text.as_str())
            .unwrap_or("");
        let text = format!("{known}\n{source}");
        if !text.trim().is_empty() {
            bundle.insert("text/plain".into(), json!(text.trim_start()));
        }
    }
}

/// Documentation without the name of the crate that evcxr makes of a cell, which the person knows
/// nothing of.
fn without_crate(text: &str, before: &str) -> String {
    let Some(path) = text
        .strip_prefix(before)
        .and_then(|text| text.strip_prefix("ctx"))
    else {
        return text.to_owned();
    };
    if let Some(path) = path.strip_prefix("::") {
        return format!("{before}{path}");
    }
    // The crate alone, on a line or in a block of its own.
    let rest = path
        .strip_prefix("\n</code></pre>\n")
        .or(path.strip_prefix("\n\n"));
    rest.unwrap_or(text).to_owned()
}

/// Where the name ends whose arguments a cursor is among (both in code points).
fn callee(code: &str, cursor: usize) -> Option<usize> {
    let lexed = LexedStr::new(Edition::Edition2024, &code[..byte_of(code, cursor)]);
    let mut closed = 0;
    for token in (0..lexed.len()).rev() {
        match lexed.kind(token) {
            T![')'] => closed += 1,
            T!['('] if closed > 0 => closed -= 1,
            T!['('] => {
                let is_macro = token > 0 && lexed.kind(token - 1) == T![!];
                let end = lexed.text_start(token - usize::from(is_macro));
                return Some(code_points(code, end));
            }
            T![;] | T!['{'] | T!['}'] if closed == 0 => return None,
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_at_a_cursor_is_the_whole_path() {
        assert_eq!(
            word_at("let a = std::sync::Mutex::new(1);", 22).as_deref(),
            Some("std::sync::Mutex")
        );
        assert_eq!(word_at("counter.lock()", 3).as_deref(), Some("counter"));
        assert_eq!(word_at("a + b", 2), None);
        assert_eq!(word_at("", 5), None);
    }

    #[test]
    fn a_name_ends_where_its_last_letter_does() {
        assert_eq!(word_end("é.len()", 3), 6);
        assert_eq!(word_end("a", 99), 1);
    }

    #[test]
    fn the_cells_crate_is_not_shown() {
        let plain = |text| without_crate(text, "");
        assert_eq!(plain("ctx\n\npub struct P"), "pub struct P");
        assert_eq!(plain("ctx::P\n\nx: i32"), "P\n\nx: i32");
        assert_eq!(plain("ctxt::P"), "ctxt::P");
        let html = |text: &str| without_crate(&format!("{CODE}{text}"), CODE);
        assert_eq!(html("ctx\n</code></pre>\n<pre>"), "<pre>");
        assert_eq!(html("ctx::P\n</code>"), format!("{CODE}P\n</code>"));
    }

    #[test]
    fn among_arguments_the_function_is_meant() {
        assert_eq!(callee("v.push(", 7), Some(6));
        assert_eq!(callee("é.f(g(1), ", 10), Some(3));
        assert_eq!(callee("println!(\"{}\", ", 15), Some(7));
        assert_eq!(callee("f(|| { ", 7), None);
        assert_eq!(callee("a + ", 4), None);
    }
}
