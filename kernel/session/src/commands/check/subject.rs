//! What conditions are about.

use jupyter::CellError;
use report::OutcomeKind;

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

/// What `:explore` found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Explored {
    /// Runs that failed.
    pub failures: u64,
    /// Ways in which runs ended.
    pub outcomes: usize,
    /// Every run was tried, and none fails.
    pub proved: bool,
}

/// What is looked at: the last cell that had code.
pub struct Subject {
    /// Its execution count.
    pub cell: u32,
    /// Why it failed, if it did.
    pub error: Option<CellError>,
    /// How often it ran.
    pub runs: Runs,
    /// What was found, if it was explored.
    pub explored: Option<Explored>,
    /// What it printed to stdout; after `:repeat`, in its last run, which is that of the report,
    /// too.
    pub printed: String,
    /// Whether it was compiled against the recording std.
    pub is_recorded: bool,
}

/// How a cell ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// It ran, to this end.
    Ran(OutcomeKind),
    /// It did not compile, or a command failed.
    Failed,
}

impl Ended {
    /// All of them.
    pub fn all() -> impl Iterator<Item = Ended> {
        let ran = OutcomeKind::ALL.into_iter().map(Ended::Ran);
        ran.chain([Ended::Failed])
    }

    /// As `outcome is` calls it.
    pub fn name(self) -> &'static str {
        match self {
            Ended::Ran(outcome) => outcome.name(),
            Ended::Failed => "failed",
        }
    }
}

#[cfg(test)]
pub(crate) mod fixture {
    use report::{
        ChannelRow, Finding, FindingKind, LockRow, Report, Severity, Sum, ThreadRow, ThreadStatus,
    };

    /// The report of a cell with two threads.
    pub(crate) fn report() -> Report {
        let thread = |state, start_ns, end_ns| ThreadRow {
            state,
            start_ns,
            end_ns,
            ..ThreadRow::default()
        };
        let lock = |name: &str, acquisitions, contended, total, max| LockRow {
            name: Some(name.into()),
            acquisitions,
            contended,
            wait_ns: Sum { total, max },
            ..LockRow::default()
        };
        Report {
            threads: vec![
                ThreadRow {
                    is_main: true,
                    ..thread(ThreadStatus::Running, 0, None)
                },
                thread(ThreadStatus::Finished, 10, Some(50)),
                thread(ThreadStatus::Panicked, 50, None),
                ThreadRow {
                    of_cell: Some(2),
                    ..thread(ThreadStatus::Running, 0, None)
                },
            ],
            locks: vec![
                lock("total", 8, 3, 5_000_000, 2_050_000),
                lock("copy #1", 1, 0, 0, 0),
            ],
            channels: vec![ChannelRow {
                name: Some("tx → rx".into()),
                sent: 10,
                received: 8,
                lost: 2,
                ..ChannelRow::default()
            }],
            findings: vec![Finding::new(
                FindingKind::Convoy,
                Severity::Warning,
                "a convoy at `m`",
                "",
            )],
            ..Report::default()
        }
    }
}
