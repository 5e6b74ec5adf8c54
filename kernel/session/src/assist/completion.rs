//! Completions from rust-analyzer, and the names that are known without it while a cell runs.

use super::cursor::{byte_of, code_points};
use super::known::Word;
use crate::commands::help;
use crate::session::Session;
use jupyter::{CompletionType, Completions};
use std::sync::Arc;

impl Session {
    /// Completions at `cursor` (in code points).
    pub(crate) fn completions(&mut self, code: &str, cursor: usize) -> Completions {
        if let Some(commands) = help::complete_command(code, cursor) {
            return commands;
        }
        let Ok(found) = self.context.completions(code, byte_of(code, cursor)) else {
            return Completions::none(cursor);
        };
        let typed = code
            .get(found.start_offset..found.end_offset)
            .unwrap_or("")
            .to_owned();
        let mut seen = std::collections::HashSet::new();
        let fitting: Vec<_> = found
            .completions
            .into_iter()
            .map(|item| (bare_name(&item.code), item))
            .filter(|(name, _)| name.starts_with(&typed) && !is_evcxrs(name))
            .filter(|(name, _)| seen.insert(name.clone()))
            .collect();
        Completions {
            start: code_points(code, found.start_offset),
            end: code_points(code, found.end_offset),
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
            .context
            .variables_and_types()
            .map(|(name, kind)| word(name, "variable", kind))
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

/// What is to be inserted for a completion: a name, without rust-analyzer's suggested arguments.
fn bare_name(code: &str) -> String {
    let end = code.find(['(', '$']).unwrap_or(code.len());
    code[..end].trim_end().to_owned()
}

/// Whether a name is one of the code around a cell.
fn is_evcxrs(name: &str) -> bool {
    name.starts_with("evcxr_") || name == "EvcxrUserCodeError"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn completions_insert_names_alone() {
        assert_eq!(bare_name("spawn(f)"), "spawn");
        assert_eq!(bare_name("is_empty()$0"), "is_empty");
        assert_eq!(bare_name("Mutex"), "Mutex");
        assert!(is_evcxrs("evcxr_analysis_wrapper") && !is_evcxrs("evcxr"));
    }
}
