//! Threads that spin: they look at the same values again and again, and change nothing.
//!
//! Such a thread gives way to the others until somebody changes what it looks at; a fair scheduler
//! would let them on as well (Musuvathi and Qadeer, "Fair stateless model checking", PLDI 2008).
//! Where all that can go on spin, nobody can help anybody. A loop may still count its turns and
//! give up, so each then has many turns alone, and if none leaves its loop, that is a livelock.
//!
//! A thread that polls (it takes and gives back locks, looks, and gives way or waits until a time,
//! again and again) may change what nobody sees here. It goes on when each of the others that can
//! go on has done a step. A loop that looks at nothing at all, or that changes something at each
//! turn, ends at the limit of steps instead.

use crate::point::{Object, Operation, Pending, ThreadId};
use crate::trace::{Effect, Spinning};

/// How many fruitless looks each thread has, when nobody else can go on.
const PATIENCE: u32 = 2_000;

/// How often all looks of a loop without `yield_now`, `spin_loop` or `sleep` are seen again before
/// it counts as one; and the same where places are not known.
const TURNS: u32 = 3;
const TURNS_WITHOUT_PLACES: u32 = 10;

/// A look at something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Look {
    object: Object,
    place: u32,
    operation: Operation,
    value: u64,
}

#[derive(Clone, Debug, Default)]
struct Spinner {
    looks: Vec<Look>,
    repeats: u32,
    gave_way: bool,
    fruitless: u32,
    /// Where it gave way last, if it did nothing but poll since.
    polls_at: Option<u32>,
    /// The step at which it gave way for at least the second time at one place.
    polled: Option<u64>,
    last_step: u64,
}

impl Spinner {
    fn forget(&mut self) {
        self.looks.clear();
        self.repeats = 0;
        self.gave_way = false;
        self.fruitless = 0;
    }

    /// It did a step that is part of no loop that polls, or the next one of such a loop.
    fn poll(&mut self, pending: &Pending, effect: &Effect, step: u64) {
        use Operation::*;
        self.last_step = step;
        self.polled = None;
        if effect.blocked {
            // How its wait ends is another step.
            return;
        }
        if gave_way(pending) {
            if self.polls_at == Some(pending.place) {
                self.polled = Some(step);
            }
            self.polls_at = Some(pending.place);
        } else if !matches!(
            pending.operation,
            Lock | Unlock
                | ReadLock
                | ReadUnlock
                | TryLock
                | TryReadLock
                | TryReceive
                | Load
                | Read
                | Fence
                | Wait
                | Resume
        ) {
            self.polls_at = None;
        }
    }

    fn spins(&self) -> bool {
        let known = self.looks.iter().all(|look| look.place != 0);
        let turns = match (known, self.gave_way) {
            (true, true) => 1,
            (true, false) => TURNS,
            (false, _) => TURNS_WITHOUT_PLACES,
        };
        !self.looks.is_empty() && self.repeats >= turns * self.looks.len() as u32
    }

    fn look(&mut self, look: Look) {
        let same = |known: &&Look| {
            (known.object, known.place, known.operation)
                == (look.object, look.place, look.operation)
        };
        match self.looks.iter().find(same).map(|known| known.value) {
            Some(value) if value == look.value => {
                self.repeats += 1;
                self.fruitless += 1;
                return;
            }
            Some(_) => self.forget(),
            None => {}
        }
        self.looks.push(look);
    }
}

/// Who may go on.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Able {
    /// All that can.
    All,
    /// Those of the list that was given.
    Some,
    /// All that can spin, and nobody can help them.
    None,
}

/// All threads of a run.
#[derive(Debug, Default)]
pub(crate) struct Spins {
    threads: Vec<Spinner>,
    steps: u64,
    seen: Spinning,
}

impl Spins {
    /// Whether threads gave way because they spin.
    pub(crate) fn seen(&self) -> Spinning {
        self.seen
    }

    /// Whether this thread looks at the same values again and again.
    pub(crate) fn spins(&self, thread: ThreadId) -> bool {
        let spinner = self.threads.get(thread.0 as usize);
        spinner.is_some_and(Spinner::spins)
    }

    /// A step was done.
    pub(crate) fn done(&mut self, pending: &Pending, effect: &Effect) {
        let thread = pending.thread.0 as usize;
        if self.threads.len() <= thread {
            self.threads.resize(thread + 1, Spinner::default());
        }
        if changes(pending, effect) {
            for (other, spinner) in self.threads.iter_mut().enumerate() {
                let mut looks = spinner.looks.iter();
                let helped = looks.any(|look| {
                    pending
                        .accesses()
                        .any(|(object, writes)| writes && object == look.object)
                });
                if helped && other != thread {
                    spinner.forget();
                }
            }
        }
        self.steps += 1;
        let spinner = &mut self.threads[thread];
        spinner.poll(pending, effect, self.steps);
        if effect.blocked || pending.operation == Operation::Fence {
            return;
        }
        if gave_way(pending) {
            spinner.gave_way = true;
            spinner.fruitless += u32::from(spinner.fruitless > 0);
        } else if let Some(value) = looked(pending, effect) {
            spinner.look(Look {
                object: pending.object,
                place: pending.place,
                operation: pending.operation,
                value,
            });
        } else {
            if spinner.fruitless > PATIENCE / 20 && spinner.spins() {
                // It left its loop though nobody helped: it counts its turns.
                self.seen = Spinning::Counted;
            }
            spinner.forget();
        }
    }

    /// Who of them may go on; their positions come into `able`.
    pub(crate) fn able(&mut self, options: &[Pending], able: &mut Vec<usize>) -> Able {
        able.clear();
        let spinner = |next: &Pending| self.threads.get(next.thread.0 as usize);
        let spins = |next: &Pending| spinner(next).is_some_and(Spinner::spins);
        let behind =
            |other: &Pending, step: u64| spinner(other).is_none_or(|it| it.last_step < step);
        let polls = |next: &Pending| {
            let polled = spinner(next).and_then(|one| one.polled);
            polled.is_some_and(|step| options.iter().any(|it| behind(it, step) && !spins(it)))
        };
        let waits = |next: &Pending| spins(next) || polls(next);
        able.extend((0..options.len()).filter(|at| !waits(&options[*at])));
        if able.len() == options.len() {
            return Able::All;
        }
        if able.is_empty() {
            let patient =
                |next: &Pending| spinner(next).is_some_and(|one| one.fruitless < PATIENCE);
            able.extend(options.iter().position(patient));
        }
        if able.is_empty() {
            return Able::None;
        }
        self.seen = self.seen.max(Spinning::GaveWay);
        Able::Some
    }
}

/// The value that it looked at, if it did no more.
fn looked(pending: &Pending, effect: &Effect) -> Option<u64> {
    use Operation::*;
    match pending.operation {
        Load | Read => effect.read,
        CompareExchange | TryLock | TryReadLock | TryReceive | TrySend if effect.failed => {
            Some(effect.read.unwrap_or(0))
        }
        ReadModifyWrite if effect.read == effect.written => effect.read,
        _ => None,
    }
}

/// Whether it let others on: also by a wait whose time was over before anybody woke it.
fn gave_way(pending: &Pending) -> bool {
    pending.operation.gives_way() || pending.operation == Operation::Timeout
}

fn changes(pending: &Pending, effect: &Effect) -> bool {
    pending.writes && !effect.failed && looked(pending, effect).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A step of a thread, at a place; `true`: it waits until somebody wakes it, or until a time.
    fn step(spins: &mut Spins, thread: u32, operation: Operation, blocked: bool) {
        let effect = Effect {
            read: Some(0),
            blocked,
            ..Effect::default()
        };
        let pending = match operation {
            Operation::Load => Pending::reading(ThreadId(thread), operation, Object(7)),
            _ => Pending::writing(ThreadId(thread), operation, Object(9)),
        };
        spins.done(&pending.at(3), &effect);
    }

    fn able(spins: &mut Spins) -> Vec<usize> {
        let next = |thread| Pending::writing(ThreadId(thread), Operation::Timeout, Object(9));
        let mut able = Vec::new();
        spins.able(&[next(1), next(2)], &mut able);
        able
    }

    /// So many turns of a loop of the first thread.
    fn turns(spins: &mut Spins, count: usize, turn: &[(Operation, bool)]) {
        for (operation, blocks) in turn.iter().cycle().take(count * turn.len()) {
            step(spins, 1, *operation, *blocks);
        }
    }

    /// Who is able after two turns of a loop, the second of which gives way, and a step of the
    /// other thread, which stores another thing than what the loop looks at.
    fn after_a_step_of_the_other(turn: &[(Operation, bool)]) -> Vec<usize> {
        let mut spins = Spins::default();
        turns(&mut spins, 1, turn);
        assert_eq!(able(&mut spins), [0, 1]);
        turns(&mut spins, 1, turn);
        assert_eq!(able(&mut spins), [1]);
        step(&mut spins, 2, Operation::Store, false);
        able(&mut spins)
    }

    #[test]
    fn who_looks_and_waits_until_a_time_gives_way_to_who_helps() {
        use Operation::*;
        let turn = [(Load, false), (Park, true), (Timeout, false)];
        assert_eq!(after_a_step_of_the_other(&turn), [1]);
    }

    #[test]
    fn who_waits_until_a_time_gives_others_a_turn() {
        use Operation::*;
        for wait in [(Sleep, Sleep), (Receive, Timeout)] {
            let turn = [
                (Lock, false),
                (Unlock, false),
                (wait.0, true),
                (wait.1, false),
            ];
            assert_eq!(after_a_step_of_the_other(&turn), [0, 1]);
        }
        // At a condition variable what blocks is what gives back the mutex.
        let turn = [
            (Lock, false),
            (Wait, false),
            (Unlock, true),
            (Timeout, false),
        ];
        assert_eq!(after_a_step_of_the_other(&turn), [0, 1]);
    }

    #[test]
    fn who_is_woken_in_time_does_not() {
        use Operation::*;
        let mut spins = Spins::default();
        turns(
            &mut spins,
            4,
            &[(Load, false), (Park, true), (Resume, false)],
        );
        assert_eq!(able(&mut spins), [0, 1]);
    }
}
