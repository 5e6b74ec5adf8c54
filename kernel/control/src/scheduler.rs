//! The scheduler: one thread runs at a time, and at each operation it is decided who goes on.
//!
//! A thread that reaches an operation says so and hands over to whoever is chosen. It does the
//! operation when it is chosen itself. A blocked thread can't be chosen until it is woken, or its
//! time is over. What is decided here is known to the thread alone that runs, so no lock is needed:
//! the state passes from thread to thread with the turn.

mod memory;
mod threads;
mod waiting;

use std::collections::HashMap;
use std::ffi::c_void;
use std::hash::{BuildHasherDefault, Hasher};
use std::ops::{Deref, DerefMut};
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicPtr, Ordering};

use explore::{Effect, End, Memory, Object, Operation, Pending, Race, Races, Run, ThreadId, Trace};
use record::ThreadSlot;

pub use memory::{
    Atomic, fence, forget, free, load, pass_on, plain, reuse, static_of, store, update, variable,
};
pub use threads::{
    add_destructor, add_thread, begin_thread, carrier_of_caller, end_thread, join, next_destructor,
    next_thread,
};
pub use waiting::{
    Woken, choose_waiter, clock, has_just_looked, move_waiters, sleeps_in, thread_with_slot, time,
    used_time, wait, wake,
};

use crate::arena::{self, Owner};
use crate::carriers::{self, Context};
use crate::local::{self, Calls};
use crate::made;
use crate::places::Site;
use crate::process;
use crate::result::{self, Left, Outcome};

/// Whether this process is a run. Before that, and in the process that starts runs, everything is
/// what it is without us.
static ACTIVE: AtomicBool = AtomicBool::new(false);

/// The state of the run, which is the running thread's. It lies in memory that the processes share
/// which do the runs, one after the other: what a run has made room for serves the next ones.
static STATE: AtomicPtr<State> = AtomicPtr::new(ptr::null_mut());

/// Makes the state, before the first process that does runs.
pub fn prepare() {
    STATE.store(Box::into_raw(Box::new(State::new())), Ordering::Relaxed);
}

/// Marks keys of threads that begin.
const BEGINNING: u64 = 1 << 58;

/// What looking at the clock takes.
const LOOK_AT_CLOCK_NS: u64 = 100;
/// The clock when a run begins: long after zero, so that a program may subtract.
const BEGINNING_NS: u64 = 1_000_000_000_000;

/// The hash of an address (Fibonacci hashing): nobody chooses addresses to slow the search down.
#[derive(Default)]
struct OfAddress(u64);

impl Hasher for OfAddress {
    fn write(&mut self, bytes: &[u8]) {
        bytes
            .iter()
            .for_each(|byte| self.write_usize((*byte).into()));
    }

    fn write_usize(&mut self, address: usize) {
        let mixed = (self.0 ^ address as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 = mixed ^ mixed >> 32;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// What a thread does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    /// It can go on.
    Ready,
    /// It waits for a word of memory, until then.
    Waiting { word: usize, until: Option<u64> },
    /// It is over.
    Ended,
}

/// What a thread is started with.
#[derive(Clone, Copy)]
pub struct Start {
    /// What it does.
    pub body: unsafe extern "C" fn(*mut c_void) -> *mut c_void,
    /// What that is given.
    pub argument: *mut c_void,
}

/// A destructor of a thread-local variable, and the variable.
pub type Destructor = (unsafe extern "C" fn(*mut c_void), *mut c_void);

struct Thread {
    status: Status,
    /// What it is about to do next: while it waits, to go on.
    pending: Pending,
    /// The operation that it began last.
    began: Operation,
    /// Its index in the recording.
    slot: u32,
    /// At what, when the operation is done, it takes over what was released there.
    acquires: Object,
    /// The lock that it is about to take, by its index in the recording.
    wants: Option<u32>,
    /// Its wait ended since its time was over.
    timed_out: bool,
    /// Where it runs; the first thread of the process has no carrier.
    carrier: Option<usize>,
    /// The calls that it is in.
    calls: Box<Calls>,
    /// What it does, until it begins.
    start: Option<Start>,
    /// What runs when it ends, the last one first.
    destructors: Vec<Destructor>,
    /// What it returned.
    value: *mut c_void,
}

impl Thread {
    /// Where it goes on.
    fn context(&self) -> *mut Context {
        self.carrier.map_or(carriers::first(), carriers::context)
    }

    /// What it can't finish: an operation of a twin, or a sleep that a crate asked the system for.
    fn waits_in(&self) -> Operation {
        use Operation::{CompareExchange, Fence, Load, ReadModifyWrite, Store, WaitWord};
        match (self.status, self.began) {
            (Status::Waiting { .. }, Load | Store | ReadModifyWrite | CompareExchange | Fence) => {
                WaitWord
            }
            (_, began) => began,
        }
    }
}

/// The run that goes on, if one does.
struct Current(Option<Run<'static>>);

impl Deref for Current {
    type Target = Run<'static>;

    fn deref(&self) -> &Run<'static> {
        match &self.0 {
            Some(run) => run,
            None => unreachable!("the run has not begun"),
        }
    }
}

impl DerefMut for Current {
    fn deref_mut(&mut self) -> &mut Run<'static> {
        match &mut self.0 {
            Some(run) => run,
            None => unreachable!("the run has not begun"),
        }
    }
}

struct State {
    run: Current,
    threads: Vec<Thread>,
    /// Of earlier runs.
    old_threads: Vec<Thread>,
    options: Vec<Pending>,
    /// Keys of atomic variables, by address.
    variables: HashMap<usize, u64, BuildHasherDefault<OfAddress>>,
    clock: u64,
    /// What came of the step that goes on.
    effect: Effect,
    /// What was stored where, and what happens before what.
    memory: Memory,
    /// Accesses to memory that others may see.
    races: Races,
    /// Loads may see old stores.
    weak: bool,
    /// Accesses to plain memory are checked for data races.
    checks: bool,
    /// Looks at the clock in a row, without anything else than looks between them.
    clock_reads: u32,
    /// What the clock of used time says.
    used_time: u64,
    /// The race that ended the run, and its address.
    race: Option<(Race, usize)>,
}

/// Whether the calling thread's turns are decided here.
#[inline]
pub fn decides() -> bool {
    ACTIVE.load(Ordering::Relaxed) && local::me().is_some()
}

/// The number for people of the calling thread, if its turns are decided here.
pub fn number_of_caller() -> Option<usize> {
    let me = local::me().filter(|_| ACTIVE.load(Ordering::Relaxed))?;
    Some(me + 1)
}

fn with<R>(f: impl FnOnce(&mut State) -> R) -> R {
    let before = arena::is_of(Owner::Us);
    // SAFETY: the state was made before the first run, the caller's thread is the one whose turn it
    // is, and `f` does not come here again.
    let result = f(unsafe { &mut *STATE.load(Ordering::Relaxed) });
    arena::is_of(before);
    result
}

/// Whether accesses to plain memory are checked now: in a run that does so, once there was more
/// than one thread. What the first one did before happens before all that others do.
static CHECKS: AtomicBool = AtomicBool::new(false);

/// Whether what the calling thread does is the program's doing, and no work of the scheduler's for
/// it.
#[inline]
pub fn runs_program() -> bool {
    decides() && arena::owner() == Owner::Program
}

/// Whether an access of the calling thread to plain memory is to be told.
#[inline]
pub fn checks() -> bool {
    CHECKS.load(Ordering::Relaxed)
}

/// What holds in a run.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// Loads may see old stores, as far as their order allows.
    pub weak: bool,
    /// Accesses to plain memory are checked for data races.
    pub races: bool,
}

/// The calling thread becomes the first one of a run.
pub fn begin(run: Run<'static>, rules: Rules) {
    with(|state| {
        state.begin(run, rules);
        state.new_thread(None);
        local::become_thread(0, &state.threads[0].calls);
    });
    ACTIVE.store(true, Ordering::Relaxed);
}

impl State {
    fn new() -> State {
        State {
            run: Current(None),
            threads: Vec::new(),
            old_threads: Vec::new(),
            options: Vec::new(),
            variables: HashMap::default(),
            clock: BEGINNING_NS,
            effect: Effect::default(),
            memory: Memory::new(),
            races: Races::new(),
            weak: false,
            checks: false,
            clock_reads: 0,
            used_time: 0,
            race: None,
        }
    }

    /// A run begins.
    fn begin(&mut self, run: Run<'static>, rules: Rules) {
        if self.run.0.is_some() {
            // A process has ended in the midst of a run: what it was about to change stays as it
            // is.
            std::mem::forget(std::mem::replace(self, State::new()));
        }
        self.run = Current(Some(run));
        self.clock = BEGINNING_NS;
        self.effect = Effect::default();
        self.weak = rules.weak;
        self.checks = rules.races;
        self.clock_reads = 0;
        self.used_time = 0;
        self.race = None;
    }

    /// It is over; what it did.
    fn end(&mut self, end: End, blocked: &[Pending]) -> Option<Trace> {
        self.old_threads.extend(self.threads.drain(..).rev());
        self.variables.clear();
        self.memory.clear();
        self.races.clear();
        self.run.0.take().map(|run| run.finish(end, blocked))
    }

    fn new_thread(&mut self, carrier: Option<usize>) -> usize {
        let number = self.threads.len();
        CHECKS.store(self.checks && number > 0, Ordering::Relaxed);
        let id = ThreadId(number as u32 + 1);
        let (calls, mut destructors) = match self.old_threads.pop() {
            Some(old) => (old.calls, old.destructors),
            None => (Calls::new(), Vec::new()),
        };
        calls.forget();
        destructors.clear();
        self.threads.push(Thread {
            status: Status::Ready,
            pending: Pending::writing(id, Operation::Begin, Object(BEGINNING | number as u64)),
            began: Operation::Begin,
            slot: 0,
            acquires: Object::NONE,
            wants: None,
            timed_out: false,
            carrier,
            calls,
            start: None,
            destructors,
            value: ptr::null_mut(),
        });
        number
    }

    /// Whether the thread would only find out that a lock is held.
    fn must_wait_for_lock(&self, thread: &Thread) -> bool {
        thread.wants.is_some_and(|lock| owner_of(lock) != 0)
    }

    fn can_go_on(&self, thread: &Thread) -> bool {
        match thread.status {
            Status::Ready => !self.must_wait_for_lock(thread),
            Status::Waiting { until, .. } => until.is_some(),
            Status::Ended => false,
        }
    }

    /// Who goes on now; nobody, if the run is over.
    fn next(&mut self) -> Next {
        self.options.clear();
        let mut options = std::mem::take(&mut self.options);
        let able = self.threads.iter().filter(|thread| self.can_go_on(thread));
        options.extend(able.map(|thread| thread.pending));
        let next = if options.is_empty() {
            Err((Outcome::Deadlocked, End::Deadlocked))
        } else {
            let chosen = self.run.thread(&options);
            chosen
                .map(|chosen| options[chosen].thread.0 as usize - 1)
                .map_err(|end| match end {
                    End::Livelocked => (Outcome::Livelocked, end),
                    end => (Outcome::Cut, end),
                })
        };
        self.options = options;
        next
    }

    /// The thread has its turn, and does what it was about to do.
    fn goes_on(&mut self, thread: usize) {
        let thread = &mut self.threads[thread];
        thread.wants = None;
        if let Status::Waiting {
            until: Some(until), ..
        } = thread.status
        {
            // Nobody has woken it: it was chosen since its time is over.
            thread.timed_out = true;
            self.clock = self.clock.max(until);
        }
        thread.status = Status::Ready;
        self.effect = Effect::default();
    }
}

impl State {
    /// What threads are called.
    fn names(&self) -> Vec<(u32, String)> {
        let layout = record::writer::layout();
        let named = |thread: &Thread| {
            let name = record::thread_name(layout, ThreadSlot(thread.slot))?;
            Some((thread.pending.thread.0, name))
        };
        self.threads.iter().filter_map(named).collect()
    }

    /// What threads are to who joins them, and to who unparks them.
    fn joined(&self) -> Vec<(Object, u32)> {
        let known = self.threads.iter().filter(|thread| thread.slot != 0);
        let of = |thread: &Thread| {
            let objects = [made::of_thread(thread.slot), made::of_token(thread.slot)];
            objects.map(|object| (object, thread.pending.thread.0))
        };
        known.flat_map(of).collect()
    }

    /// The thread takes over what was released where it acquires.
    fn acquire(&mut self, thread: usize) {
        let object = self.threads[thread].acquires;
        if object.is_some() {
            self.memory.acquire(ThreadId(thread as u32 + 1), object);
        }
    }
}

/// Who goes on, or how the run is over.
type Next = Result<usize, (Outcome, End)>;

/// Gives the turn from the calling thread to another one, and waits until it comes back. Ends the
/// run where there is none.
fn hand_over(me: usize, next: Next) {
    let next = next.unwrap_or_else(|(outcome, end)| finish(outcome, end));
    if me == next {
        return;
    }
    let mine = with(|state| state.threads[me].context());
    // SAFETY: the calling thread is the one that runs, and the other one waits or begins.
    unsafe { carriers::go_on(mine, turn_to(next)) };
}

/// Gives the turn to another thread; the calling one has ended.
fn give(next: usize) -> ! {
    // SAFETY: as in `hand_over`.
    unsafe { carriers::go_on_for_good(turn_to(next)) }
}

/// From now on it is that thread's turn; where it goes on.
fn turn_to(next: usize) -> *mut Context {
    with(|state| {
        let next_thread = &state.threads[next];
        local::become_thread(next, &next_thread.calls);
        next_thread.context()
    })
}

/// Whether loads may see old stores.
pub fn is_weak() -> bool {
    with(|state| state.weak)
}

/// The calling thread is about to do something; returns when it is its turn to do it.
pub fn point(operation: Operation, (object, also): (Object, Object), writes: bool, site: Site) {
    arrive(Arrival {
        operation,
        object,
        also,
        writes,
        place: site.shown,
        of_crate: site.of_crate,
        wants: None,
        releases: Object::NONE,
        acquires: Object::NONE,
    });
}

/// What a thread is about to do.
#[derive(Clone, Copy)]
pub struct Arrival {
    /// What.
    pub operation: Operation,
    /// To what.
    pub object: Object,
    /// What else it changes.
    pub also: Object,
    /// Whether it may change it.
    pub writes: bool,
    /// Where; see `places.rs`.
    pub place: u32,
    /// Whether a crate does it.
    pub of_crate: bool,
    /// The lock that must be free for it, by its index in the recording.
    pub wants: Option<u32>,
    /// What came before happens before what comes after somebody acquires this.
    pub releases: Object,
    /// What was released here happens before what comes after.
    pub acquires: Object,
}

/// The calling thread is about to do something; returns when it is its turn to do it.
pub fn arrive(arrival: Arrival) {
    let Some(me) = local::me() else { return };
    let next = with(|state| {
        let thread = &mut state.threads[me];
        if thread.slot == 0 {
            thread.slot = slot_of_caller().0;
        }
        let mut pending =
            Pending::writing(ThreadId(me as u32 + 1), arrival.operation, arrival.object);
        (pending.writes, pending.also, pending.place) =
            (arrival.writes, arrival.also, arrival.place);
        pending.of_crate = arrival.of_crate;
        thread.pending = pending;
        thread.began = arrival.operation;
        thread.wants = arrival.wants;
        if state.closes_a_ring(me) {
            return Err((Outcome::Deadlocked, End::Deadlocked));
        }
        state.next()
    });
    hand_over(me, next);
    with(|state| {
        state.threads[me].acquires = arrival.acquires;
        state.goes_on(me);
        if arrival.releases.is_some() {
            state
                .memory
                .release(ThreadId(me as u32 + 1), arrival.releases);
        }
        state.acquire(me);
        if arrival.writes {
            state.clock_reads = 0;
        }
    });
}

impl State {
    /// Whether the thread waits for a lock whose holder waits for a lock, and so on, back to it.
    fn closes_a_ring(&self, me: usize) -> bool {
        let mut at = me;
        for _ in 0..self.threads.len() {
            let Some(lock) = self.threads[at].wants else {
                return false;
            };
            let owner = owner_of(lock);
            let holder = self.threads.iter().position(|thread| thread.slot == owner);
            match holder.filter(|_| owner != 0) {
                Some(holder) if holder == me => return true,
                Some(holder) if self.threads[holder].status == Status::Ready => at = holder,
                _ => return false,
            }
        }
        false
    }
}

/// What came of the step that the calling thread does.
pub fn observed(change: impl FnOnce(&mut Effect)) {
    with(|state| {
        change(&mut state.effect);
        state.run.effect(state.effect);
    });
}

/// The program's main function has returned, which ends the process. Threads that nobody has joined
/// may do something before.
pub fn leave() {
    let is_alone = with(|state| {
        let mut others = state.threads.iter().skip(1);
        others.all(|thread| thread.status == Status::Ended)
    });
    if !is_alone {
        let of = (Object::PROCESS, Object::NONE);
        point(Operation::End, of, true, Site::of_program(0));
    }
}

/// Ends the run.
pub fn finish(outcome: Outcome, end: End) -> ! {
    process::rest();
    let thread = number_of_caller();
    ACTIVE.store(false, Ordering::Relaxed);
    CHECKS.store(false, Ordering::Relaxed);
    local::forget();
    with(|state| {
        let thread = thread.map(|number| number as u32);
        let left = state.left(outcome, end, thread);
        result::shared().left = Some(left);
    });
    process::end_run(outcome)
}

impl State {
    /// What the run leaves that is over.
    fn left(&mut self, outcome: Outcome, end: End, thread: Option<u32>) -> Left {
        let blocked: Vec<Pending> = self
            .threads
            .iter()
            .filter(|thread| thread.status != Status::Ended && !self.can_go_on(thread))
            .map(|thread| Pending {
                operation: thread.waits_in(),
                ..thread.pending
            })
            .collect();
        let holders: Vec<(u32, u32)> = self
            .threads
            .iter()
            .filter_map(|thread| {
                let lock = thread.wants?;
                let owner = owner_of(lock);
                let holder = self.threads.iter().find(|other| other.slot == owner)?;
                Some((thread.pending.thread.0, holder.pending.thread.0))
            })
            .filter(|_| end == End::Deadlocked)
            .collect();
        let (truncated, race) = (self.memory.is_truncated(), self.race);
        let (threads, names) = (self.threads.len() as u32, self.names());
        let (objects, joined) = if outcome.is_told() {
            (made::objects(), self.joined())
        } else {
            (Vec::new(), Vec::new())
        };
        Left {
            outcome,
            trace: self.end(end, &blocked),
            holders,
            race,
            truncated,
            threads,
            thread,
            names,
            objects,
            joined,
        }
    }
}

/// The run is over, if there is one: the process ends by itself.
pub fn finish_if_active(outcome: Outcome, end: End) {
    if decides() {
        finish(outcome, end);
    }
}

/// Who holds a lock of the recording alone: an index of a thread there; 0 for nobody.
fn owner_of(lock: u32) -> u32 {
    let layout = record::writer::layout();
    layout
        .objects
        .get(lock as usize)
        .map_or(0, |object| object.owner())
}

/// The calling thread's index in the recording.
pub fn slot_of_caller() -> ThreadSlot {
    record::writer::with(|local| local.thread())
}
