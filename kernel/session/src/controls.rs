//! What reaches a session from other threads: the stop button, the last report, questions about
//! code that is being written.

use crate::assist::Assistant;
use crate::cell::report::Reporter;
use crate::source::completeness;
use jupyter::{Completeness, Completions, Controls, MimeBundle};
use record::Region;
use rustix::process::{Pid, Signal};
use serde_json::Value;
use std::path::PathBuf;
use std::process::Child;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use toolchain::notes;

/// How long a cell may go on after it was asked to stop.
pub const GRACE: Duration = Duration::from_secs(2);

/// How often it is asked meanwhile.
const ASK_AGAIN: Duration = Duration::from_millis(100);

/// Cheap to clone; the same for the whole life of the kernel.
#[derive(Clone, Default)]
pub struct SessionControls {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    /// The cell that runs or compiles, or 0.
    cell: AtomicU32,
    interrupted: AtomicBool,
    /// Asked a second time.
    insisted: AtomicBool,
    killed: AtomicBool,
    /// Its code has come to its end, and what it left is collected: its process goes on with the
    /// next cell, so nobody may end it any more.
    evaluated: AtomicBool,
    parts: Mutex<Parts>,
    assistant: Assistant,
}

#[derive(Default)]
struct Parts {
    workspace: Option<PathBuf>,
    region: Option<Arc<Region>>,
    process: Option<Arc<Mutex<Child>>>,
    /// A whole program that runs beside the cell process.
    program: Option<(u32, Arc<Region>)>,
    reporter: Option<Reporter>,
}

impl SessionControls {
    fn parts(&self) -> MutexGuard<'_, Parts> {
        self.shared
            .parts
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// The session has started.
    pub(crate) fn ready(
        &self,
        workspace: PathBuf,
        region: Arc<Region>,
        process: Arc<Mutex<Child>>,
        reporter: Reporter,
    ) {
        let mut parts = self.parts();
        parts.workspace = Some(workspace);
        parts.region = Some(region);
        parts.process = Some(process);
        parts.reporter = Some(reporter);
    }

    /// Completes and explains.
    pub(crate) fn assistant(&self) -> &Assistant {
        &self.shared.assistant
    }

    /// A program of its own runs, or ran.
    pub(crate) fn set_program(&self, program: Option<(u32, Arc<Region>)>) {
        self.parts().program = program;
    }

    /// A cell begins.
    pub(crate) fn begin(&self, cell: u32) {
        self.shared.interrupted.store(false, Ordering::SeqCst);
        self.shared.insisted.store(false, Ordering::SeqCst);
        self.shared.killed.store(false, Ordering::SeqCst);
        self.set_evaluated(false);
        self.allow_compiler();
        self.shared.cell.store(cell, Ordering::SeqCst);
    }

    /// The code of the cell that runs begins, or has come to its end.
    pub(crate) fn set_evaluated(&self, evaluated: bool) {
        self.shared.evaluated.store(evaluated, Ordering::SeqCst);
    }

    fn is_evaluated(&self) -> bool {
        self.shared.evaluated.load(Ordering::SeqCst)
    }

    /// A cell has ended.
    pub(crate) fn end(&self) {
        self.shared.cell.store(0, Ordering::SeqCst);
        self.allow_compiler();
    }

    fn allow_compiler(&self) {
        if let Some(workspace) = &self.parts().workspace {
            notes::allow_compiler(workspace);
        }
    }

    /// Whether the cell's code runs. Before that, its compiler is what is stopped.
    fn runs(&self, cell: u32) -> bool {
        let parts = self.parts();
        let region = parts.region.as_ref();
        // Where there is no recording, nobody can tell.
        let has_begun = region.is_none_or(|region| region.is_running(cell));
        !self.is_evaluated() && (has_begun || parts.program.is_some())
    }

    /// Whether this cell was asked to stop.
    pub fn interrupted(&self) -> bool {
        self.shared.interrupted.load(Ordering::SeqCst)
    }

    /// Whether it was asked a second time, which ends its process at once.
    pub fn insisted(&self) -> bool {
        self.shared.insisted.load(Ordering::SeqCst)
    }

    /// Whether its process had to be killed for that.
    pub fn killed(&self) -> bool {
        self.shared.killed.load(Ordering::SeqCst)
    }

    /// Ends the compiler, if it runs: whether it did.
    fn end_compiler(&self) -> bool {
        let Some(workspace) = self.parts().workspace.clone() else {
            return false;
        };
        notes::end_compiler(&workspace)
    }

    fn end_process(&self) {
        self.shared.killed.store(true, Ordering::SeqCst);
        let (process, program) = {
            let parts = self.parts();
            (
                parts.process.clone(),
                parts.program.as_ref().map(|(pid, _)| *pid),
            )
        };
        if let Some(pid) = program.and_then(|pid| Pid::from_raw(pid as i32)) {
            let _ = rustix::process::kill_process(pid, Signal::KILL);
            return;
        }
        if let Some(process) = process {
            let _ = process
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .kill();
        }
    }

    /// Ends a process in which a deadlock was proved that no thread can be unwound out of.
    pub(crate) fn end_stuck(&self) {
        self.end_process();
    }

    fn cancel(&self, cell: u32) {
        let regions = {
            let parts = self.parts();
            let program = parts.program.as_ref().map(|(_, region)| region.clone());
            [parts.region.clone(), program]
        };
        for region in regions.into_iter().flatten() {
            region.cancel(cell);
        }
    }

    /// Asks the cell to stop until it does, and kills its process if the same cell still runs after
    /// the grace, which begins with its code: before that, nothing is lost by waiting. Asking again
    /// matters: threads that were in a dependency's code unwind only some time after the first
    /// call.
    fn stop(&self, cell: u32) {
        self.cancel(cell);
        let controls = self.clone();
        let goes_on = move || {
            let runs = controls.shared.cell.load(Ordering::SeqCst) == cell;
            runs && !controls.is_evaluated() && !controls.killed()
        };
        let controls = self.clone();
        let watch = move || {
            let mut deadline = None;
            while goes_on() && deadline.is_none_or(|deadline| Instant::now() < deadline) {
                if controls.runs(cell) {
                    deadline.get_or_insert_with(|| Instant::now() + GRACE);
                }
                std::thread::sleep(ASK_AGAIN);
                controls.cancel(cell);
            }
            if goes_on() && controls.interrupted() {
                controls.end_process();
            }
        };
        if std::thread::Builder::new()
            .name("grace".into())
            .spawn(watch)
            .is_err()
        {
            self.end_process();
        }
    }
}

impl Controls for SessionControls {
    fn interrupt(&self) {
        let cell = self.shared.cell.load(Ordering::SeqCst);
        if cell == 0 {
            return;
        }
        if self.shared.interrupted.swap(true, Ordering::SeqCst) {
            // Pressed twice: at once.
            self.shared.insisted.store(true, Ordering::SeqCst);
            if !self.end_compiler() && self.runs(cell) {
                self.end_process();
            }
            return;
        }
        if self.end_compiler() {
            return;
        }
        self.stop(cell);
    }

    fn last_report(&self) -> Option<Value> {
        let reporter = self.parts().reporter.clone();
        reporter.and_then(|reporter| reporter.last_json())
    }

    fn is_complete(&self, code: &str) -> Completeness {
        completeness::is_complete(code)
    }

    fn complete(&self, code: &str, cursor: usize) -> Completions {
        self.assistant().complete(code, cursor)
    }

    fn inspect(&self, code: &str, cursor: usize, detail: u8) -> Option<MimeBundle> {
        self.assistant().about(code, cursor, detail)
    }

    fn kill(&self) {
        self.shared.interrupted.store(true, Ordering::SeqCst);
        self.end_compiler();
        self.end_process();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The process serves the next cell, which would seem to have crashed.
    #[test]
    fn a_stop_that_comes_late_leaves_the_process_alone() {
        let child = std::process::Command::new("sleep").arg("1000").spawn();
        let child = Arc::new(Mutex::new(child.expect("a process that waits")));
        let controls = SessionControls::default();
        controls.parts().process = Some(child.clone());
        let press_twice = || {
            controls.interrupt();
            controls.interrupt();
        };
        controls.begin(1);
        controls.set_evaluated(true);
        press_twice();
        assert!(!controls.killed());
        controls.end();
        controls.begin(2);
        press_twice();
        assert!(controls.killed());
        let status = child.lock().unwrap().wait().unwrap();
        assert!(!status.success());
    }
}
