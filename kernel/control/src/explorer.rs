//! The process that has loaded everything, and of which each run is a copy.

use std::path::PathBuf;

use explore::{
    Coverage, End, Exhaustive, Guided, Minimiser, Operation, Order, Pending, Race, Replay, Run,
    Step, Strategy, Trace,
};

use crate::frames::{self, Said};
use crate::heap;
use crate::json::Json;
use crate::orders::{self, Orders};
use crate::outcomes::{Outcomes, Way, token};
use crate::places::{self, Place};
use crate::result::{self, Left, Outcome};
use crate::system::{self, Captured, Forked};
use crate::{events, scheduler, signals, twins};

/// What the runtime hands over.
#[repr(C)]
pub struct Program {
    /// The program.
    main: extern "C" fn() -> i32,
    /// Makes the calling thread the one that runs this cell.
    begin: extern "C" fn(u32),
    /// The cell's number.
    cell: u32,
    /// Descriptors: the recording, output frames, the protocol.
    recording: i32,
    output: i32,
    protocol: i32,
}

/// The time between two lines of progress.
const PROGRESS_NS: u64 = 200_000_000;

/// Explores the program that was loaded; returns the process's exit code.
#[unsafe(no_mangle)]
extern "C" fn fearless_explore(program: &Program) -> i32 {
    match Explorer::new(program) {
        Ok(mut explorer) => explorer.explore(),
        Err(error) => {
            complain(program.protocol, &error);
            1
        }
    }
}

/// Tells the kernel why nothing can be explored.
fn complain(protocol: i32, why: &str) {
    let line = Json::object([("say", Json::text("error")), ("why", Json::text(why))]);
    let line = format!("{}\n", line.into_string());
    // The kernel sees a broken pipe by itself.
    let _ = record::memory::write_all(protocol, line.as_bytes());
}

struct Explorer<'p> {
    program: &'p Program,
    orders: Orders,
    frames: Captured,
    raw: Captured,
    runs: u64,
    cut: u64,
    stuck: u64,
    outcomes: Outcomes,
    coverage: Coverage,
    /// A run used an order of memory that allows more than is tried.
    weak: bool,
    /// A run had more stores than were kept.
    truncated: bool,
    began: u64,
}

/// What is known of a run that is over.
struct Over {
    way: Way,
    said: Said,
    left: Left,
    /// For a run that could not say what it did.
    nothing: Trace,
}

impl Over {
    /// What it did; nothing if it could not say.
    fn trace(&self) -> &Trace {
        self.left.trace.as_ref().unwrap_or(&self.nothing)
    }
}

/// What further runs showed of one.
#[derive(Default)]
struct Confirmed {
    /// No schedule with fewer preemptions fails so.
    fewest: bool,
    /// The nearest run that passes.
    passing: Option<Trace>,
    /// In what another run of the same schedule differs.
    differs: Option<String>,
    /// Where the run left its schedule.
    divergence: Option<String>,
}

/// Runs, and nanoseconds, in which a failure is made smaller.
const SMALLER_RUNS: u64 = 3_000;
const SMALLER_NS: u64 = 3_000_000_000;

impl<'p> Explorer<'p> {
    fn new(program: &'p Program) -> Result<Explorer<'p>, String> {
        heap::prepare();
        let text = std::env::var(orders::VARIABLE).unwrap_or_default();
        let orders = Orders::read(&text)?;
        let failed = |error: std::io::Error| format!("cannot explore: {error}");
        let object = std::env::var_os("FEARLESS_PROGRAM")
            .map(PathBuf::from)
            .unwrap_or_default();
        places::prepare(&object);
        result::prepare().map_err(failed)?;
        let layout = record::writer::layout();
        let at = std::ptr::from_ref(layout).cast_mut().cast();
        if program.recording >= 0 {
            // SAFETY: the recording is mapped there, and no thread uses it yet.
            unsafe { system::make_private(at, record::layout::SIZE, program.recording) }
                .map_err(failed)?;
        }
        layout.set_attention(record::attention::Attention::CONTROLLED, true);
        twins::attach();
        system::leave_no_core_files();
        system::stay_on_one_processor();
        Ok(Explorer {
            program,
            orders,
            frames: system::capture(&[program.output]).map_err(failed)?,
            raw: system::capture(&[1]).map_err(failed)?,
            runs: 0,
            cut: 0,
            stuck: 0,
            outcomes: Outcomes::default(),
            coverage: Coverage::Nothing,
            weak: false,
            truncated: false,
            began: record::clock::monotonic_ns(),
        })
    }

    fn explore(&mut self) -> i32 {
        if let Some(schedule) = self.orders.replay.take() {
            return self.replay(&Replay::new(schedule));
        }
        let failure = if self.orders.all {
            let mut strategy = Exhaustive::new();
            let failure = self.search(&mut strategy);
            self.coverage = strategy.coverage();
            failure
        } else {
            let mut strategy = Guided::new(self.orders.heuristic, self.orders.seed);
            self.search(&mut strategy)
        };
        let told = failure.map_or_else(Json::null, |over| self.failure(&over));
        self.say("done", told);
        0
    }

    /// Runs until one fails, nothing is left to try, or the limits are reached.
    fn search(&mut self, strategy: &mut dyn Strategy) -> Option<Over> {
        let mut told = self.began;
        while self.runs < self.orders.runs && !strategy.is_finished() {
            let over = self.run(strategy);
            strategy.end_run(over.trace());
            self.note(&over);
            if over.way.is_failure() {
                return Some(over);
            }
            if self.seconds() >= self.orders.seconds {
                break;
            }
            let now = record::clock::monotonic_ns();
            if now > told + PROGRESS_NS {
                told = now;
                self.say("progress", Json::null());
            }
        }
        None
    }

    fn seconds(&self) -> f64 {
        record::clock::monotonic_ns().saturating_sub(self.began) as f64 / 1e9
    }

    fn note(&mut self, over: &Over) {
        if over.way.kind == "redundant" {
            return;
        }
        self.runs += 1;
        let steps = over.left.trace.iter().flat_map(|trace| &trace.steps);
        self.weak |= steps.into_iter().any(is_weak);
        self.truncated |= over.left.truncated;
        match over.way.kind {
            "cut" => self.cut += 1,
            "stuck" => self.stuck += 1,
            _ => {}
        }
        self.outcomes
            .note(&over.way, over.left.trace.as_ref(), self.orders.code);
    }

    /// One run, in a copy of this process.
    fn run(&mut self, strategy: &mut dyn Strategy) -> Over {
        result::clear();
        strategy.begin_run();
        let child = match system::fork_here() {
            Forked::Child => self.be_a_run(strategy),
            Forked::Parent(child) => child,
            Forked::Failed(error) => {
                complain(
                    self.program.protocol,
                    &format!("cannot start a run: {error}"),
                );
                system::leave(1)
            }
        };
        let ended = system::ended(child, true).unwrap_or(system::Ended::Code(0));
        let mut said = frames::read(&self.frames.take());
        // What code wrote to the descriptor itself.
        said.printed
            .push_str(&String::from_utf8_lossy(&self.raw.take()));
        let left = result::read();
        let way = Way::of(&left, &said, ended);
        Over {
            way,
            said,
            left,
            nothing: Trace::default(),
        }
    }

    fn be_a_run(&self, strategy: &mut dyn Strategy) -> ! {
        system::die_with_parent();
        // SAFETY: this copy of the process never returns from here, so what is borrowed lives as
        // long as it does.
        let strategy: &'static mut dyn Strategy =
            unsafe { std::mem::transmute::<&mut dyn Strategy, _>(strategy) };
        let run = Run::of_begun(strategy, Trace::default(), self.orders.steps);
        scheduler::begin(run, self.orders.rules);
        signals::prepare(self.orders.run_seconds);
        (self.program.begin)(self.program.cell);
        let code = (self.program.main)();
        let unasked = result::unasked_panic();
        let end = if code == 0 && !unasked {
            End::Finished
        } else {
            End::Failed
        };
        scheduler::finish(Outcome::Finished(code, unasked), end)
    }

    /// Repeats a schedule, and tells of the first run and of those that differ from it.
    fn replay(&mut self, replay: &Replay) -> i32 {
        let mut first: Option<Over> = None;
        let mut differs = None;
        let mut divergence = None;
        for _ in 0..self.orders.times {
            let mut strategy = replay.clone();
            let over = self.run(&mut strategy);
            strategy.end_run(over.trace());
            self.note(&over);
            if divergence.is_none() {
                divergence = strategy.divergence().map(ToString::to_string);
            }
            match &first {
                None => first = Some(over),
                Some(first) if differs.is_none() => differs = difference(first, &over),
                Some(_) => {}
            }
        }
        let confirmed = Confirmed {
            differs,
            divergence,
            ..Confirmed::default()
        };
        let told = first.map_or_else(Json::null, |over| self.told(&over, &confirmed));
        self.say("done", told);
        0
    }

    /// A failure, made small and confirmed by another run.
    fn failure(&mut self, over: &Over) -> Json {
        let Some(trace) = &over.left.trace else {
            return self.told(over, &Confirmed::default());
        };
        let first = self.confirm(over);
        if first.differs.is_some() || first.divergence.is_some() {
            return self.told(over, &first);
        }
        let unsmall = self.told(over, &first);
        self.say("progress", unsmall);
        let mut minimiser = Minimiser::new(trace.clone(), SMALLER_RUNS);
        let until = record::clock::monotonic_ns() + SMALLER_NS;
        while !minimiser.is_finished() && record::clock::monotonic_ns() < until {
            let again = self.run(&mut minimiser);
            let same = again.way.is_like(&over.way);
            minimiser.end_run_as(again.trace(), same);
        }
        let mut replay = Replay::new(minimiser.best().schedule());
        let smallest = self.run(&mut replay);
        if !smallest.way.is_like(&over.way) {
            return self.told(over, &first);
        }
        let confirmed = Confirmed {
            fewest: minimiser.is_fewest(),
            passing: minimiser.passing().cloned(),
            ..self.confirm(&smallest)
        };
        self.told(&smallest, &confirmed)
    }

    /// Runs the same schedule again.
    fn confirm(&mut self, over: &Over) -> Confirmed {
        let mut replay = Replay::new(over.trace().schedule());
        let again = self.run(&mut replay);
        replay.end_run(again.trace());
        Confirmed {
            differs: difference(over, &again),
            divergence: replay.divergence().map(ToString::to_string),
            ..Confirmed::default()
        }
    }

    fn told(&self, over: &Over, confirmed: &Confirmed) -> Json {
        let trace = over.left.trace.as_ref();
        let passing = confirmed.passing.as_ref().map(|passing| {
            let differs = over.trace().first_difference(passing);
            Json::object([
                ("token", Json::text(&token(passing, self.orders.code))),
                (
                    "step",
                    Json::maybe(differs.map(|step| Json::plain(step + 1))),
                ),
                (
                    "instead",
                    Json::maybe(
                        differs
                            .and_then(|step| passing.steps.get(step))
                            .map(step_json),
                    ),
                ),
            ])
        });
        let holders = over.left.holders.iter();
        let holders =
            holders.map(|(waiter, holder)| Json::list([*waiter, *holder].map(Json::plain)));
        let panics = over.said.panics.iter().map(|(thread, message)| {
            Json::object([
                ("thread", Json::plain(thread)),
                ("message", Json::text(message)),
            ])
        });
        Json::object([
            ("outcome", Json::text(over.way.kind)),
            (
                "error",
                Json::maybe(over.way.error.as_deref().map(Json::text)),
            ),
            ("printed", Json::text(&over.said.printed)),
            ("errors", Json::text(&over.said.errors)),
            ("panics", Json::list(panics)),
            (
                "token",
                Json::maybe(trace.map(|trace| Json::text(&token(trace, self.orders.code)))),
            ),
            (
                "preemptions",
                Json::maybe(trace.map(|trace| Json::plain(trace.preemptions()))),
            ),
            ("steps", Json::maybe(trace.map(steps))),
            ("blocked", Json::maybe(trace.map(blocked))),
            ("holders", Json::list(holders)),
            ("race", Json::maybe(over.left.race.map(race))),
            ("fewest", Json::plain(confirmed.fewest)),
            ("passing", Json::maybe(passing)),
            (
                "differs",
                Json::maybe(confirmed.differs.as_deref().map(Json::text)),
            ),
            (
                "divergence",
                Json::maybe(confirmed.divergence.as_deref().map(Json::text)),
            ),
        ])
    }

    /// One line for the kernel.
    fn say(&self, what: &str, failure: Json) {
        let (executions, bound) = match self.coverage {
            Coverage::All { executions, .. } => (Json::plain(executions), Json::null()),
            Coverage::UpTo { preemptions } => (Json::null(), Json::plain(preemptions)),
            Coverage::Nothing => (Json::null(), Json::null()),
        };
        let line = Json::object([
            ("say", Json::text(what)),
            ("schedules", Json::plain(self.runs)),
            ("seconds", Json::plain(self.seconds())),
            ("cut", Json::plain(self.cut)),
            ("stuck", Json::plain(self.stuck)),
            ("seed", Json::plain(self.orders.seed)),
            ("weak", Json::plain(self.weak)),
            ("truncated", Json::plain(self.truncated)),
            ("executions", executions),
            ("bound", bound),
            ("others", Json::plain(self.outcomes.others())),
            ("outcomes", self.outcomes.json()),
            ("failure", failure),
        ]);
        let line = format!("{}\n", line.into_string());
        // The kernel sees a broken pipe by itself.
        let _ = record::memory::write_all(self.program.protocol, line.as_bytes());
    }
}

/// Whether a step is an atomic one whose order allows more than is tried here. Counts of an `Arc`
/// are modified with weak orders, and are right.
fn is_weak(step: &Step) -> bool {
    matches!(step.pending.operation, Operation::Load | Operation::Store)
        && step
            .effect
            .order
            .is_some_and(|order| order != Order::SeqCst)
}

/// How two runs of one schedule differ.
fn difference(first: &Over, second: &Over) -> Option<String> {
    let (Some(one), Some(other)) = (&first.left.trace, &second.left.trace) else {
        return (first.way != second.way).then(|| "it ended in another way".into());
    };
    if let Some(step) = one.first_difference(other) {
        return Some(format!("step {} was another one", step + 1));
    }
    (first.way != second.way).then(|| "it printed something else, or ended in another way".into())
}

fn at(place: u32) -> Json {
    match places::place(place) {
        None => Json::null(),
        Some(Place::Code(offset)) => Json::object([("code", Json::plain(offset))]),
        Some(Place::Source(at)) => Json::object([
            ("file", Json::text(at.file())),
            ("line", Json::plain(at.line())),
            ("column", Json::plain(at.column())),
        ]),
    }
}

fn steps(trace: &Trace) -> Json {
    Json::list(trace.steps.iter().map(step_json))
}

fn step_json(step: &Step) -> Json {
    let (pending, effect) = (&step.pending, &step.effect);
    let number = |value: Option<u64>| Json::maybe(value.map(Json::plain));
    Json::object([
        ("thread", Json::plain(pending.thread.0)),
        ("operation", Json::text(&pending.operation.to_string())),
        ("object", Json::text(&format!("{:x}", pending.object.0))),
        ("name", Json::maybe(name(pending).map(Json::text))),
        ("read", number(effect.read)),
        ("written", number(effect.written)),
        (
            "order",
            Json::maybe(effect.order.map(|order| Json::text(&format!("{order:?}")))),
        ),
        (
            "reads_from",
            Json::maybe(effect.reads_from.map(Json::plain)),
        ),
        ("stale", Json::plain(effect.stale)),
        ("blocked", Json::plain(effect.blocked)),
        ("failed", Json::plain(effect.failed)),
        (
            "woke",
            Json::maybe(effect.woke.map(|thread| Json::plain(thread.0))),
        ),
        ("preempted", Json::plain(step.preempted)),
        ("at", at(pending.place)),
    ])
}

fn blocked(trace: &Trace) -> Json {
    Json::list(trace.blocked.iter().map(|pending| {
        Json::object([
            ("thread", Json::plain(pending.thread.0)),
            ("operation", Json::text(&pending.operation.to_string())),
            ("object", Json::text(&format!("{:x}", pending.object.0))),
            ("at", at(pending.place)),
        ])
    }))
}

/// What the source calls the object of a step, or what it is.
fn name(pending: &Pending) -> Option<&'static str> {
    match pending.object {
        events::DESCRIPTORS => Some("a pipe or socket"),
        object => scheduler::name(object),
    }
}

/// The two accesses of a race.
fn race((race, address): (Race, usize)) -> Json {
    let name = places::static_variable(address).and_then(places::static_name);
    Json::list([race.first, race.second].map(|touch| {
        Json::object([
            ("name", Json::maybe(name.map(Json::text))),
            ("thread", Json::plain(touch.thread.0)),
            ("step", Json::plain(touch.step + 1)),
            ("writes", Json::plain(touch.writes)),
            ("atomic", Json::plain(touch.atomic)),
            ("frees", Json::plain(touch.frees)),
            ("at", at(touch.place)),
        ])
    }))
}
