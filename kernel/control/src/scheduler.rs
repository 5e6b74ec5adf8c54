//! The scheduler: one thread runs at a time, and at each operation it is decided who goes on.
//!
//! A thread that reaches an operation says so and hands over to whoever is chosen. It does the
//! operation when it is chosen itself. A blocked thread can't be chosen until it is woken, or its
//! time is over. What is decided here is known to the thread alone that runs, so no lock is needed:
//! the state passes from thread to thread with the turn.

use std::cell::UnsafeCell;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, DefaultHasher};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use explore::{
    Access, Effect, End, Memory, Object, Operation, Order, Pending, Race, Races, Run, Seen,
    ThreadId, Touch, Trace, Visible,
};

use crate::local;
use crate::places;
use crate::result::{self, Outcome};
use crate::system;

/// Whether this process is a run. Before that, and in the process that starts runs, everything is
/// what it is without us.
static ACTIVE: AtomicBool = AtomicBool::new(false);

/// The state of the run, which is the running thread's.
static STATE: Turn = Turn(UnsafeCell::new(None));

struct Turn(UnsafeCell<Option<State>>);

// SAFETY: only the thread whose turn it is uses it, and the turn passes with an atomic word.
unsafe impl Sync for Turn {}

/// What looking at the clock takes.
const LOOK_AT_CLOCK_NS: u64 = 100;
/// The clock when a run begins: long after zero, so that a program may subtract.
const BEGINNING_NS: u64 = 1_000_000_000_000;

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
    turn: &'static AtomicU32,
}

impl Thread {
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

struct State {
    run: Run<'static>,
    threads: Vec<Thread>,
    options: Vec<Pending>,
    /// Keys of atomic variables, by address.
    variables: HashMap<usize, u64, BuildHasherDefault<DefaultHasher>>,
    clock: u64,
    /// What came of the step that goes on.
    effect: Effect,
    /// What was stored where, and what happens before what.
    memory: Memory,
    /// Accesses to memory that others may see.
    races: Races,
    /// Loads may see old stores.
    weak: bool,
    /// Looks at the clock in a row, without anything else than looks between them.
    clock_reads: u32,
}

/// Whether the calling thread's turns are decided here.
#[inline]
pub fn decides() -> bool {
    ACTIVE.load(Ordering::Relaxed) && local::me().is_some()
}

fn with<R>(f: impl FnOnce(&mut State) -> R) -> R {
    BUSY.store(true, Ordering::Relaxed);
    // SAFETY: the caller's thread is the one whose turn it is, and `f` does not come here again.
    let state = unsafe { &mut *STATE.0.get() };
    let result = match state {
        Some(state) => f(state),
        None => unreachable!("the run has not begun"),
    };
    BUSY.store(false, Ordering::Relaxed);
    result
}

/// Whether the state is being used: what is freed then is its own.
static BUSY: AtomicBool = AtomicBool::new(false);

/// Whether accesses to plain memory are checked.
static CHECKS: AtomicBool = AtomicBool::new(false);

/// Whether there was more than one thread. What the first one did before happens before all that
/// others do.
static THREADS: AtomicBool = AtomicBool::new(false);

/// Whether what the calling thread does is the program's doing, and no work of the scheduler's for
/// it.
#[inline]
pub fn runs_program() -> bool {
    ACTIVE.load(Ordering::Relaxed) && !BUSY.load(Ordering::Relaxed) && local::me().is_some()
}

/// Whether an access of the calling thread to plain memory is to be told.
#[inline]
pub fn checks() -> bool {
    CHECKS.load(Ordering::Relaxed) && THREADS.load(Ordering::Relaxed) && decides()
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
    let state = State {
        run,
        threads: Vec::new(),
        options: Vec::new(),
        variables: HashMap::default(),
        clock: BEGINNING_NS,
        effect: Effect::default(),
        memory: Memory::new(),
        races: Races::new(),
        weak: rules.weak,
        clock_reads: 0,
    };
    CHECKS.store(rules.races, Ordering::Relaxed);
    // SAFETY: there is no other thread yet.
    unsafe { *STATE.0.get() = Some(state) };
    local::become_thread(0);
    with(|state| state.add_thread());
    ACTIVE.store(true, Ordering::Relaxed);
}

impl State {
    fn add_thread(&mut self) -> usize {
        let number = self.threads.len();
        THREADS.store(number > 0, Ordering::Relaxed);
        let id = ThreadId(number as u32 + 1);
        self.threads.push(Thread {
            status: Status::Ready,
            pending: Pending::writing(id, Operation::Begin, Object(BEGINNING | number as u64)),
            began: Operation::Begin,
            slot: 0,
            acquires: Object::NONE,
            wants: None,
            timed_out: false,
            turn: Box::leak(Box::new(AtomicU32::new(0))),
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
    let (mine, theirs) = with(|state| (state.threads[me].turn, state.threads[next].turn));
    give(theirs);
    take(mine);
}

fn give(turn: &AtomicU32) {
    turn.store(1, Ordering::Release);
    system::wake(turn);
}

fn take(turn: &AtomicU32) {
    system::sleep_while(turn, 0);
    turn.store(0, Ordering::Relaxed);
}

/// Whether loads may see old stores.
pub fn is_weak() -> bool {
    with(|state| state.weak)
}

/// The calling thread is about to do something; returns when it is its turn to do it.
pub fn point(operation: Operation, (object, also): (Object, Object), writes: bool, place: u32) {
    arrive(Arrival {
        operation,
        object,
        also,
        writes,
        place,
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
            thread.slot = slot_of_caller();
        }
        let mut pending =
            Pending::writing(ThreadId(me as u32 + 1), arrival.operation, arrival.object);
        (pending.writes, pending.also, pending.place) =
            (arrival.writes, arrival.also, arrival.place);
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

/// How a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Woken {
    /// Somebody woke the thread.
    ByThread,
    /// Its time was over.
    ByTime,
}

/// The calling thread waits until somebody wakes those who wait for `word`, or for so many
/// nanoseconds.
pub fn wait(word: usize, nanoseconds: Option<u64>) -> Woken {
    let Some(me) = local::me() else {
        return Woken::ByThread;
    };
    let next = with(|state| {
        state.effect.blocked = true;
        state.run.effect(state.effect);
        let until = nanoseconds.map(|time| state.clock.saturating_add(time));
        let thread = &mut state.threads[me];
        thread.status = Status::Waiting { word, until };
        thread.timed_out = false;
        thread.wants = None;
        // What it does next: it ends its wait.
        thread.pending.operation = match until {
            Some(_) if thread.pending.operation == Operation::Sleep => Operation::Sleep,
            Some(_) => Operation::Timeout,
            None => Operation::Resume,
        };
        state.next()
    });
    hand_over(me, next);
    with(|state| {
        let waited = matches!(state.threads[me].status, Status::Waiting { .. });
        state.goes_on(me);
        state.acquire(me);
        state.clock_reads = 0;
        let thread = &mut state.threads[me];
        if waited && thread.timed_out {
            Woken::ByTime
        } else {
            Woken::ByThread
        }
    })
}

/// Wakes up to `count` of those who wait for `word`; returns how many.
pub fn wake(word: usize, count: usize) -> usize {
    with(|state| {
        let mut woken = 0;
        while woken < count {
            let waits = |thread: &&Thread| matches!(thread.status, Status::Waiting { word: at, .. } if at == word);
            let waiters: Vec<ThreadId> = state
                .threads
                .iter()
                .filter(waits)
                .map(|thread| thread.pending.thread)
                .collect();
            if waiters.is_empty() {
                break;
            }
            let chosen = if waiters.len() > count - woken {
                state.run.waiter(&waiters)
            } else {
                0
            };
            let Some(id) = waiters.get(chosen) else { break };
            let thread = &mut state.threads[id.0 as usize - 1];
            thread.status = Status::Ready;
            thread.pending.operation = Operation::Resume;
            if state.effect.woke.is_none() {
                state.effect.woke = Some(*id);
                state.run.effect(state.effect);
            }
            woken += 1;
        }
        woken
    })
}

/// Moves those who wait for one word to another one; returns how many.
pub fn move_waiters(from: usize, to: usize, count: usize) -> usize {
    with(|state| {
        let mut moved = 0;
        for thread in &mut state.threads {
            if let Status::Waiting { word, .. } = &mut thread.status
                && *word == from
                && moved < count
            {
                *word = to;
                moved += 1;
            }
        }
        moved
    })
}

/// The thread with this index in the recording.
pub fn thread_with_slot(slot: u32) -> ThreadId {
    with(|state| {
        let found = state.threads.iter().find(|thread| thread.slot == slot);
        found.map_or(ThreadId(0), |thread| thread.pending.thread)
    })
}

/// Which of the threads that wait for a notification is notified.
pub fn choose_waiter(waiters: &[ThreadId]) -> usize {
    with(|state| state.run.waiter(waiters))
}

/// The calling thread looks at the clock: nanoseconds. Whoever only waits for time to pass gets
/// there.
pub fn clock() -> u64 {
    with(|state| {
        state.clock_reads += 1;
        state.clock += LOOK_AT_CLOCK_NS << (state.clock_reads / 32).min(24);
        state.clock
    })
}

/// What time it is, without a look at the clock.
pub fn time() -> u64 {
    with(|state| state.clock)
}

/// Whether the calling thread's last step only looked at something: then the next look at the clock
/// is a step, too, so that a loop that waits for time to pass is not taken for one that waits for
/// ever.
pub fn has_just_looked() -> bool {
    with(|state| {
        let last = state.run.trace().steps.last();
        last.is_some_and(|step| !step.pending.writes && step.pending.operation != Operation::Clock)
    })
}

/// What the source calls the object with this key, as far as it is known here.
pub fn name(object: Object) -> Option<&'static str> {
    let offset = object.0 & STATIC == STATIC && object.0 >> 63 == 0;
    offset
        .then(|| places::static_name((object.0 & !STATIC) as usize))
        .flatten()
}

/// The key of the thread that the calling one is about to start.
pub fn next_thread() -> Object {
    with(|state| Object(BEGINNING | state.threads.len() as u64))
}

/// The calling thread starts another one; its number.
pub fn add_thread() -> usize {
    with(|state| {
        let number = state.add_thread();
        if let Some(me) = local::me() {
            let id = |number: usize| ThreadId(number as u32 + 1);
            state.memory.spawn(id(me), id(number));
        }
        number
    })
}

/// That thread could not be started after all.
pub fn could_not_start(number: usize) {
    with(|state| state.threads[number].status = Status::Ended);
}

/// The calling thread, which was just started, is the one with this number; returns when it is its
/// turn.
pub fn begin_thread(number: usize, turn: &AtomicU32) {
    take(turn);
    local::become_thread(number);
    with(|state| state.goes_on(number));
}

/// The word by which a thread that was added gets its turn.
pub fn turn_of(number: usize) -> &'static AtomicU32 {
    with(|state| state.threads[number].turn)
}

/// The calling thread has ended, its destructors included.
pub fn end_thread() {
    let Some(me) = local::me() else { return };
    let next = with(|state| {
        state.threads[me].status = Status::Ended;
        state.clock_reads = 0;
        state.next()
    });
    let next = next.unwrap_or_else(|(outcome, end)| finish(outcome, end));
    local::forget();
    give(with(|state| state.threads[next].turn));
}

/// Marks keys of variables, and of those among them that are static.
const VARIABLE: u64 = 1 << 62;
const STATIC: u64 = 1 << 61 | VARIABLE;
/// Marks keys of threads that begin.
const BEGINNING: u64 = 1 << 58;

/// The key of the atomic variable at `address`. A static one's is the same in all runs.
pub fn variable(address: usize) -> Object {
    if let Some(offset) = places::static_variable(address) {
        return Object(STATIC | offset as u64);
    }
    with(|state| {
        let known = state.variables.len() as u64;
        Object(VARIABLE | *state.variables.entry(address).or_insert(known + 1))
    })
}

/// Ends the run, and with it the process.
pub fn finish(outcome: Outcome, end: End) -> ! {
    ACTIVE.store(false, Ordering::Relaxed);
    // SAFETY: it is the calling thread's turn, and nobody uses the state after this.
    let state = unsafe { (*STATE.0.get()).take() };
    let Some(state) = state else { system::leave(1) };
    let blocked: Vec<Pending> = state
        .threads
        .iter()
        .filter(|thread| thread.status != Status::Ended && !state.can_go_on(thread))
        .map(|thread| Pending {
            operation: thread.waits_in(),
            ..thread.pending
        })
        .collect();
    let holders: Vec<(u32, u32)> = state
        .threads
        .iter()
        .filter_map(|thread| {
            let lock = thread.wants?;
            let owner = owner_of(lock);
            let holder = state.threads.iter().find(|other| other.slot == owner)?;
            Some((thread.pending.thread.0, holder.pending.thread.0))
        })
        .filter(|_| end == End::Deadlocked)
        .collect();
    if state.memory.is_truncated() {
        result::note_truncated();
    }
    let trace: Trace = state.run.finish(end, &blocked);
    result::write(outcome, &trace, &holders);
    system::leave(0)
}

/// The run is over, if there is one: the process ends by itself.
pub fn finish_if_active(outcome: Outcome, end: End) {
    if decides() {
        finish(outcome, end);
    }
}

/// An atomic operation of the calling thread, which has its turn.
#[derive(Clone, Copy)]
pub struct Atomic {
    /// Where.
    pub address: usize,
    /// How many bytes.
    pub size: usize,
    /// Its order, as the instrumentation numbers it.
    pub order: Order,
    /// What lies in memory.
    pub now: u64,
}

impl State {
    fn access(&self, me: usize) -> Access {
        let step = (self.run.trace().steps.len() as u32).saturating_sub(1);
        let thread = ThreadId(me as u32 + 1);
        Access {
            thread,
            step,
            place: self.threads[me].pending.place,
        }
    }

    /// Before an atomic operation: the race that it completes.
    fn touches(&mut self, me: usize, atomic: Atomic, writes: bool) -> Option<Race> {
        let location = atomic.address as u64;
        if self
            .memory
            .newest(location)
            .is_some_and(|newest| newest != atomic.now)
        {
            // Written by an instruction that is not seen: it is what is there now.
            self.memory.forget(location);
        }
        let Access { thread, step, .. } = self.access(me);
        let touch = Touch {
            thread,
            step,
            place: local::exact_place(),
            writes,
            atomic: true,
            frees: false,
        };
        if !checks() {
            return None;
        }
        self.races.access(
            location,
            atomic.size as u64,
            touch,
            self.memory.knows(thread),
        )
    }
}

/// What an atomic load sees.
pub fn load(atomic: Atomic) -> u64 {
    let Some(me) = local::me() else {
        return atomic.now;
    };
    let (race, value) = with(|state| {
        let race = state.touches(me, atomic, false);
        let access = state.access(me);
        let State {
            memory, run, weak, ..
        } = state;
        let choose = |stores: &[Visible]| if *weak { run.store(stores) } else { 0 };
        let seen = memory.load(
            access,
            atomic.address as u64,
            atomic.order,
            atomic.now,
            choose,
        );
        state.sees(seen);
        (race, seen.value)
    });
    stop_at(race, atomic.address);
    value
}

/// An atomic store.
pub fn store(atomic: Atomic, value: u64) {
    let Some(me) = local::me() else { return };
    let race = with(|state| {
        let race = state.touches(me, atomic, true);
        let access = state.access(me);
        let address = atomic.address as u64;
        state
            .memory
            .store(access, address, atomic.order, atomic.now, value);
        race
    });
    stop_at(race, atomic.address);
}

/// An atomic read-modify-write: what was read, and what is to be written.
pub fn update(
    atomic: Atomic,
    failing: Order,
    change: impl Fn(u64) -> Option<u64>,
) -> (u64, Option<u64>) {
    let Some(me) = local::me() else {
        return (atomic.now, change(atomic.now));
    };
    let (race, result) = with(|state| {
        let race = state.touches(me, atomic, true);
        let access = state.access(me);
        let State {
            memory, run, weak, ..
        } = state;
        let choose = |stores: &[Visible]| if *weak { run.store(stores) } else { 0 };
        let orders = (atomic.order, failing);
        let (seen, written) = memory.update(
            access,
            atomic.address as u64,
            orders,
            atomic.now,
            change,
            choose,
        );
        state.sees(seen);
        (race, (seen.value, written))
    });
    stop_at(race, atomic.address);
    result
}

impl State {
    fn sees(&mut self, seen: Seen) {
        self.effect.reads_from = seen.reads_from;
        self.effect.stale = seen.stale;
    }
}

/// The calling thread takes over what others have passed on at a variable, and passes on all.
pub fn pass_on(address: usize) {
    let Some(me) = local::me() else { return };
    let (thread, object) = (ThreadId(me as u32 + 1), variable(address));
    with(|state| {
        state.memory.acquire(thread, object);
        state.memory.release(thread, object);
    });
}

/// A fence.
pub fn fence(order: Order) {
    let Some(me) = local::me() else { return };
    with(|state| state.memory.fence(ThreadId(me as u32 + 1), order));
}

/// An access to plain memory.
pub fn plain(address: usize, size: usize, writes: bool, place: u32) {
    let Some(me) = local::me() else { return };
    let race = with(|state| {
        let Access { thread, step, .. } = state.access(me);
        if writes && state.memory.newest(address as u64).is_some() {
            state.memory.forget(address as u64);
        }
        let touch = Touch {
            thread,
            step,
            place,
            writes,
            atomic: false,
            frees: false,
        };
        state.races.access(
            address as u64,
            size as u64,
            touch,
            state.memory.knows(thread),
        )
    });
    stop_at(race, address);
}

fn stop_at(race: Option<Race>, address: usize) {
    if let Some(race) = race {
        result::note_race(&race, address);
        finish(Outcome::Raced, End::Failed);
    }
}

/// Memory that is freed at `place`.
pub fn free(address: usize, size: usize, place: u32) {
    let Some(me) = local::me() else { return };
    let race = with(|state| {
        let Access { thread, step, .. } = state.access(me);
        let touch = Touch {
            thread,
            step,
            place,
            writes: true,
            atomic: false,
            frees: true,
        };
        let (block, length) = (address as u64, size as u64);
        let knows = state.memory.knows(thread);
        let race = state.races.free(block, length, touch, knows);
        state.memory.forget_within(block, length);
        race
    });
    stop_at(race, address);
}

/// Memory that is used for something else from now on.
pub fn forget(address: usize, size: usize) {
    if runs_program() {
        with(|state| {
            state.races.forget(address as u64, size as u64);
            // A variable there is another one now.
            state.memory.forget_within(address as u64, size as u64);
        });
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
fn slot_of_caller() -> u32 {
    record::writer::with(|local| local.thread().0)
}
