//! The ways in which runs ended, and how often each came.

use explore::{End, Object, Operation, ThreadId, Token, Trace};

use crate::frames::Said;
use crate::json::Json;
use crate::result::{Left, Outcome};
use crate::system::Ended;

/// What a program's entry returns when `main` has returned an error: no `ExitCode` can be it.
const RETURNED_ERROR: i32 = 0x101;

/// Outcomes that are told apart; the rest is counted together.
const MOST: usize = 50;

/// How a run ended, for people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Way {
    /// The word of the report: `ok`, `panicked` …
    pub kind: &'static str,
    /// What it printed.
    pub printed: String,
    /// A panic's message, an exit code, a signal, what `main` returned.
    pub error: Option<String>,
    /// It met memory that another thread frees, before that or after it.
    frees: bool,
}

impl Way {
    /// How a run ended that left this, said this, and whose process ended so.
    pub fn of(left: &Left, said: &Said, ended: Ended) -> Way {
        let way = |kind, error: Option<String>| Way {
            kind,
            printed: said.printed.clone(),
            error,
            frees: left
                .race
                .is_some_and(|(race, _)| race.first.frees || race.second.frees),
        };
        // A panic of main ends the program, and that of another thread may have been looked after.
        let panic = || {
            let own = || said.panics.iter().filter(|(_, text)| !is_of_others(text));
            let of_main = own().find(|(thread, _)| *thread == 1);
            let passed_on = || {
                let mut of_main = said.panics.iter().filter(|(thread, _)| *thread == 1);
                let asked =
                    looked_after(left).filter(|_| of_main.any(|(_, text)| is_of_joined(text)))?;
                own().find(|(thread, _)| !asked.contains(thread))
            };
            let told = of_main
                .or_else(passed_on)
                .or(own().next())
                .or(said.panics.first());
            told.map(|(_, text)| text.clone())
        };
        match (left.outcome, ended) {
            (Outcome::Finished(0, false), _) => way("ok", None),
            (Outcome::Finished(..), _) if !said.panics.is_empty() => way("panicked", panic()),
            (Outcome::Finished(0, true), _) => way("panicked", None),
            (Outcome::Finished(RETURNED_ERROR, _), _) => {
                way("returned_error", Some(said.returned_error()))
            }
            (Outcome::Finished(code, _), _) => way("exited", Some(format!("exit code {code}"))),
            (Outcome::Deadlocked, _) => way("deadlocked", None),
            (Outcome::Raced, _) => {
                let is_freed = left.race.is_some_and(|(race, _)| race.first.frees);
                way(if is_freed { "use_after_free" } else { "raced" }, None)
            }
            (Outcome::Livelocked, _) => way("livelocked", None),
            (Outcome::Cut, _) if is_redundant(left) => way("redundant", None),
            (Outcome::Cut, _) => way("cut", None),
            (Outcome::Exited(code), _) => way("exited", Some(format!("exit code {code}"))),
            (Outcome::Crashed(_) | Outcome::Unknown, Ended::Signal(ALARM)) => way("stuck", None),
            (Outcome::Overflowed, _) => way("crashed", Some("a stack overflow".into())),
            (Outcome::Crashed(signal), _) => way("crashed", Some(name(signal))),
            (_, Ended::Signal(signal)) => way("crashed", Some(name(signal))),
            (Outcome::Unknown, Ended::Code(code)) => {
                way("exited", Some(format!("exit code {code}")))
            }
        }
    }

    /// Whether two runs fail alike: whatever they printed before, and whether memory was used just
    /// before it was freed, or after.
    pub fn is_like(&self, other: &Way) -> bool {
        let place = |way: &Way| {
            way.error
                .as_deref()
                .map(|text| text.lines().next().map(str::to_owned))
        };
        let same_kind = self.kind == other.kind || self.frees && other.frees;
        same_kind && place(self) == place(other)
    }

    /// Whether the run shows a mistake.
    pub fn is_failure(&self) -> bool {
        matches!(
            self.kind,
            "panicked"
                | "deadlocked"
                | "livelocked"
                | "crashed"
                | "raced"
                | "use_after_free"
                | "returned_error"
        )
    }
}

/// Whether the search gave the run up, since others show what it could.
fn is_redundant(left: &Left) -> bool {
    let end = left.trace.as_ref().map(|trace| trace.end);
    end == Some(End::Redundant)
}

/// The signal of a run that took too long.
const ALARM: i32 = 14;

/// Whom main joined before it joined another one: if they panicked, it went on all the same. None
/// if it joined nobody.
fn looked_after(left: &Left) -> Option<Vec<u32>> {
    let steps = left.trace.iter().flat_map(|trace| &trace.steps);
    let joins = steps
        .map(|step| &step.pending)
        .filter(|pending| pending.thread == ThreadId(1) && pending.operation == Operation::Join);
    let thread = |of: Object| {
        let mut known = left.joined.iter();
        known.find_map(|(object, thread)| (*object == of).then_some(*thread))
    };
    let mut joined: Vec<u32> = joins.filter_map(|pending| thread(pending.object)).collect();
    joined.pop()?;
    Some(joined)
}

/// A panic of who unwraps what joining a thread that panicked gives.
fn is_of_joined(message: &str) -> bool {
    message.ends_with(": Any { .. }")
}

/// A panic that only passes on that another one was.
fn is_of_others(message: &str) -> bool {
    message.contains("PoisonError")
        || message.contains("a scoped thread panicked")
        || is_of_joined(message)
        || message.ends_with(": RecvError")
}

fn name(signal: i32) -> String {
    let known = [
        (4, "SIGILL"),
        (6, "SIGABRT"),
        (7, "SIGBUS"),
        (8, "SIGFPE"),
        (9, "SIGKILL"),
        (11, "SIGSEGV"),
    ];
    let known = known.iter().find(|(number, _)| *number == signal);
    known.map_or_else(|| format!("signal {signal}"), |(_, name)| (*name).into())
}

/// A way in which runs ended.
#[derive(Clone)]
struct Kind {
    way: Way,
    /// The number of the first run that did.
    first: u64,
    times: u64,
    token: Option<String>,
}

/// How a run is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// As the way of this number.
    As(u32),
    /// Among those that are not told apart.
    AmongOthers,
}

/// All of them.
#[derive(Clone, Default)]
pub struct Outcomes {
    kinds: Vec<Kind>,
    others: u64,
}

impl Outcomes {
    /// The run of this number ended so; how that is counted. `code` is the hash of the program.
    pub fn note(&mut self, number: u64, way: &Way, trace: Option<&Trace>, code: u64) -> Counted {
        let known = self.kinds.iter().position(|kind| kind.way == *way);
        if known.is_none() && self.kinds.len() >= MOST {
            self.others += 1;
            return Counted::AmongOthers;
        }
        let kind = known.unwrap_or_else(|| {
            self.kinds.push(Kind {
                way: way.clone(),
                first: number,
                times: 0,
                token: trace.map(|trace| token(trace, code)),
            });
            self.kinds.len() - 1
        });
        self.kinds[kind].times += 1;
        Counted::As(kind as u32)
    }

    /// The run that was noted last, of those that are left, is counted no more.
    pub fn take_back(&mut self, counted: Counted) {
        match counted {
            Counted::AmongOthers => self.others -= 1,
            Counted::As(kind) => {
                self.kinds[kind as usize].times -= 1;
                // What came later was taken back before.
                if self.kinds[kind as usize].times == 0 {
                    self.kinds.truncate(kind as usize);
                }
            }
        }
    }

    /// Those of several lanes, in the order in which they came first.
    pub fn of_all<'o>(lanes: impl IntoIterator<Item = &'o Outcomes>) -> Outcomes {
        let mut all = Outcomes::default();
        for lane in lanes {
            all.others += lane.others;
            for kind in &lane.kinds {
                match all.kinds.iter_mut().find(|known| known.way == kind.way) {
                    None => all.kinds.push(kind.clone()),
                    Some(known) => {
                        let times = known.times + kind.times;
                        if kind.first < known.first {
                            *known = kind.clone();
                        }
                        known.times = times;
                    }
                }
            }
        }
        all.kinds.sort_by_key(|kind| kind.first);
        let others = all.kinds.split_off(all.kinds.len().min(MOST));
        all.others += others.iter().map(|kind| kind.times).sum::<u64>();
        all
    }

    /// As a list.
    pub fn json(&self) -> Json {
        Json::list(self.kinds.iter().map(|kind| {
            Json::object([
                ("outcome", Json::text(kind.way.kind)),
                ("printed", Json::text(&kind.way.printed)),
                (
                    "error",
                    Json::maybe(kind.way.error.as_deref().map(Json::text)),
                ),
                ("times", Json::plain(kind.times)),
                ("token", Json::maybe(kind.token.as_deref().map(Json::text))),
            ])
        }))
    }

    /// Runs whose outcomes were too many to tell.
    pub fn others(&self) -> u64 {
        self.others
    }
}

/// A run's schedule as text.
pub fn token(trace: &Trace, code: u64) -> String {
    let schedule = trace.schedule();
    Token { code, schedule }.to_string()
}
