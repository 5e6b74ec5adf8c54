//! Completions: from rust-analyzer, and until it answers from what is known without it.

use super::arguments::{self, Argument};
use super::assistant::Assistant;
use super::cursor::byte_of;
use super::offers;
use crate::commands::help;
use crate::source::source_map::rust_start;
use jupyter::Completions;
use toolchain::library::private_names;

impl Assistant {
    /// Completions at `cursor` (in code points).
    pub(crate) fn complete(&self, code: &str, cursor: usize) -> Completions {
        if let Some(commands) = help::complete_command(code, cursor) {
            return commands;
        }
        match arguments::complete(code, cursor) {
            Some(Argument::Words(words)) => return words,
            Some(Argument::Code(start)) => {
                let typed = &code[byte_of(code, start)..byte_of(code, cursor)];
                let mut found = self.complete(typed, cursor - start);
                found.start += start;
                found.end += start;
                return found;
            }
            None => {}
        }
        if offers::is_prose(code, cursor) {
            return Completions::none(cursor);
        }
        let known = self.known();
        if !self.is_ready() {
            // It is started by the question; whoever asks need not wait for it.
            let found = known.complete(code, cursor);
            if !found.matches.is_empty() {
                self.wake();
                return found;
            }
        }
        self.analysed(code, cursor)
            .unwrap_or_else(|| known.complete(code, cursor))
    }

    /// What rust-analyzer finds; `None` if that is nothing, or it has not told in time.
    fn analysed(&self, code: &str, cursor: usize) -> Option<Completions> {
        let closed = offers::closed(code, cursor);
        let found = self.offered(&closed, code, cursor)?;
        if !found.matches.is_empty() {
            return Some(found);
        }
        let shorter = offers::without_call(code, cursor)?;
        let less = cursor - shorter.chars().count();
        let found = self.offered(&shorter, &shorter, cursor - less)?;
        (!found.matches.is_empty()).then(|| Completions {
            start: found.start + less,
            end: found.end + less,
            ..found
        })
    }

    /// What rust-analyzer finds at `cursor` in `whole`, which is `code` but for what follows.
    fn offered(&self, whole: &str, code: &str, cursor: usize) -> Option<Completions> {
        let start = rust_start(whole);
        let at = byte_of(code, cursor).checked_sub(start)?;
        let mut found = self.completions(&whole[start..], at)?;
        found.start += start;
        found.end += start;
        let module = offers::module_before(code, cursor);
        let private = module
            .zip(self.library())
            .map(|(module, library)| private_names(&library, &module))
            .unwrap_or_default();
        Some(offers::offered(found, code, &private))
    }
}
