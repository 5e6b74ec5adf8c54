//! Abstract programs: threads with registers that use shared variables, locks, condition variables
//! and channels. Written down with the functions below.

use std::rc::Rc;

use explore::Order;

/// Registers of a thread.
pub type Registers = [i64; 12];

/// A calculation on registers.
pub type Expression = Rc<dyn Fn(&Registers) -> i64>;

/// One instruction; only those that touch something shared are steps.
#[derive(Clone)]
pub enum Instruction {
    Load(usize, Expression, Order),
    Store(Expression, Expression, Order),
    /// Adds, and keeps the old value.
    Add(usize, Expression, Expression, Order),
    /// Stores, and keeps the old value.
    Exchange(usize, Expression, Expression, Order),
    /// Keeps 1 if it exchanged.
    CompareExchange(usize, Expression, Expression, Expression, Order),
    Fence(Order),
    /// A plain load and store, checked for races and never chosen.
    Read(usize, Expression),
    Write(Expression, Expression),
    Lock(Expression),
    TryLock(usize, Expression),
    Unlock(Expression),
    Wait(usize, usize),
    NotifyOne(usize),
    NotifyAll(usize),
    Send(usize, Expression),
    Receive(usize, usize),
    Spawn(usize),
    Join(usize),
    Yield,
    Set(usize, Expression),
    /// Goes on there if the value is 0.
    Unless(Expression, usize),
    Jump(usize),
    Check(Expression),
}

/// A program: the code of its threads. The first `started` run from the beginning.
#[derive(Clone)]
pub struct Program {
    pub threads: Vec<Vec<Instruction>>,
    pub started: usize,
    /// How many messages a channel holds.
    pub capacity: usize,
    pub variables: usize,
    /// Variables that do not begin with 0.
    pub initial: Vec<(usize, i64)>,
    /// Loads may see old stores.
    pub weak: bool,
    /// Threads from 1 up to here run the same code.
    pub alike: usize,
    /// The end of the first thread is that of the process.
    pub leaves: bool,
}

impl Program {
    /// A main thread that starts the others, waits for them, and then does `after`.
    pub fn with_main(threads: Vec<Code>, after: Code) -> Program {
        let count = threads.len();
        let mut main: Code = (1..=count)
            .map(|thread| one(Instruction::Spawn(thread)))
            .collect();
        main.extend((1..=count).map(|thread| one(Instruction::Join(thread))));
        main.push(after.into_iter().flatten().collect());
        let mut all = vec![flat(main)];
        all.extend(threads.into_iter().map(flat));
        Program {
            threads: all,
            started: 1,
            capacity: 1,
            variables: 16,
            initial: Vec::new(),
            weak: false,
            alike: 0,
            leaves: false,
        }
    }

    /// All threads run from the beginning.
    pub fn of(threads: Vec<Code>) -> Program {
        Program {
            started: threads.len(),
            threads: threads.into_iter().map(flat).collect(),
            capacity: 1,
            variables: 16,
            initial: Vec::new(),
            weak: false,
            alike: 0,
            leaves: false,
        }
    }

    /// Loads may see old stores.
    pub fn weak(mut self) -> Program {
        self.weak = true;
        self
    }

    /// The threads from 1 up to this one run the same code.
    pub fn alike(mut self, last: usize) -> Program {
        self.alike = last;
        self
    }

    /// The end of the first thread is that of the process.
    pub fn leaves(mut self) -> Program {
        self.leaves = true;
        self
    }

    pub fn capacity(mut self, capacity: usize) -> Program {
        self.capacity = capacity;
        self
    }
}

/// Code whose jumps are relative to the beginning of their part.
pub type Code = Vec<Part>;
pub type Part = Vec<Instruction>;

fn flat(code: Code) -> Vec<Instruction> {
    let mut all = Vec::new();
    for part in code {
        let base = all.len();
        all.extend(part.into_iter().map(|instruction| moved(instruction, base)));
    }
    all
}

fn moved(instruction: Instruction, by: usize) -> Instruction {
    match instruction {
        Instruction::Unless(condition, to) => Instruction::Unless(condition, to + by),
        Instruction::Jump(to) => Instruction::Jump(to + by),
        other => other,
    }
}

fn one(instruction: Instruction) -> Part {
    vec![instruction]
}

pub fn c(value: i64) -> Expression {
    Rc::new(move |_| value)
}

pub fn r(register: usize) -> Expression {
    Rc::new(move |registers| registers[register])
}

pub fn e(calculate: impl Fn(&Registers) -> i64 + 'static) -> Expression {
    Rc::new(calculate)
}

pub fn test(condition: impl Fn(&Registers) -> bool + 'static) -> Expression {
    Rc::new(move |registers| i64::from(condition(registers)))
}

pub fn load(register: usize, variable: i64) -> Part {
    one(Instruction::Load(register, c(variable), Order::SeqCst))
}

pub fn load_at(register: usize, variable: Expression) -> Part {
    one(Instruction::Load(register, variable, Order::SeqCst))
}

pub fn load_as(register: usize, variable: i64, order: Order) -> Part {
    one(Instruction::Load(register, c(variable), order))
}

pub fn store(variable: i64, value: Expression) -> Part {
    one(Instruction::Store(c(variable), value, Order::SeqCst))
}

pub fn store_at(variable: Expression, value: Expression) -> Part {
    one(Instruction::Store(variable, value, Order::SeqCst))
}

pub fn store_as(variable: i64, value: i64, order: Order) -> Part {
    one(Instruction::Store(c(variable), c(value), order))
}

pub fn add(register: usize, variable: i64, value: i64) -> Part {
    add_as(register, variable, value, Order::SeqCst)
}

pub fn add_as(register: usize, variable: i64, value: i64, order: Order) -> Part {
    one(Instruction::Add(register, c(variable), c(value), order))
}

pub fn exchange(register: usize, variable: i64, from: Expression, to: Expression) -> Part {
    exchange_as(register, variable, from, to, Order::SeqCst)
}

pub fn exchange_as(
    register: usize,
    variable: i64,
    from: Expression,
    to: Expression,
    order: Order,
) -> Part {
    one(Instruction::CompareExchange(
        register,
        c(variable),
        from,
        to,
        order,
    ))
}

pub fn swap_at(register: usize, variable: Expression, value: Expression) -> Part {
    one(Instruction::Exchange(
        register,
        variable,
        value,
        Order::SeqCst,
    ))
}

pub fn swap_as(register: usize, variable: i64, value: i64, order: Order) -> Part {
    one(Instruction::Exchange(
        register,
        c(variable),
        c(value),
        order,
    ))
}

pub fn fence(order: Order) -> Part {
    one(Instruction::Fence(order))
}

pub fn read(register: usize, variable: i64) -> Part {
    one(Instruction::Read(register, c(variable)))
}

pub fn write(variable: i64, value: i64) -> Part {
    one(Instruction::Write(c(variable), c(value)))
}

pub fn lock(mutex: i64) -> Part {
    one(Instruction::Lock(c(mutex)))
}

pub fn try_lock(register: usize, mutex: i64) -> Part {
    one(Instruction::TryLock(register, c(mutex)))
}

pub fn unlock(mutex: i64) -> Part {
    one(Instruction::Unlock(c(mutex)))
}

pub fn wait(condvar: usize, mutex: usize) -> Part {
    one(Instruction::Wait(condvar, mutex))
}

pub fn notify_one(condvar: usize) -> Part {
    one(Instruction::NotifyOne(condvar))
}

pub fn notify_all(condvar: usize) -> Part {
    one(Instruction::NotifyAll(condvar))
}

pub fn send(channel: usize, value: Expression) -> Part {
    one(Instruction::Send(channel, value))
}

pub fn receive(register: usize, channel: usize) -> Part {
    one(Instruction::Receive(register, channel))
}

pub fn yields() -> Part {
    one(Instruction::Yield)
}

pub fn set(register: usize, value: Expression) -> Part {
    one(Instruction::Set(register, value))
}

pub fn check(condition: impl Fn(&Registers) -> bool + 'static) -> Part {
    one(Instruction::Check(test(condition)))
}

pub fn when(condition: impl Fn(&Registers) -> bool + 'static, then: Code) -> Part {
    either(condition, then, vec![])
}

pub fn either(
    condition: impl Fn(&Registers) -> bool + 'static,
    then: Code,
    otherwise: Code,
) -> Part {
    let (then, otherwise) = (flat(then), flat(otherwise));
    let mut part = one(Instruction::Unless(test(condition), then.len() + 2));
    let end = then.len() + 2 + otherwise.len();
    part.extend(then.into_iter().map(|instruction| moved(instruction, 1)));
    part.push(Instruction::Jump(end));
    let base = part.len();
    part.extend(
        otherwise
            .into_iter()
            .map(|instruction| moved(instruction, base)),
    );
    part
}

/// Does `before`, and while the condition holds, `body`; then all again.
pub fn while_after(
    before: Code,
    condition: impl Fn(&Registers) -> bool + 'static,
    body: Code,
) -> Part {
    let (before, body) = (flat(before), flat(body));
    let inner = before.len() + 1;
    let end = inner + body.len() + 1;
    let mut part = before;
    part.push(Instruction::Unless(test(condition), end));
    part.extend(
        body.into_iter()
            .map(|instruction| moved(instruction, inner)),
    );
    part.push(Instruction::Jump(0));
    part
}

/// The body so many times, counted in a register.
pub fn times(register: usize, count: i64, mut body: Code) -> Part {
    body.push(set(register, e(move |all| all[register] + 1)));
    let start = set(register, c(0));
    let turns = while_after(vec![], move |all| all[register] < count, body);
    flat(vec![start, turns])
}
