//! All that belongs to one session.

use crate::assist::known::Known;
use crate::cell::effort::Effort;
use crate::cell::output::Output;
use crate::cell::report::Reporter;
use crate::cell::timing::Timing;
use crate::commands::check::Subject;
use crate::controls::SessionControls;
use crate::process::Spare;
use crate::runtime::descriptors::CellNumber;
use crate::variables::Ledger;
use evcxr::CommandContext;
use record::{Region, Seen};
use std::path::PathBuf;
use std::sync::Arc;
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
    /// Pieces of [`Engine::rest`] that are done.
    pub(crate) rested: usize,
    /// Counts what is evaluated.
    pub(crate) serial: u64,
    /// Counts the processes in which cells run.
    pub(crate) process: u64,
    /// Counts how often earlier cells were forgotten.
    pub(crate) cleared: u64,
    /// What is told while a cell runs.
    pub(crate) known: Known,
    pub(crate) timing: Timing,
    /// Which cells computed for long.
    pub(crate) effort: Effort,
    pub(crate) variables: Ledger,
    /// The last cell with code, for `:check`.
    pub(crate) checked: Option<Subject>,
    /// Our `std`, while `:record off` has it put aside.
    pub(crate) recording_standard: Option<PathBuf>,
    pub(crate) workspace: Workspace,
}
