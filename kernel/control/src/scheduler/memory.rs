//! What threads read and write: what a load sees, and which accesses race.

use explore::{Access, End, Object, Order, Race, Seen, ThreadId, Touch, Visible};

use super::{State, checks, finish, runs_program, with};
use crate::local;
use crate::places;
use crate::result::Outcome;
use crate::symbols::Static;

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
        if writes {
            // What is there now was stored by nobody; a copy may cover several variables.
            match size {
                ..=8 => state.memory.forget(address as u64),
                _ => state.memory.forget_within(address as u64, size as u64),
            }
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
        with(|state| state.race = Some((race, address)));
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

/// Memory that was given out anew: what was done to it before, freeing it included, is nobody's
/// business any more.
pub fn reuse(address: usize, size: usize) {
    if runs_program() {
        with(|state| state.races.forget(address as u64, size as u64));
    }
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

/// Marks keys of variables, and of those among them that are static.
const VARIABLE: u64 = 1 << 62;
const STATIC: u64 = 1 << 61 | VARIABLE;

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

/// The static variable that the object with this key is, or is in.
pub fn static_of(object: Object) -> Option<Static<'static>> {
    let offset = object.0 & STATIC == STATIC && object.0 >> 63 == 0;
    offset
        .then(|| places::static_at((object.0 & !STATIC) as usize))
        .flatten()
}
