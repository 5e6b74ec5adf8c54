//! From a recording to the report under a cell.

use super::output::{LateText, Remains};
use crate::source::places::{SeenObjects, Sources};
use jupyter::MimeBundle;
use record::snapshot::Snapshot;
use report::{
    Context, Finding, FindingKind, HtmlOptions, Input, LateOutput, Level, Outcome, Report,
    SessionHistory, TextOptions,
};
use serde_json::{Value, json};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The media type of a report's data.
pub const REPORT_TYPE: &str = "application/vnd.fearless.report+json";

/// Makes reports of one recording's cells; shared between the cell's own thread and the live view.
#[derive(Clone)]
pub struct Reporter {
    /// What all reporters of a session share.
    state: Arc<Mutex<Reports>>,
    /// What was learned of this recording. Locked while `state` is.
    learned: Arc<Mutex<Learned>>,
}

/// What earlier snapshots of one recording have taught. Its numbers of places, objects and locks
/// mean other ones in another recording.
#[derive(Default)]
struct Learned {
    objects: SeenObjects,
    history: SessionHistory,
}

struct Reports {
    sources: Sources,
    /// What is shown, or nothing.
    level: Option<Level>,
    last: Option<Last>,
    /// Whether the last report is that of the last cell, which may have had none.
    is_current: bool,
    /// Deadlocks among tasks that the running cell's last report told.
    tasks_stuck: Vec<Finding>,
}

/// The last cell that had a report.
struct Last {
    report: Report,
    /// How often it was shown again.
    shown: u32,
    snapshot: Snapshot,
    context: Context,
}

/// How a cell went, for its last report.
#[derive(Debug, Default)]
pub struct Ending {
    /// The outcome.
    pub outcome: Outcome,
    /// What the output left.
    pub remains: Remains,
}

impl Reporter {
    /// A reporter of a session that has these sources.
    pub fn new(sources: Sources) -> Reporter {
        Reporter {
            state: Arc::new(Mutex::new(Reports {
                sources,
                level: Some(Level::Full),
                last: None,
                is_current: false,
                tasks_stuck: Vec::new(),
            })),
            learned: Arc::default(),
        }
    }

    /// A reporter of the same session for another recording, of which nothing is known.
    pub fn for_recording(&self) -> Reporter {
        Reporter {
            state: self.state.clone(),
            learned: Arc::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, Reports> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn learned(&self) -> MutexGuard<'_, Learned> {
        self.learned.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Works on the session's sources.
    pub fn with_sources<R>(&self, work: impl FnOnce(&mut Sources) -> R) -> R {
        work(&mut self.state().sources)
    }

    /// Sets how much is shown; `None` for nothing.
    pub fn set_level(&self, level: Option<Level>) {
        self.state().level = level;
    }

    /// Forgets what was recorded: the process is gone, and the recording begins anew.
    pub fn forget_process(&self) {
        *self.learned() = Learned::default();
    }

    /// A cell begins, which may end without a report.
    pub fn begin(&self) {
        let mut state = self.state();
        state.is_current = false;
        state.tasks_stuck.clear();
    }

    /// The report of a cell that still runs, if it has something to show.
    pub fn live(&self, snapshot: &Snapshot) -> Option<MimeBundle> {
        let mut state = self.state();
        let level = state.level?;
        let context = state.context(&mut self.learned(), snapshot, Ending::default());
        let report = report::build(&Input {
            snapshot,
            context: &context,
        })?;
        state.tasks_stuck = deadlocks_of_tasks(&report);
        Some(bundle(&report, &at(level)))
    }

    /// The last report of a cell, which is remembered; [`Reporter::show`] says what to show of it.
    pub fn finish(&self, snapshot: Snapshot, ending: Ending) -> Option<Report> {
        let mut state = self.state();
        let mut learned = self.learned();
        state.sources.look_calls_up(&snapshot);
        let context = state.context(&mut learned, &snapshot, ending);
        let input = Input {
            snapshot: &snapshot,
            context: &context,
        };
        let report = report::build(&input)?;
        learned.history.learn(&input);
        state.is_current = true;
        state.last = Some(Last {
            report: report.clone(),
            shown: 0,
            snapshot,
            context,
        });
        Some(report)
    }

    /// A report as it is to be shown, if it is.
    pub fn show(&self, report: &Report) -> Option<MimeBundle> {
        let level = self.state().level?;
        Some(bundle(report, &at(level)))
    }

    /// The same, folded away under a line.
    pub fn show_folded(&self, report: &Report, summary: &str) -> Option<MimeBundle> {
        let level = self.state().level?;
        let summary = Some(summary);
        Some(bundle(
            report,
            &HtmlOptions {
                summary,
                ..at(level)
            },
        ))
    }

    /// The last report again, in full.
    pub fn last(&self) -> Option<MimeBundle> {
        let mut state = self.state();
        let last = state.last.as_mut()?;
        last.shown += 1;
        let options = HtmlOptions {
            shown_before: last.shown,
            ..at(Level::Full)
        };
        Some(bundle(&last.report, &options))
    }

    /// The last report's data.
    pub fn last_json(&self) -> Option<Value> {
        self.state().last.as_ref().map(|last| last.report.to_json())
    }

    /// The report of the cell that ran last, with all rows of its lists; `None` when it had none.
    pub fn whole(&self) -> Option<Report> {
        let state = self.state();
        let last = state.last.as_ref().filter(|_| state.is_current)?;
        report::build_whole(&Input {
            snapshot: &last.snapshot,
            context: &last.context,
        })
    }

    /// Writes the last cell's trace to a file: tables for `.csv`, else Trace Event JSON.
    ///
    /// # Errors
    /// A sentence for the person.
    pub fn save_trace(&self, path: &str) -> Result<String, String> {
        let state = self.state();
        let last = state.last.as_ref().ok_or(
            "no cell has had a report yet: run one that uses threads, then `:trace save` again",
        )?;
        let mut bytes = Vec::new();
        if path.ends_with(".csv") {
            let mut text = String::new();
            report::csv(&last.report, &mut text, report::CsvTable::All)
                .map_err(|error| error.to_string())?;
            bytes = text.into_bytes();
        } else {
            let input = Input {
                snapshot: &last.snapshot,
                context: &last.context,
            };
            report::trace_events(&input, &mut bytes).map_err(|error| error.to_string())?;
        }
        std::fs::write(path, &bytes)
            .map_err(|error| format!("cannot write the trace to `{path}`: {error}"))?;
        let hint = if path.ends_with(".csv") {
            ""
        } else {
            ": open it in https://ui.perfetto.dev"
        };
        Ok(format!(
            "saved the trace of [{}] to {path} ({} bytes){hint}\n",
            last.context.cell,
            bytes.len()
        ))
    }
}

impl Reports {
    fn context(&mut self, learned: &mut Learned, snapshot: &Snapshot, ending: Ending) -> Context {
        let places = self.sources.places(snapshot);
        let names = self
            .sources
            .names(&mut learned.objects, &snapshot.objects, &places);
        let source_lines = self.sources.lines(snapshot.cell, places.values());
        Context {
            cell: snapshot.cell,
            names,
            source_lines,
            late_output: ending
                .remains
                .late
                .iter()
                .map(|((cell, ordinal), LateText { lines, .. })| LateOutput {
                    label: record::frame::name(*ordinal),
                    cell: *cell,
                    lines: *lines,
                })
                .collect(),
            around_cells: Sources::around_cells(snapshot, &places),
            history: learned.history.clone(),
            last_output: match ending.outcome {
                Outcome::Crashed { .. } => ending.remains.last_lines,
                _ => Vec::new(),
            },
            deadlocks_before_stop: self.tasks_stuck.clone(),
            outcome: ending.outcome,
            places,
        }
    }
}

fn deadlocks_of_tasks(report: &Report) -> Vec<Finding> {
    let is_one = |it: &&Finding| it.kind == FindingKind::Deadlock && !it.tasks.is_empty();
    report.findings.iter().filter(is_one).cloned().collect()
}

/// The options of a report that is shown for the first time.
fn at(level: Level) -> HtmlOptions<'static> {
    HtmlOptions {
        level,
        // The kernel is started in the notebook's folder.
        lessons_beside: Path::new(report::FIRST_LESSON).is_file(),
        ..HtmlOptions::default()
    }
}

/// A report in all its representations.
fn bundle(report: &Report, options: &HtmlOptions<'_>) -> MimeBundle {
    let mut html = String::new();
    let mut text = match options.summary {
        Some(summary) => format!("{summary}:\n"),
        None => String::new(),
    };
    // Writing to a String cannot fail.
    let _ = report::html(report, &mut html, options);
    let _ = report::text(
        report,
        &mut text,
        &TextOptions {
            level: options.level,
            ..TextOptions::default()
        },
    );
    let mut bundle = MimeBundle::new();
    bundle.insert("text/html".into(), json!(html));
    bundle.insert("text/plain".into(), json!(text));
    bundle.insert(REPORT_TYPE.into(), report.to_json());
    bundle
}
