//! A machine that runs abstract programs, one step at a time, as a [`Run`] says.

mod pending;

use explore::{Access, Effect, End, Memory, Object, Order, Races, Run, ThreadId, Touch, Trace};

use pending::{CHANNELS, MUTEXES, order_of};

use crate::program::{Instruction, Program, Registers};

/// What a run came to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Outcome {
    pub end: u8,
    pub memory: Vec<i64>,
    pub registers: Vec<Registers>,
}

impl Outcome {
    pub const FINISHED: u8 = 0;
    pub const FAILED: u8 = 1;
    pub const DEADLOCKED: u8 = 2;
    pub const LIVELOCKED: u8 = 3;
    pub const CUT: u8 = 4;
    pub const REDUNDANT: u8 = 5;

    pub fn is_failure(&self) -> bool {
        matches!(
            self.end,
            Outcome::FAILED | Outcome::DEADLOCKED | Outcome::LIVELOCKED
        )
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Status {
    Unborn,
    New,
    Running,
    /// Waits at a condition variable.
    Waiting(usize, usize),
    /// Woken; takes the mutex again.
    Woken(usize, usize),
    Ended,
}

#[derive(Clone)]
struct Thread {
    at: usize,
    registers: Registers,
    status: Status,
}

/// The state of a program.
pub struct Machine<'p> {
    program: &'p Program,
    threads: Vec<Thread>,
    memory: Vec<i64>,
    /// What loads may see, and what happens before what.
    model: Memory,
    races: Races,
    owners: Vec<Option<usize>>,
    waiting: Vec<Vec<usize>>,
    channels: Vec<Vec<i64>>,
    failed: bool,
    has_left: bool,
}

impl<'p> Machine<'p> {
    pub fn new(program: &'p Program) -> Machine<'p> {
        let thread = |position| Thread {
            at: 0,
            registers: [0; 12],
            status: if position < program.started {
                Status::New
            } else {
                Status::Unborn
            },
        };
        let mut memory = vec![0; program.variables];
        for (variable, value) in &program.initial {
            memory[*variable] = *value;
        }
        Machine {
            program,
            threads: (0..program.threads.len()).map(thread).collect(),
            memory,
            model: Memory::new(),
            races: Races::new(),
            owners: vec![None; 16],
            waiting: vec![Vec::new(); 4],
            channels: vec![Vec::new(); 4],
            failed: false,
            has_left: false,
        }
    }

    /// Runs to the end.
    pub fn execute(mut self, mut run: Run<'_>) -> (Outcome, Trace) {
        let (mut options, mut blocked) = (Vec::new(), Vec::new());
        let end = loop {
            if self.failed {
                break End::Failed;
            }
            if self.has_left {
                break End::Finished;
            }
            options.clear();
            blocked.clear();
            for thread in 0..self.threads.len() {
                if let Some((pending, can)) = self.pending(thread) {
                    if can { &mut options } else { &mut blocked }.push(pending);
                }
            }
            if options.is_empty() {
                break if blocked.is_empty() {
                    End::Finished
                } else {
                    End::Deadlocked
                };
            }
            match run.thread(&options) {
                Ok(chosen) => {
                    let thread = options[chosen].thread.0 as usize - 1;
                    let effect = self.step(thread, options[chosen].place, &mut run);
                    run.effect(effect);
                }
                Err(end) => break end,
            }
        };
        let outcome = Outcome {
            end: match end {
                End::Finished => Outcome::FINISHED,
                End::Failed => Outcome::FAILED,
                End::Deadlocked => Outcome::DEADLOCKED,
                End::Livelocked => Outcome::LIVELOCKED,
                End::Cut => Outcome::CUT,
                End::Redundant => Outcome::REDUNDANT,
            },
            memory: self.memory,
            registers: self.threads.iter().map(|thread| thread.registers).collect(),
        };
        (outcome, run.finish(end, &blocked))
    }

    /// Whether the end of a thread is that of the process.
    fn leaves(&self, thread: usize) -> bool {
        self.program.leaves && thread == 0
    }

    /// Does what nobody sees, up to the next instruction that is a step.
    fn settle(&mut self, thread: usize) {
        loop {
            let state = &mut self.threads[thread];
            let Some(instruction) = self.program.threads[thread].get(state.at) else {
                return;
            };
            match instruction {
                Instruction::Set(register, value) => {
                    state.registers[*register] = value(&state.registers);
                    state.at += 1;
                }
                Instruction::Unless(condition, to) => {
                    let holds = condition(&state.registers) != 0;
                    state.at = if holds { state.at + 1 } else { *to };
                }
                Instruction::Jump(to) => state.at = *to,
                Instruction::Check(condition) => {
                    self.failed |= condition(&state.registers) == 0;
                    state.at += 1;
                }
                _ => return,
            }
        }
    }

    fn step(&mut self, thread: usize, place: u32, run: &mut Run<'_>) -> Effect {
        let id = ThreadId(thread as u32 + 1);
        let access = Access {
            thread: id,
            step: run.trace().steps.len() as u32 - 1,
            place,
        };
        let mut effect = Effect::default();
        match self.threads[thread].status {
            Status::New => {
                self.threads[thread].status = Status::Running;
                self.settle(thread);
                return effect;
            }
            Status::Woken(_, mutex) => {
                self.owners[mutex] = Some(thread);
                self.model.acquire(id, Object(MUTEXES + mutex as u64));
                self.threads[thread].status = Status::Running;
                self.settle(thread);
                return effect;
            }
            _ => {}
        }
        let at = self.threads[thread].at;
        let Some(instruction) = self.program.threads[thread].get(at) else {
            self.threads[thread].status = Status::Ended;
            self.has_left = self.leaves(thread);
            self.model.end(id);
            return effect;
        };
        self.threads[thread].at += 1;
        effect.order = order_of(instruction);
        let registers = self.threads[thread].registers;
        let get = |of: &crate::program::Expression| of(&registers);
        let mut keep = None;
        match instruction {
            Instruction::Read(register, of) => {
                self.touch(access, get(of), false);
                keep = Some((*register, self.memory[get(of) as usize]));
            }
            Instruction::Write(of, value) => {
                self.touch(access, get(of), true);
                self.memory[get(of) as usize] = get(value);
            }
            Instruction::Load(register, of, order) => {
                let (of, weak) = (get(of) as usize, self.program.weak);
                let now = self.memory[of] as u64;
                let seen = self.model.load(access, of as u64, *order, now, |stores| {
                    if weak { run.store(stores) } else { 0 }
                });
                keep = Some((*register, seen.value as i64));
                effect.read = Some(seen.value);
                (effect.reads_from, effect.stale) = (seen.reads_from, seen.stale);
            }
            Instruction::Store(of, value, order) => {
                let (of, value) = (get(of) as usize, get(value));
                let now = self.memory[of] as u64;
                self.model
                    .store(access, of as u64, *order, now, value as u64);
                self.memory[of] = value;
                effect.written = Some(value as u64);
            }
            Instruction::Add(register, of, value, order) => {
                let by = get(value);
                let (seen, _) = self.update(access, get(of), *order, &mut effect, run, |old| {
                    Some(old + by)
                });
                keep = Some((*register, seen));
            }
            Instruction::Exchange(register, of, value, order) => {
                let new = get(value);
                let (seen, _) =
                    self.update(access, get(of), *order, &mut effect, run, |_| Some(new));
                keep = Some((*register, seen));
            }
            Instruction::CompareExchange(register, of, from, to, order) => {
                let (from, to) = (get(from), get(to));
                let (_, done) = self.update(access, get(of), *order, &mut effect, run, |old| {
                    (old == from).then_some(to)
                });
                effect.failed = !done;
                keep = Some((*register, i64::from(done)));
            }
            Instruction::Fence(order) => self.model.fence(id, *order),
            Instruction::Lock(of) => {
                self.owners[get(of) as usize] = Some(thread);
                self.model.acquire(id, Object(MUTEXES + get(of) as u64));
            }
            Instruction::TryLock(register, of) => {
                let owner = &mut self.owners[get(of) as usize];
                effect.failed = owner.is_some();
                if !effect.failed {
                    *owner = Some(thread);
                    self.model.acquire(id, Object(MUTEXES + get(of) as u64));
                }
                keep = Some((*register, i64::from(!effect.failed)));
            }
            Instruction::Unlock(of) => {
                let owner = self.owners[get(of) as usize].take();
                self.model.release(id, Object(MUTEXES + get(of) as u64));
                self.failed |= owner != Some(thread);
            }
            Instruction::Wait(condvar, mutex) => {
                let owner = self.owners[*mutex].take();
                self.model.release(id, Object(MUTEXES + *mutex as u64));
                self.failed |= owner != Some(thread);
                self.waiting[*condvar].push(thread);
                self.threads[thread].status = Status::Waiting(*condvar, *mutex);
                effect.blocked = true;
                return effect;
            }
            Instruction::NotifyOne(condvar) => {
                if !self.waiting[*condvar].is_empty() {
                    let waiters = self.waiting[*condvar].iter();
                    let ids: Vec<ThreadId> = waiters.map(|at| ThreadId(*at as u32 + 1)).collect();
                    let woken = self.waiting[*condvar].remove(run.waiter(&ids));
                    self.wake(woken);
                    effect.woke = Some(ThreadId(woken as u32 + 1));
                }
            }
            Instruction::NotifyAll(condvar) => {
                for woken in std::mem::take(&mut self.waiting[*condvar]) {
                    self.wake(woken);
                }
            }
            Instruction::Send(of, value) => {
                self.channels[*of].push(get(value));
                self.model.release(id, Object(CHANNELS + *of as u64));
            }
            Instruction::Receive(register, of) => {
                keep = Some((*register, self.channels[*of].remove(0)));
                self.model.acquire(id, Object(CHANNELS + *of as u64));
            }
            Instruction::Spawn(other) => {
                self.threads[*other].status = Status::New;
                self.model.spawn(id, ThreadId(*other as u32 + 1));
            }
            Instruction::Join(other) => self.model.join(id, ThreadId(*other as u32 + 1)),
            Instruction::Yield => {}
            _ => unreachable!("settled"),
        }
        if let Some((register, value)) = keep {
            self.threads[thread].registers[register] = value;
        }
        self.settle(thread);
        effect
    }

    /// A plain access; a race is a failure.
    fn touch(&mut self, access: Access, of: i64, writes: bool) {
        let touch = Touch {
            thread: access.thread,
            step: access.step,
            place: access.place,
            writes,
            ..Touch::default()
        };
        let knows = self.model.knows(access.thread);
        let race = self.races.access(8 * of as u64, 8, touch, knows);
        self.failed |= race.is_some();
    }

    /// A read-modify-write: what it saw, and whether it wrote.
    fn update(
        &mut self,
        access: Access,
        of: i64,
        order: Order,
        effect: &mut Effect,
        run: &mut Run<'_>,
        change: impl Fn(i64) -> Option<i64>,
    ) -> (i64, bool) {
        let (now, weak) = (self.memory[of as usize] as u64, self.program.weak);
        let (seen, written) = self.model.update(
            access,
            of as u64,
            (order, order),
            now,
            |old| change(old as i64).map(|new| new as u64),
            |stores| if weak { run.store(stores) } else { 0 },
        );
        if let Some(value) = written {
            self.memory[of as usize] = value as i64;
        }
        effect.read = Some(seen.value);
        effect.written = written;
        (effect.reads_from, effect.stale) = (seen.reads_from, seen.stale);
        (seen.value as i64, written.is_some())
    }

    fn wake(&mut self, thread: usize) {
        if let Status::Waiting(condvar, mutex) = self.threads[thread].status {
            self.threads[thread].status = Status::Woken(condvar, mutex);
        }
    }
}
