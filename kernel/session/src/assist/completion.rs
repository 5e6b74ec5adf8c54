//! Completions from rust-analyzer, and the names that are known without it while a cell runs.

use super::arguments::{self, Argument};
use super::cursor::byte_of;
use super::known::Word;
use super::offers;
use crate::commands::help;
use crate::session::Session;
use crate::source::source_map::rust_start;
use crate::variables::shown;
use jupyter::Completions;
use std::sync::Arc;
use toolchain::library::private_names;

impl Session {
    /// Completions at `cursor` (in code points).
    pub(crate) fn completions(&mut self, code: &str, cursor: usize) -> Completions {
        if let Some(commands) = help::complete_command(code, cursor) {
            return commands;
        }
        match arguments::complete(code, cursor) {
            Some(Argument::Words(words)) => return words,
            Some(Argument::Code(start)) => {
                let typed = &code[byte_of(code, start)..byte_of(code, cursor)];
                let mut found = self.completions(typed, cursor - start);
                found.start += start;
                found.end += start;
                return found;
            }
            None => {}
        }
        let closed = offers::closed(code, cursor);
        let found = self.offered(&closed, code, cursor);
        if !found.matches.is_empty() {
            return found;
        }
        if let Some(shorter) = offers::without_call(code, cursor) {
            let less = cursor - shorter.chars().count();
            let found = self.offered(&shorter, &shorter, cursor - less);
            if !found.matches.is_empty() {
                return Completions {
                    start: found.start + less,
                    end: found.end + less,
                    ..found
                };
            }
        }
        self.known.complete(code, cursor)
    }

    /// What rust-analyzer finds at `cursor` in `whole`, which is `code` but for what follows.
    fn offered(&mut self, whole: &str, code: &str, cursor: usize) -> Completions {
        let with_types = self.with_types(whole);
        let at = byte_of(code, cursor);
        let added = match at < rust_start(whole) {
            true => 0,
            false => with_types.len() - whole.len(),
        };
        let Ok(mut found) = self.context.completions(&with_types, at + added) else {
            return Completions::none(cursor);
        };
        found.start_offset = found.start_offset.saturating_sub(added);
        found.end_offset = found.end_offset.saturating_sub(added);
        let private = offers::module_before(code, cursor)
            .map(|module| private_names(&self.workspace.library(), &module))
            .unwrap_or_default();
        offers::offered(found.into(), code, &private)
    }

    /// A cell for rust-analyzer, which is told the types of the notebook's variables.
    fn with_types(&self, code: &str) -> String {
        let (commands, rust) = code.split_at(rust_start(code));
        format!("{commands}{}{rust}", self.variables.for_analysis(rust))
    }

    /// Makes rust-analyzer read what nearly every cell needs, before the person has typed it.
    pub(crate) fn warm_up(&mut self) {
        let code = "let warm = std::sync::Arc::new(std::sync::Mutex::new(0)); warm.";
        let _ = self.context.completions(code, code.len());
        self.publish_words();
    }

    /// Remembers what a module of the standard library holds, for completion while a cell runs.
    pub(crate) fn list_module(&mut self, module: &'static str) {
        let code = format!("use {module}::");
        let found = self.completions(&code, code.len());
        let words = found.matches.into_iter().zip(found.types);
        let words = words.map(|(name, item)| Word {
            name,
            kind: item.kind,
            detail: item.signature,
        });
        Arc::make_mut(&mut self.known.modules).insert(module, words.collect());
        self.controls.set_known(self.known.clone());
    }

    /// Lets completion know the session's names while a cell runs.
    pub(crate) fn publish_words(&mut self) {
        const KEYWORDS: [&str; 24] = [
            "async", "await", "break", "const", "continue", "else", "enum", "false", "fn", "for",
            "if", "impl", "let", "loop", "match", "move", "mut", "pub", "return", "static",
            "struct", "trait", "use", "while",
        ];
        let word = |name: &str, kind: &str, detail: &str| Word {
            name: name.to_owned(),
            kind: kind.to_owned(),
            detail: detail.to_owned(),
        };
        let mut words: Vec<Word> = self
            .variables
            .kept()
            .map(|(name, kind)| word(name, "variable", &shown(kind)))
            .chain(
                self.context
                    .defined_item_names()
                    .map(|name| word(name, "item", "")),
            )
            .chain(KEYWORDS.iter().map(|name| word(name, "keyword", "")))
            .collect();
        words.sort_by(|a, b| a.name.cmp(&b.name));
        self.known.words = Arc::new(words);
        self.controls.set_known(self.known.clone());
    }
}
