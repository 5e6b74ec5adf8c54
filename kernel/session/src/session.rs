//! All that belongs to one session.

use crate::assist::known::Word;
use crate::cell::effort::Effort;
use crate::cell::output::Output;
use crate::cell::report::Reporter;
use crate::cell::timing::Timing;
use crate::commands::check::{Explored, Subject};
use crate::controls::SessionControls;
use crate::process::Spare;
use crate::programs::compiled::Program;
use crate::runtime::descriptors::CellNumber;
use crate::variables::{Ledger, shown};
use evcxr::CommandContext;
use record::{Region, Seen};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use toolchain::Keeper;
use toolchain::Settings;
use toolchain::Workspace;

/// A running session.
pub struct Session {
    // evcxr's cell process ends before the folder it was built in goes.
    pub(crate) context: CommandContext,
    pub(crate) controls: SessionControls,
    pub(crate) settings: Settings,
    pub(crate) region: Arc<Region>,
    /// What the last cell's report has told.
    pub(crate) seen: Seen,
    pub(crate) output: Output,
    pub(crate) cell_number: CellNumber,
    pub(crate) program_descriptors: Spare,
    pub(crate) reporter: Reporter,
    /// What the start wants to tell the person, under the first cell.
    pub(crate) notices: Vec<String>,
    pub(crate) show_timing: bool,
    /// Counts what is evaluated.
    pub(crate) serial: u64,
    /// Counts the processes in which cells run.
    pub(crate) process: u64,
    /// Counts how often earlier cells were forgotten.
    pub(crate) cleared: u64,
    pub(crate) timing: Timing,
    /// Which cells computed for long.
    pub(crate) effort: Effort,
    pub(crate) variables: Ledger,
    /// What was said of items that no longer compile, by their names.
    pub(crate) fallen: HashMap<String, String>,
    /// What `:explore` found in that cell.
    pub(crate) explored: Option<Explored>,
    /// The program that was explored last, compiled.
    pub(crate) last_explored: Option<Arc<Program>>,
    /// The last cell with code, for `:check`.
    pub(crate) checked: Option<Subject>,
    /// Our `std`, while `:record off` has it put aside.
    pub(crate) recording_standard: Option<PathBuf>,
    /// Starts the compiler of the next cell.
    pub(crate) ahead: Option<Keeper>,
    pub(crate) workspace: Workspace,
}

impl Session {
    /// Lets completion and inspection know what the session has.
    pub(crate) fn publish(&self) {
        const KEYWORDS: [&str; 24] = [
            "async", "await", "break", "const", "continue", "else", "enum", "false", "fn", "for",
            "if", "impl", "let", "loop", "match", "move", "mut", "pub", "return", "static",
            "struct", "trait", "use", "while",
        ];
        let word = |name: &str, kind: &str, detail: String| Word {
            name: name.to_owned(),
            kind: kind.to_owned(),
            detail,
        };
        let items: Vec<String> = self
            .context
            .defined_item_names()
            .map(str::to_owned)
            .collect();
        let variables = self.variables.for_analysis();
        let mut words: Vec<Word> = variables
            .iter()
            .map(|variable| word(&variable.name, "variable", shown(&variable.kind)))
            .chain(items.iter().map(|name| word(name, "item", String::new())))
            .chain(
                KEYWORDS
                    .iter()
                    .map(|name| word(name, "keyword", String::new())),
            )
            .collect();
        words.sort_by(|a, b| a.name.cmp(&b.name));
        self.controls.assistant().publish(words, variables, items);
    }
}
