//! `:main`: a cell that defines a whole program, run once.

use super::compiled::Program;
use super::ended::Finished;
use super::wrap::{Shape, no_program};
use crate::cell::live::Live;
use crate::diagnostics::errors;
use crate::run::Run;
use crate::session::Session;
use jupyter::CellError;
use toolchain::program::Purpose;

impl Session {
    /// Runs a cell under `:main`; why it failed, if it did.
    pub(crate) fn program(&mut self, run: &Run<'_>) -> Option<CellError> {
        if Shape::of(&run.code) != Shape::Main {
            let file = run.script.as_ref().map(|script| script.path.as_str());
            return Some(errors::plain("command", &no_program(&run.code, file)));
        }
        let program = match self.compile_program(run, Shape::Main, Purpose::Run) {
            Ok(program) => program,
            Err(error) => return Some(error),
        };
        let region = program.region.clone();
        let live = self.watch(run, &region, &region.baseline(), &program.reporter);
        let finished = self.run_once_as_program(&program, run);
        let live_id = live.and_then(Live::stop);
        let shown = finished.report.as_ref();
        if let Some(bundle) = shown.and_then(|report| self.reporter.show(report)) {
            run.show_report(bundle, live_id);
        }
        finished.error
    }

    fn run_once_as_program(&mut self, program: &Program, run: &Run<'_>) -> Finished {
        let baseline = self.begin_run(program, run, true);
        let status = self.wait_for(program, run, true);
        let ended = self.end_run(program, run, status);
        self.report_on(program, run, &baseline, ended)
    }
}
