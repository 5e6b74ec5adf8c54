//! Waiting and being woken, and the clock.

use explore::{Object, Operation, Pending, ThreadId};

use super::{LOOK_AT_CLOCK_NS, Status, Thread, hand_over, with};
use crate::local;

/// How a wait ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Woken {
    /// Somebody woke the thread.
    ByThread,
    /// Its time was over.
    ByTime,
}

/// Says in which operation of the calling thread the wait is that comes next, where that is not the
/// one that it did last.
pub fn sleeps_in(operation: Operation, object: Object, place: u32) {
    let Some(me) = local::me() else { return };
    with(|state| {
        let thread = &mut state.threads[me];
        thread.pending = Pending {
            place,
            ..Pending::writing(thread.pending.thread, operation, object)
        };
        thread.began = operation;
    });
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

/// The calling thread looks at how long processors have worked for it or all: a little longer each
/// time.
pub fn used_time() -> u64 {
    with(|state| {
        state.used_time += LOOK_AT_CLOCK_NS;
        state.used_time
    })
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
