//! An engine whose cells are scripts, one command a line, so that tests need no compiler.

use std::sync::{Arc, Condvar, Mutex};
use std::time::Duration;

use jupyter::{
    CellError, CellIo, Completeness, CompletionType, Completions, Controls, Engine, EngineFactory,
    ExecuteReply, ExecuteRequest, MimeBundle, Publisher, Stream,
};
use serde_json::{Map, Value, json};

/// What tests and the engine tell each other.
#[derive(Clone, Default)]
pub struct Script(Arc<Shared>);

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    interrupted: bool,
    released: bool,
    killed: bool,
    shut_down: bool,
    started: bool,
}

impl Script {
    /// An engine that is still starting until [`release`](Self::release).
    pub fn slow() -> Self {
        Self::default()
    }

    /// An engine that is there at once.
    pub fn ready() -> Self {
        let script = Self::default();
        script.change(|state| state.started = true);
        script
    }

    pub fn start(&self) {
        self.change(|state| state.started = true);
    }

    /// Lets a cell or a thread that executes `wait` go on.
    pub fn release(&self) {
        self.change(|state| state.released = true);
    }

    pub fn was_shut_down(&self) -> bool {
        self.0.state.lock().unwrap().shut_down
    }

    pub fn was_killed(&self) -> bool {
        self.0.state.lock().unwrap().killed
    }

    fn change(&self, change: impl FnOnce(&mut State)) {
        change(&mut self.0.state.lock().unwrap());
        self.0.changed.notify_all();
    }

    /// Waits for what `wanted` sees, and returns what `found` makes of it.
    fn wait_for<T>(
        &self,
        wanted: impl Fn(&State) -> bool,
        found: impl FnOnce(&mut State) -> T,
    ) -> T {
        let state = self.0.state.lock().unwrap();
        let patience = Duration::from_secs(30);
        let waited = self
            .0
            .changed
            .wait_timeout_while(state, patience, |state| !wanted(state));
        let (mut state, timeout) = waited.unwrap();
        assert!(!timeout.timed_out(), "the script waited in vain");
        found(&mut state)
    }
}

impl Controls for Script {
    fn interrupt(&self) {
        self.change(|state| state.interrupted = true);
    }

    fn last_report(&self) -> Option<Value> {
        Some(json!({"version": 1}))
    }

    fn is_complete(&self, code: &str) -> Completeness {
        match code {
            "opens {" => Completeness::Incomplete {
                indent: "  ".to_owned(),
            },
            "closes }" => Completeness::Invalid,
            _ => Completeness::Complete,
        }
    }

    fn complete(&self, code: &str, cursor: usize) -> Completions {
        let word: String = code.chars().take(cursor).collect();
        let kind = CompletionType {
            kind: "function".to_owned(),
            signature: "fn()".to_owned(),
        };
        Completions {
            matches: vec![word + "!"],
            start: 0,
            end: cursor,
            types: vec![kind],
        }
    }

    fn inspect(&self, code: &str, cursor: usize, detail: u8) -> Option<MimeBundle> {
        let text = format!("{code} at {cursor}, detail {detail}");
        (!code.is_empty()).then(|| text_plain(&text))
    }

    fn kill(&self) {
        self.change(|state| state.killed = true);
    }
}

impl EngineFactory for Script {
    type Engine = Scripted;
    type Controls = Self;

    fn controls(&self) -> Self {
        self.clone()
    }

    fn banner(&self) -> String {
        "a script".to_owned()
    }

    fn start(self, _: Publisher) -> Result<Scripted, String> {
        self.wait_for(|state| state.started || state.killed, |_| ());
        Ok(Scripted { script: self })
    }
}

/// An engine that cannot start.
pub struct Broken;

impl EngineFactory for Broken {
    type Engine = Scripted;
    type Controls = Script;

    fn controls(&self) -> Script {
        Script::default()
    }

    fn banner(&self) -> String {
        String::new()
    }

    fn start(self, _: Publisher) -> Result<Scripted, String> {
        Err("cannot find cargo; install it".to_owned())
    }
}

pub struct Scripted {
    script: Script,
}

impl Engine for Scripted {
    fn execute(&mut self, request: &ExecuteRequest, io: &CellIo) -> ExecuteReply {
        for line in request.code.lines() {
            if let Err(error) = self.step(line, request, io) {
                return ExecuteReply::Error(error);
            }
        }
        let evaluate = |(name, expression): (&String, &String)| {
            let value = json!({"status": "ok", "data": {"text/plain": expression}, "metadata": {}});
            (name.clone(), value)
        };
        let user_expressions = request.user_expressions.iter().map(evaluate).collect();
        ExecuteReply::Ok {
            user_expressions,
            payload: Vec::new(),
        }
    }

    fn shutdown(&mut self) {
        self.script.change(|state| state.shut_down = true);
    }
}

impl Scripted {
    fn step(&self, line: &str, request: &ExecuteRequest, io: &CellIo) -> Result<(), CellError> {
        let parent = &request.parent;
        let (command, rest) = line.split_once(' ').unwrap_or((line, ""));
        match command {
            "print" => io.stream(parent, Stream::Stdout, &format!("{rest}\n")),
            "eprint" => io.stream(parent, Stream::Stderr, &format!("{rest}\n")),
            "lines" => {
                for number in 0..rest.parse().unwrap() {
                    io.stream(parent, Stream::Stdout, &format!("line {number}\n"));
                }
            }
            "result" => {
                let count = request.execution_count;
                io.execute_result(parent, count, text_plain(rest), Map::new());
            }
            "display" => {
                io.display_data(parent, text_plain(rest), Map::new(), Some("id".to_owned()));
            }
            "update" => {
                io.update_display_data(parent, text_plain(rest), Map::new(), "id".to_owned());
            }
            "clear" => io.clear_output(parent, true),
            "ask" => {
                let answer = io.request_input(parent, rest, false);
                let answer = answer.unwrap_or_else(|| "nobody".to_owned());
                io.stream(parent, Stream::Stdout, &format!("{answer}\n"));
            }
            // Prints from a thread of its own once released, when the cell has long ended.
            "late" => {
                let (io, parent) = (io.clone(), parent.clone());
                let (script, text) = (self.script.clone(), format!("{rest}\n"));
                std::thread::spawn(move || {
                    script.wait_for(|state| state.released, |state| state.released = false);
                    io.stream(&parent, Stream::Stdout, &text);
                });
            }
            "wait" => {
                let interrupted = self.script.wait_for(
                    |state| state.interrupted || state.released || state.killed,
                    |state| {
                        state.released = false;
                        std::mem::take(&mut state.interrupted)
                    },
                );
                if interrupted {
                    return Err(error("interrupted", "stopped"));
                }
            }
            "error" => return Err(error("E0277", rest)),
            "panic" => panic!("{rest}"),
            "" => {}
            other => unreachable!("the script has no command {other}"),
        }
        Ok(())
    }
}

fn error(ename: &str, evalue: &str) -> CellError {
    CellError {
        ename: ename.to_owned(),
        evalue: evalue.to_owned(),
        traceback: vec![format!("{ename}: {evalue}")],
    }
}

fn text_plain(text: &str) -> MimeBundle {
    Map::from_iter([("text/plain".to_owned(), Value::String(text.to_owned()))])
}
