//! evcxr's life in the kernel: one session, which runs cells one after the other.
//!
//! [`SessionFactory`] makes the engine that `jupyter` serves. Before a program does anything else, it
//! calls [`run_if_helper`]: the cell process, the stand-ins for cargo and rustc, and evcxr's wrapper
//! are the kernel's own binary, too.

mod advice;
mod apply;
pub mod cell;
pub mod check;
pub mod commands;
mod compile_error;
pub mod controls;
mod drawing;
pub mod errors;
mod execute;
mod help;
mod inspect;
mod known;
pub mod leftovers;
mod names;
mod outcome;
mod program;
mod repeat;
pub mod runtime;
mod source;
pub mod source_map;
pub mod sources;
mod start;
mod timing;
mod traits;

pub(crate) use execute::HIDDEN_CELL;
pub use start::SessionFactory;

use crate::cell::output::Output;
use crate::cell::report::Reporter;
use crate::runtime::descriptors::CellNumber;
use controls::SessionControls;
use evcxr::CommandContext;
use jupyter::{
    CellIo, CompletionType, Completions, Engine, ExecuteReply, ExecuteRequest, MimeBundle,
};
use known::{Known, MODULES, Word};
use record::Region;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use timing::Timing;
use toolchain::settings::Settings;
use toolchain::workspace::Workspace;

/// Acts as what this process was started as, if that is not the kernel; `None` in the kernel.
pub fn run_if_helper() -> Option<ExitCode> {
    let code = toolchain::stand_in::run_if_called_so().or_else(runtime::run_if_child);
    if code.is_none() && std::env::var_os("EVCXR_RUSTC_WRAPPER").is_some() {
        evcxr::runtime_hook();
    }
    code
}

/// A running session.
pub struct Session {
    // evcxr's cell process ends before the folder it was built in goes.
    context: CommandContext,
    controls: SessionControls,
    settings: Settings,
    region: Arc<Region>,
    output: Output,
    cell_number: CellNumber,
    program_descriptors: start::Spare,
    reporter: Reporter,
    /// What the start wants to tell the person, under the first cell.
    notices: Vec<String>,
    show_timing: bool,
    /// Pieces of [`Engine::rest`] that are done.
    rested: usize,
    /// What is told while a cell runs.
    known: Known,
    timing: Timing,
    /// The last cell with code, for `:check`.
    checked: Option<check::Subject>,
    /// Our `std`, while `:record off` has it put aside.
    recording_standard: Option<PathBuf>,
    workspace: Workspace,
}

impl Engine for Session {
    fn execute(&mut self, request: &ExecuteRequest, io: &CellIo) -> ExecuteReply {
        self.controls.begin(request.execution_count);
        let reply = self.run(request, io);
        self.controls.end();
        self.publish_words();
        reply
    }

    fn complete(&mut self, code: &str, cursor: usize) -> Completions {
        if let Some(commands) = help::complete_command(code, cursor) {
            return commands;
        }
        let Ok(found) = self.context.completions(code, byte_of(code, cursor)) else {
            return Completions {
                start: cursor,
                end: cursor,
                ..Completions::default()
            };
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

    fn inspect(&mut self, code: &str, cursor: usize, detail: u8) -> Option<MimeBundle> {
        self.about(code, cursor, detail)
    }

    fn rest(&mut self) -> bool {
        match self.rested {
            0 => self.warm_up(),
            step => self.list_module(MODULES[step - 1]),
        }
        self.rested += 1;
        self.rested <= MODULES.len()
    }

    fn shutdown(&mut self) {
        self.controls.begin(0);
        let process = self.context.process_handle();
        if let Ok(mut process) = process.lock() {
            let _ = process.kill();
            let _ = process.wait();
        }
        // Now, since the process may end before this value is dropped.
        self.workspace.remove();
    }
}

impl Session {
    /// Makes rust-analyzer read what nearly every cell needs, before the person has typed it.
    fn warm_up(&mut self) {
        let code = "let warm = std::sync::Arc::new(std::sync::Mutex::new(0)); warm.";
        let _ = self.context.completions(code, code.len());
        self.publish_words();
    }

    /// Remembers what a module of the standard library holds, for completion while a cell runs.
    fn list_module(&mut self, module: &'static str) {
        let code = format!("use {module}::");
        let found = self.complete(&code, code.len());
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
    fn publish_words(&mut self) {
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

/// The byte offset of a code point.
fn byte_of(code: &str, cursor: usize) -> usize {
    code.char_indices()
        .nth(cursor)
        .map_or(code.len(), |(at, _)| at)
}

/// How many code points lie before a byte offset.
fn code_points(code: &str, offset: usize) -> usize {
    code.char_indices()
        .take_while(|(at, _)| *at < offset)
        .count()
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

    #[test]
    fn cursors_count_code_points() {
        let code = "let é = 𝔘;";
        assert_eq!(byte_of(code, 8), 9);
        assert_eq!(code_points(code, 9), 8);
        assert_eq!(byte_of(code, 99), code.len());
    }
}
