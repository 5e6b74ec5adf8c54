//! The process that has loaded everything. Copies of it do the runs.

mod lanes;
mod tell;

use std::path::PathBuf;
use std::sync::atomic::Ordering;

use explore::{Coverage, End, Exhaustive, Lanes, Minimiser, Replay, Run, Strategy, Trace};

use crate::frames::{self, Said};
use crate::heap;
use crate::json::Json;
use crate::orders::{self, Orders};
use crate::outcomes::Way;
use crate::places;
use crate::result::{self, Left, Outcome, Runs};
use crate::scheduler::Rules;
use crate::system::{self, Captured, Ended};
use crate::tally::Tally;
use crate::together::Together;
use crate::worker::Worker;
use crate::{arena, process, scheduler, twins};

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
extern "C" fn fearless_explore(program: &'static Program) -> i32 {
    match Explorer::new(program) {
        Ok(explorer) => {
            // It lies in memory that the processes share which do the runs.
            let mut explorer = Box::new(explorer);
            explorer.explore()
        }
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

struct Explorer {
    program: &'static Program,
    orders: Orders,
    /// None while it works.
    worker: Option<Worker>,
    /// The run that ended a search.
    last: Option<Over>,
    /// What a run did that is over: its memory serves the next one.
    buffer: Trace,
    told: u64,
    frames: Captured,
    raw: Captured,
    /// What the runs of each lane came to.
    tallies: [Tally; Lanes::COUNT],
    coverage: Coverage,
    began: u64,
    /// Where two processes explore: which lane's runs this one does.
    lane: Option<usize>,
    /// Where the other one would work.
    other_processor: Option<usize>,
    together: &'static Together,
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

/// Runs, and steps of all of them, in which a failure is made smaller: what comes of that does not
/// hang on how fast the machine is.
const SMALLER_RUNS: u64 = 3_000;
const SMALLER_STEPS: usize = 300_000;
/// Nanoseconds after which that ends where a run itself takes long.
const SMALLER_NS: u64 = 20_000_000_000;

impl Explorer {
    fn new(program: &'static Program) -> Result<Explorer, String> {
        let failed = |error: std::io::Error| format!("cannot explore: {error}");
        heap::prepare();
        arena::prepare().map_err(failed)?;
        let text = std::env::var(orders::VARIABLE).unwrap_or_default();
        let orders = Orders::read(&text)?;
        let object = std::env::var_os("FEARLESS_PROGRAM")
            .map(PathBuf::from)
            .unwrap_or_default();
        places::prepare(&object);
        result::prepare(program.output, program.protocol);
        let layout = record::writer::layout();
        let at = std::ptr::from_ref(layout).cast_mut().cast();
        if program.recording >= 0 {
            // SAFETY: the recording is mapped there, and no thread uses it yet.
            unsafe { system::make_private(at, record::layout::SIZE, program.recording) }
                .map_err(failed)?;
        }
        layout.set_attention(record::attention::Attention::CONTROLLED, true);
        // Nobody reads the events: steps are told by the scheduler.
        let counts = record::Mode::Counts as u32;
        layout.header.mode.store(counts, Ordering::Relaxed);
        scheduler::prepare();
        twins::attach();
        system::leave_no_core_files();
        let other_processor = system::stay_on_one_processor();
        let together = Box::leak(Box::new(Together::new()));
        Ok(Explorer {
            other_processor,
            ..Explorer::of_lane(program, orders, together, None)?
        })
    }

    /// For the runs of one lane, or of all.
    fn of_lane(
        program: &'static Program,
        orders: Orders,
        together: &'static Together,
        lane: Option<usize>,
    ) -> Result<Explorer, String> {
        let failed = |error: std::io::Error| format!("cannot explore: {error}");
        let now = record::clock::monotonic_ns();
        Ok(Explorer {
            program,
            worker: Some(Worker::new(!orders.forks, orders.run_seconds)),
            last: None,
            buffer: Trace::default(),
            told: now,
            orders,
            frames: system::capture(&[program.output]).map_err(failed)?,
            raw: system::capture(&[1]).map_err(failed)?,
            tallies: <[Tally; Lanes::COUNT]>::default(),
            coverage: Coverage::Nothing,
            began: now,
            lane,
            other_processor: None,
            together,
        })
    }

    fn explore(&mut self) -> i32 {
        if let Some(schedule) = self.orders.replay.take() {
            return self.replay(&Replay::new(schedule));
        }
        match self.orders.runs {
            0 => {}
            _ if self.orders.all => self.search_all(),
            _ => self.search_lanes(),
        }
        let failed = self.last.take();
        let told = failed.map_or_else(Json::null, |over| self.failure(&over));
        self.say("done", told);
        0
    }

    /// Runs until one fails, nothing is left to try, or the limits are reached.
    fn search_all(&mut self) {
        let search = self.runs(Exhaustive::new(), |explorer, search, over| {
            search.end_run(over.trace());
            explorer.note(0, &over);
            if over.way.is_failure() {
                explorer.last = Some(over);
                return false;
            }
            explorer.reuse(over);
            explorer.tell_progress();
            explorer.tallies[0].settle(u64::MAX);
            explorer.tallies[0].runs < explorer.orders.runs
                && explorer.seconds() < explorer.orders.seconds
                && !search.is_finished()
        });
        self.coverage = search.coverage();
    }

    /// Nothing more is asked of that run.
    fn reuse(&mut self, over: Over) {
        if let Some(trace) = over.left.trace {
            self.buffer = trace;
        }
    }

    fn tell_progress(&mut self) {
        let now = record::clock::monotonic_ns();
        if now > self.told + PROGRESS_NS && self.lane != Some(1) {
            self.told = now;
            self.say("progress", Json::null());
        }
    }

    fn seconds(&self) -> f64 {
        record::clock::monotonic_ns().saturating_sub(self.began) as f64 / 1e9
    }

    fn note(&mut self, number: u64, over: &Over) {
        if over.way.kind != "redundant" {
            let tally = &mut self.tallies[Lanes::of(number)];
            tally.note(number, &over.way, &over.left, self.orders.code);
        }
    }

    /// Runs, in copies of this process, for as long as `each` says so after one. What it keeps
    /// lies in memory that all of them share.
    fn runs<S: Strategy + 'static>(
        &mut self,
        strategy: S,
        each: impl FnMut(&mut Explorer, &mut S, Over) -> bool + 'static,
    ) -> S {
        let mut search = Box::new(Search {
            explorer: self,
            strategy,
            each,
            goes_on: true,
        });
        // It goes to the runs while they are done.
        let Some(mut worker) = self.worker.take() else {
            return search.strategy;
        };
        if let Err(error) = worker.run(search.as_mut()) {
            let why = format!("cannot start a run: {error}");
            complain(self.program.protocol, &why);
            system::leave(1)
        }
        self.worker = Some(worker);
        search.strategy
    }

    /// One run.
    fn run<S: Strategy + 'static>(&mut self, strategy: S) -> (S, Over) {
        let strategy = self.runs(strategy, |explorer, _, over| {
            explorer.last = Some(over);
            false
        });
        let over = self.last.take();
        let over = over.unwrap_or_else(|| self.over(Ended::Code(0)));
        (strategy, over)
    }

    /// What the run left that is over.
    fn over(&mut self, ended: Ended) -> Over {
        let shared = result::shared();
        let mut written = std::mem::take(&mut shared.frames);
        if shared.written {
            written.extend(self.frames.take());
        }
        let mut said = frames::read(&written);
        if shared.written {
            // What code wrote to the descriptor itself.
            let raw = self.raw.take();
            said.printed.push_str(&String::from_utf8_lossy(&raw));
        }
        let left = result::shared().left.take().unwrap_or_else(Left::nothing);
        let way = Way::of(&left, &said, ended);
        // What it would have done later was not seen.
        let mut nothing = Trace::default();
        nothing.end = End::Cut;
        Over {
            way,
            said,
            left,
            nothing,
        }
    }

    /// Repeats a schedule, and tells of the first run and of those that differ from it.
    fn replay(&mut self, replay: &Replay) -> i32 {
        let mut first: Option<Over> = None;
        let mut differs = None;
        let mut divergence = None;
        for _ in 0..self.orders.times {
            let (mut strategy, over) = self.run(replay.clone());
            strategy.end_run(over.trace());
            self.note(0, &over);
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
        let until = record::clock::monotonic_ns() + SMALLER_NS;
        let way = over.way.clone();
        let minimiser = Minimiser::new(trace.clone(), SMALLER_RUNS);
        let mut left = SMALLER_STEPS;
        let minimiser = self.runs(minimiser, move |explorer, minimiser, again| {
            minimiser.end_run_as(again.trace(), again.way.is_like(&way));
            left = left.saturating_sub(again.trace().steps.len());
            explorer.reuse(again);
            !minimiser.is_finished() && left > 0 && record::clock::monotonic_ns() < until
        });
        let (_, smallest) = self.run(Replay::new(minimiser.best().schedule()));
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
        let (mut replay, again) = self.run(Replay::new(over.trace().schedule()));
        replay.end_run(again.trace());
        Confirmed {
            differs: difference(over, &again),
            divergence: replay.divergence().map(ToString::to_string),
            ..Confirmed::default()
        }
    }
}

/// Runs that a strategy chooses, for as long as somebody says so after one.
struct Search<S, E> {
    explorer: *mut Explorer,
    strategy: S,
    each: E,
    goes_on: bool,
}

impl<S, E> Search<S, E> {
    fn explorer(&mut self) -> &'static mut Explorer {
        // SAFETY: the explorer waits for the end of the runs, and one process works at a time.
        unsafe { &mut *self.explorer }
    }
}

impl<S, E> Runs for Search<S, E>
where
    S: Strategy + 'static,
    E: FnMut(&mut Explorer, &mut S, Over) -> bool + 'static,
{
    fn begin(&mut self) -> bool {
        if self.goes_on {
            self.strategy.begin_run();
        }
        self.goes_on
    }

    fn run(&mut self) {
        let explorer = self.explorer();
        let orders = &explorer.orders;
        let strategy: *mut dyn Strategy = &raw mut self.strategy;
        // SAFETY: nobody else uses the strategy before the run is over.
        let strategy = unsafe { &mut *strategy };
        let run = Run::of_begun(strategy, std::mem::take(&mut explorer.buffer), orders.steps);
        do_run(explorer.program, run, orders.rules)
    }

    fn while_waiting(&self) {
        // SAFETY: as above; nothing of it is changed.
        unsafe { &*self.explorer }.help();
    }

    fn end(&mut self, ended: Ended) {
        let explorer = self.explorer();
        let over = explorer.over(ended);
        self.goes_on = (self.each)(explorer, &mut self.strategy, over);
    }
}

/// The program, from its begin to its end.
fn do_run(program: &Program, run: Run<'static>, rules: Rules) -> ! {
    scheduler::begin(run, rules);
    process::watch();
    (program.begin)(program.cell);
    let code = (program.main)();
    if code == 0 {
        scheduler::leave();
    }
    process::rest();
    let unasked = result::unasked_panic();
    let end = if code == 0 && !unasked {
        End::Finished
    } else {
        End::Failed
    };
    scheduler::finish(Outcome::Finished(code, unasked), end)
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
