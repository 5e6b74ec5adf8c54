//! Carries out the kernel's own commands.

use super::help;
use super::parse::{Command, RecordMode, ReportCommand};
use crate::diagnostics::errors;
use crate::run::{Run, Way};
use crate::session::Session;
use jupyter::{ASK_EXIT, CellError, Stream};
use report::Level;
use serde_json::{Value, json};

impl Session {
    /// Carries out one command; another way to run the cell, if it asks for one. Checks wait in
    /// `checks` until the cell has run.
    pub(crate) fn command(
        &mut self,
        command: Command,
        run: &mut Run<'_>,
        checks: &mut Vec<String>,
    ) -> Result<Option<Way>, CellError> {
        let say = |text: &str| run.say(Stream::Stdout, text);
        match command {
            Command::Threads(show) => self.output.set_show_threads(show),
            Command::Tasks(recorded) => self.region.set_tasks(recorded),
            Command::Report(ReportCommand::Off) => self.reporter.set_level(None),
            Command::Report(ReportCommand::Summary) => {
                self.reporter.set_level(Some(Level::Summary))
            }
            Command::Report(ReportCommand::Full) => self.reporter.set_level(Some(Level::Full)),
            Command::Report(ReportCommand::Again) => match self.reporter.last() {
                Some(bundle) => run.show(bundle),
                None => say("no cell has had a report yet\n"),
            },
            Command::Report(ReportCommand::Json) => match self.reporter.last_json() {
                Some(json) => say(&format!("{json:#}\n")),
                None => say("no cell has had a report yet\n"),
            },
            Command::Record(mode) => self.set_record_mode(mode, run)?,
            Command::Trace(path) => {
                let saved = self.reporter.save_trace(&path);
                say(&saved.map_err(|message| errors::plain("trace", &message))?);
            }
            Command::Timing => {
                self.show_timing = !self.show_timing;
                say(if self.show_timing {
                    "timing: on\n"
                } else {
                    "timing: off\n"
                });
            }
            Command::Traits(kind) => {
                let bundle = self
                    .traits(&kind)
                    .map_err(|message| errors::plain("traits", &message))?;
                run.show(bundle);
            }
            Command::Check(condition) => checks.push(condition),
            Command::Format(None) => {
                let format = &self.settings.display.format;
                say(&format!(
                    "values are shown with `{format}`; `:fmt {{:#?}}` changes that\n"
                ));
            }
            Command::Format(Some(format)) => {
                say(&format!("values are shown with `{format}` from here on\n"));
                self.settings.display.format.clone_from(&format);
                self.set_display(&format!(":fmt {format}"))?;
            }
            Command::Types => {
                let types = !self.settings.display.types;
                say(if types { "types: on\n" } else { "types: off\n" });
                self.settings.display.types = types;
                self.set_display(":types")?;
            }
            Command::Edition(None) => {
                let edition = &self.settings.edition;
                say(&format!("cells are compiled as Rust {edition}\n"));
            }
            Command::Edition(Some(edition)) => {
                say(&format!(
                    "cells are compiled as Rust {edition} from here on\n"
                ));
                self.settings.edition = edition;
                self.settings
                    .store(self.workspace.root())
                    .map_err(|error| errors::plain("command", &error.to_string()))?;
            }
            Command::StaticLinking => say(
                "`:allow_static_linking` means nothing here: crates are linked once, to a library that all cells share\n",
            ),
            Command::Optimisation => say(&format!(
                "cells are compiled at level {}; `:opt 0` to `:opt 3` change that\n",
                self.effort.level()
            )),
            Command::Help(None) => run.show(help::all()),
            Command::Help(Some(topic)) => {
                let page = help::on(&topic).map_err(|why| errors::plain("command", &why))?;
                run.show(page);
            }
            Command::Doc(name) => match self.controls.assistant().page(&name) {
                Some(data) => run
                    .payload
                    .push(json!({"source": "page", "data": data, "start": 0})),
                None => say(&format!(
                    "no documentation found for `{name}`; `use` it or write its whole path, as in `:doc std::sync::Mutex`\n"
                )),
            },
            Command::Explain(code) => run.show(self.explanation(code)?),
            Command::LastErrors => say(&self.last_errors()?),
            Command::Version => say(&self.versions()),
            Command::Variables => match self.variables.list() {
                Some(list) => run.show(list),
                None => say("there are no variables\n"),
            },
            Command::Kind(name) => match self.variables.kind(&name) {
                Some(kind) => say(&format!("{name}: {kind}\n")),
                None => {
                    let gone = self.variables.what_became_of(&name, 0);
                    let why = gone.unwrap_or_else(|| format!("there is no variable `{name}`"));
                    return Err(errors::plain("command", &why));
                }
            },
            Command::Quit => run.payload.push(ask_exit()),
            Command::File(path) => run
                .take_file(&path)
                .map_err(|message| errors::plain("command", &message))?,
            Command::Main => return Ok(Some(Way::Program)),
            Command::Repeat(times) => return Ok(Some(Way::Repeat(times))),
            Command::Explore(search) => return Ok(Some(Way::Explore(search))),
            Command::Replay(token) => return Ok(Some(Way::Replay(token))),
        }
        Ok(None)
    }

    /// Lets the next cells be shown as the settings say. Without our `std`, evcxr shows them, by
    /// its own command.
    fn set_display(&mut self, command: &str) -> Result<(), CellError> {
        self.settings
            .store(self.workspace.root())
            .map_err(|error| errors::plain("command", &error.to_string()))?;
        let done = self.context.execute(command);
        done.map(|_| ())
            .map_err(|error| errors::describe(&error, 0))
    }

    fn set_record_mode(&mut self, mode: RecordMode, run: &Run<'_>) -> Result<(), CellError> {
        let failed = |error: String| errors::plain("record", &error);
        match mode {
            RecordMode::Full => self.region.set_mode(record::Mode::Full),
            RecordMode::Counts => self.region.set_mode(record::Mode::Counts),
            RecordMode::Off => {}
        }
        let off = mode == RecordMode::Off;
        if off == self.settings.standard.is_none() {
            return Ok(());
        }
        // Values made with one std are no values of the other: the cell process starts anew.
        self.settings.standard = if off {
            None
        } else {
            self.recording_standard.clone()
        };
        self.settings
            .store(self.workspace.root())
            .map_err(|error| failed(error.to_string()))?;
        self.cell_number
            .set_recorded(!off)
            .map_err(|error| failed(format!("cannot tell the cell process: {error}")))?;
        self.context
            .execute(":restart")
            .map_err(|error| failed(format!("cannot start the cell process anew: {error}")))?;
        self.process += 1;
        self.variables.process_ended(run.request.execution_count);
        self.region.reset();
        self.reporter.forget_process();
        run.remark(if off {
            "Nothing is recorded from now on: cells and their dependencies are compiled against the real std. The variables were dropped."
        } else {
            "Recording again. The variables were dropped."
        });
        Ok(())
    }
}

/// Tells front ends that the person wants to leave, and the kernel to end.
fn ask_exit() -> Value {
    json!({"source": ASK_EXIT, "keepkernel": false})
}
