//! How a program is started that is to be explored: with what controls it.

use super::compiled::Program;
use super::explore::GLANCE;
use crate::cell::live::Live;
use crate::diagnostics::errors;
use crate::run::Run;
use crate::runtime::descriptors::EXPLORE;
use crate::session::Session;
use jupyter::CellError;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use toolchain::{Cache, notes, standard};

impl Session {
    /// The command that explores a program as the orders say.
    pub(super) fn controlled(
        &self,
        run: &Run<'_>,
        program: &Program,
        orders: &str,
    ) -> Result<Command, CellError> {
        let Some(standard) = &self.settings.standard else {
            return Err(errors::plain("explore", "nothing is recorded"));
        };
        let control = self.control(run, standard)?;
        program.region.reset();
        program.region.set_controlled(true);
        let mut command = self.prepared(program).map_err(failed)?;
        command
            .env("LD_PRELOAD", control)
            .env(EXPLORE, format!("{orders};code={:x}", program.fingerprint))
            .env("RUST_BACKTRACE", "0")
            // What is found out while a run goes on is forgotten after it.
            .env("LD_BIND_NOW", "1")
            .stdin(Stdio::null());
        Ok(command)
    }

    /// The library that controls programs. Where it isn't there yet it is built, which is told
    /// meanwhile, and goes on as long as this process where nobody waits for it any more.
    fn control(&self, run: &Run<'_>, standard: &Path) -> Result<PathBuf, CellError> {
        let (sender, receiver) = mpsc::channel();
        let toolchain = self.settings.toolchain.clone();
        let standard = standard.to_owned();
        let workspace = self.workspace.root().to_owned();
        let build = move || {
            let notify = |words: &str| notes::set_progress(&workspace, Some(words));
            let provide = |cache| standard::provide_control(&cache, &toolchain, &standard, &notify);
            let built = Cache::open().and_then(provide);
            notes::set_progress(&workspace, None);
            let _ = sender.send(built);
        };
        std::thread::Builder::new()
            .name("build control".into())
            .spawn(build)
            .map_err(failed)?;
        let live = self.watch(run, &self.region, &self.region.baseline(), &self.reporter);
        let built = loop {
            match receiver.recv_timeout(GLANCE) {
                Ok(built) => break built.map_err(failed),
                Err(RecvTimeoutError::Timeout) if self.controls.interrupted() => {
                    break Err(errors::plain(
                        "interrupted",
                        "stopped while what explored programs load was built",
                    ));
                }
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => {
                    break Err(failed("what explored programs load was not built"));
                }
            }
        };
        live.and_then(Live::stop);
        built
    }
}

fn failed(error: impl std::fmt::Display) -> CellError {
    errors::plain("explore", &error.to_string())
}
