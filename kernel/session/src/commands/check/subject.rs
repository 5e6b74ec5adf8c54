//! What conditions are about.

use jupyter::CellError;

/// How often a cell ran, and in how many ways it ended.
#[derive(Clone, Copy, Debug)]
pub struct Runs {
    /// More than one after `:repeat`.
    pub runs: u32,
    /// Different outputs, panics, deadlocks.
    pub outcomes: usize,
}

impl Default for Runs {
    fn default() -> Runs {
        Runs {
            runs: 1,
            outcomes: 1,
        }
    }
}

/// What is looked at: the last cell that had code.
pub struct Subject {
    /// Its execution count.
    pub cell: u32,
    /// Why it failed, if it did.
    pub error: Option<CellError>,
    /// How often it ran.
    pub runs: Runs,
    /// What it printed to stdout; after `:repeat`, in its last run, which is that of the report, too.
    pub printed: String,
    /// Whether it was compiled against the recording std.
    pub is_recorded: bool,
}
