//! What a thread is about to do.

use explore::{Object, Operation, Order, Pending, ThreadId};

use super::{Machine, Status};
use crate::program::{Expression, Instruction};

pub const MUTEXES: u64 = 1_000;
pub const CONDVARS: u64 = 2_000;
pub const CHANNELS: u64 = 3_000;
pub const THREADS: u64 = 4_000;

impl Machine<'_> {
    /// A thread's next step, and whether it can do it.
    pub(super) fn pending(&self, thread: usize) -> Option<(Pending, bool)> {
        let state = &self.threads[thread];
        let id = ThreadId(thread as u32 + 1);
        let own = Object(THREADS + thread as u64);
        let mutex = |mutex: usize| Object(MUTEXES + mutex as u64);
        match state.status {
            Status::Unborn | Status::Ended => return None,
            Status::New => return Some((Pending::writing(id, Operation::Begin, own), true)),
            Status::Waiting(condvar, of) => {
                let pending = Pending::writing(id, Operation::Resume, condvar_key(condvar));
                return Some((pending.and(mutex(of)), false));
            }
            Status::Woken(condvar, of) => {
                let pending = Pending::writing(id, Operation::Lock, mutex(of));
                return Some((pending.and(condvar_key(condvar)), self.owners[of].is_none()));
            }
            Status::Running => {}
        }
        let Some(instruction) = self.program.threads[thread].get(state.at) else {
            let of = if self.leaves(thread) {
                Object::PROCESS
            } else {
                own
            };
            return Some((Pending::writing(id, Operation::End, of), true));
        };
        let alike = (1..=self.program.alike).contains(&thread);
        let code = if alike { 1 } else { thread };
        let place = (code * 1_000 + state.at + 1) as u32;
        let variable = |of: &Expression| Object(1 + of(&state.registers) as u64);
        let lock = |of: &Expression| of(&state.registers) as usize;
        let channel = |of: usize| Object(CHANNELS + of as u64);
        let writing = |operation, object| (Pending::writing(id, operation, object), true);
        let (pending, can) = match instruction {
            Instruction::Load(_, of, _) => {
                (Pending::reading(id, Operation::Load, variable(of)), true)
            }
            Instruction::Read(_, of) => (Pending::reading(id, Operation::Read, variable(of)), true),
            Instruction::Store(of, ..) => writing(Operation::Store, variable(of)),
            Instruction::Write(of, _) => writing(Operation::Write, variable(of)),
            Instruction::Add(_, of, ..) | Instruction::Exchange(_, of, ..) => {
                writing(Operation::ReadModifyWrite, variable(of))
            }
            Instruction::CompareExchange(_, of, ..) => {
                writing(Operation::CompareExchange, variable(of))
            }
            Instruction::Fence(_) => writing(Operation::Fence, Object::NONE),
            Instruction::Lock(of) => {
                let of = lock(of);
                let pending = Pending::writing(id, Operation::Lock, mutex(of));
                (pending, self.owners[of].is_none())
            }
            Instruction::TryLock(_, of) => writing(Operation::TryLock, mutex(lock(of))),
            Instruction::Unlock(of) => writing(Operation::Unlock, mutex(lock(of))),
            Instruction::Wait(condvar, of) => {
                let pending = Pending::writing(id, Operation::Wait, condvar_key(*condvar));
                (pending.and(mutex(*of)), true)
            }
            Instruction::NotifyOne(condvar) => writing(Operation::NotifyOne, condvar_key(*condvar)),
            Instruction::NotifyAll(condvar) => writing(Operation::NotifyAll, condvar_key(*condvar)),
            Instruction::Send(of, _) => {
                let pending = Pending::writing(id, Operation::Send, channel(*of));
                (pending, self.channels[*of].len() < self.program.capacity)
            }
            Instruction::Receive(_, of) => {
                let pending = Pending::writing(id, Operation::Receive, channel(*of));
                (pending, !self.channels[*of].is_empty())
            }
            Instruction::Spawn(other) => {
                let pending =
                    Pending::writing(id, Operation::Spawn, Object(THREADS + *other as u64));
                (pending.and(Object::THREADS), true)
            }
            Instruction::Join(other) => {
                let pending =
                    Pending::reading(id, Operation::Join, Object(THREADS + *other as u64));
                (pending, self.threads[*other].status == Status::Ended)
            }
            Instruction::Yield => (Pending::reading(id, Operation::Yield, Object::NONE), true),
            _ => unreachable!("settled"),
        };
        Some((self.in_total_order(pending.at(place), instruction), can))
    }

    /// What takes part in the total order writes it, where memory is weak.
    fn in_total_order(&self, pending: Pending, instruction: &Instruction) -> Pending {
        if self.program.weak && order_of(instruction) == Some(Order::SeqCst) {
            return pending.and(Object::TOTAL_ORDER);
        }
        pending
    }
}

pub fn order_of(instruction: &Instruction) -> Option<Order> {
    match instruction {
        Instruction::Load(.., order)
        | Instruction::Store(.., order)
        | Instruction::Add(.., order)
        | Instruction::Exchange(.., order)
        | Instruction::CompareExchange(.., order)
        | Instruction::Fence(order) => Some(*order),
        _ => None,
    }
}

fn condvar_key(condvar: usize) -> Object {
    Object(CONDVARS + condvar as u64)
}
