//! What a person sees while a cell compiles and runs: the progress of dependencies, then the report
//! as it grows.

use super::report::{REPORT_TYPE, Reporter};
use crate::controls::SessionControls;
use jupyter::{MimeBundle, Parent, Publisher};
use record::snapshot::Snapshot;
use record::{Baseline, Region, ThreadSlot};
use serde_json::json;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use toolchain::notes;

/// Time between two looks.
const INTERVAL: Duration = Duration::from_millis(500);
/// A cell that runs no longer has only its last report.
const PATIENCE: Duration = Duration::from_secs(1);
/// Bytes of a report that is sent twice a second.
const LARGEST: usize = 50_000;

/// Watches one cell until [`Live::stop`].
pub struct Live {
    stop: Sender<()>,
    thread: JoinHandle<Option<String>>,
}

/// What is watched.
pub struct Watched {
    /// Where outputs go.
    pub publisher: Publisher,
    /// The cell's request.
    pub parent: Parent,
    /// Its execution count.
    pub cell: u32,
    /// The recording.
    pub region: std::sync::Arc<Region>,
    /// The counters before the cell.
    pub baseline: Baseline,
    /// Makes the reports.
    pub reporter: Reporter,
    /// Ends the process when it can't be freed otherwise.
    pub controls: SessionControls,
    /// The session's folder, in which the compiler's progress is noted.
    pub workspace: PathBuf,
}

impl Live {
    /// Begins to watch; `None` when the system has no thread left, which costs only the live view.
    pub fn start(watched: Watched) -> Option<Live> {
        let (stop, stopped) = channel();
        let thread = std::thread::Builder::new()
            .name("live report".into())
            .spawn(move || watched.watch(&stopped))
            .ok()?;
        Some(Live { stop, thread })
    }

    /// Ends the watch; the id of the display that the last report replaces, if one was shown.
    pub fn stop(self) -> Option<String> {
        drop(self.stop);
        self.thread.join().ok().flatten()
    }
}

impl Watched {
    fn watch(&self, stopped: &Receiver<()>) -> Option<String> {
        let mut progress_shown = None;
        let mut shown: Option<String> = None;
        let mut running_since: Option<Instant> = None;
        while stopped.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout) {
            self.show_progress(&mut progress_shown);
            if self.region.live_threads(self.cell) == 0 {
                continue;
            }
            let snapshot = self.region.snapshot(self.cell, &self.baseline);
            if is_stuck(&snapshot) {
                self.controls.end_stuck();
                continue;
            }
            let since = *running_since.get_or_insert_with(Instant::now);
            if since.elapsed() < PATIENCE {
                continue;
            }
            if let Some(bundle) = self.reporter.live(&snapshot) {
                self.show_report(bundle, &mut shown);
            }
        }
        if progress_shown.is_some() {
            self.update(&self.progress_id(), text(""));
        }
        shown
    }

    fn progress_id(&self) -> String {
        format!("fearless-progress-{}", self.cell)
    }

    fn show_progress(&self, shown: &mut Option<String>) {
        let line = match notes::progress(&self.workspace) {
            Some(line) => line,
            None if shown.is_some() => String::new(),
            None => return,
        };
        match shown.replace(line.clone()) {
            Some(before) if before == line => {}
            Some(_) => self.update(&self.progress_id(), text(&line)),
            None => self.publisher.display_data(
                &self.parent,
                text(&line),
                MimeBundle::new(),
                Some(self.progress_id()),
            ),
        }
    }

    fn show_report(&self, mut bundle: MimeBundle, shown: &mut Option<String>) {
        bundle.remove(REPORT_TYPE);
        let too_large =
            |value: &serde_json::Value| value.as_str().is_some_and(|html| html.len() > LARGEST);
        if bundle.get("text/html").is_some_and(too_large) {
            bundle.remove("text/html");
        }
        match shown {
            Some(id) => self.update(id, bundle),
            None => {
                let id = format!(
                    "fearless-report-{}-{}",
                    self.cell,
                    uuid::Uuid::new_v4().simple()
                );
                self.publisher.display_data(
                    &self.parent,
                    bundle,
                    MimeBundle::new(),
                    Some(id.clone()),
                );
                *shown = Some(id);
            }
        }
    }

    fn update(&self, id: &str, bundle: MimeBundle) {
        self.publisher
            .update_display_data(&self.parent, bundle, MimeBundle::new(), id.to_owned());
    }
}

/// Whether a deadlock was proved in which no thread can be made to unwind: only the end of the
/// process ends it.
pub(crate) fn is_stuck(snapshot: &Snapshot) -> bool {
    let mut verdicts = snapshot.verdicts.iter();
    verdicts.any(|verdict| verdict.victim == ThreadSlot::NONE)
}

fn text(line: &str) -> MimeBundle {
    MimeBundle::from_iter([("text/plain".to_owned(), json!(line))])
}
