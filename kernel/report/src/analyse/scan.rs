//! The one pass over all events that every report makes; a million of them take a few milliseconds.
//!
//! It keeps what is long or rare (long waits and holds, joins, spawns, drops), sums what is
//! frequent, and notes which locks were taken while another was held.

use std::collections::HashMap;

use record::snapshot::{Action, Event, Object, Snapshot, WaitKind, WaitOutcome};

use super::events::{is_reported, length};
use super::lock_orders::{self, Held};
use super::lookup::Lookup;
use crate::input::{Orders, Place};

/// What the pass found. Numbers in the lists are positions in `snapshot.events`.
#[derive(Debug, Default)]
pub(crate) struct Scan {
    /// What is shorter (in ns) is not in the lists.
    pub(crate) tiny: u64,
    /// Waits that were long or ended otherwise than well, by start.
    pub(crate) waits: Vec<u32>,
    /// Long holds, by start.
    pub(crate) holds: Vec<u32>,
    /// Joins that had to wait, however short.
    pub(crate) joins: Vec<u32>,
    /// Spawns.
    pub(crate) spawns: Vec<u32>,
    /// Drops.
    pub(crate) drops: Vec<u32>,
    /// Polls of tasks.
    pub(crate) polls: Vec<u32>,
    /// Branches of a `select!` that were passed over.
    pub(crate) passed_over: Vec<u32>,
    /// Time that each thread waited for each lock.
    pub(crate) lock_waits: LockWaits,
    /// By object position: time that threads of the user's own waited for it.
    pub(crate) user_waits: Vec<u64>,
    /// By object position: whether code of a cell used it. Known only of objects that the standard
    /// library made.
    pub(crate) used_by_user: Vec<bool>,
    /// Orders in which locks were taken in this cell.
    pub(crate) orders: Orders,
    /// Whether this cell's own threads used a thread, lock or channel that isn't a dependency's.
    pub(crate) touched: bool,
}

/// Sums of waiting by position of thread and object: a plain table where that is small, since it
/// is written a million times.
#[derive(Debug, Default)]
pub(crate) struct LockWaits {
    objects: usize,
    dense: Vec<u64>,
    sparse: HashMap<(usize, usize), u64>,
}

impl LockWaits {
    fn new(threads: usize, objects: usize) -> LockWaits {
        let size = threads.saturating_mul(objects);
        let dense = if size <= 1 << 18 {
            vec![0; size]
        } else {
            Vec::new()
        };
        LockWaits {
            objects,
            dense,
            sparse: HashMap::new(),
        }
    }

    fn add(&mut self, thread: usize, object: usize, ns: u64) {
        match self.dense.get_mut(thread * self.objects + object) {
            Some(sum) => *sum = sum.saturating_add(ns),
            None => {
                let sum = self.sparse.entry((thread, object)).or_default();
                *sum = sum.saturating_add(ns);
            }
        }
    }

    /// All sums that aren't zero: thread position, object position, ns. In no particular order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (usize, usize, u64)> + '_ {
        let dense = self.dense.iter().enumerate().filter(|(_, sum)| **sum > 0);
        let dense = dense.map(|(at, sum)| (at / self.objects, at % self.objects, *sum));
        dense.chain(
            self.sparse
                .iter()
                .map(|(&(thread, object), &sum)| (thread, object, sum)),
        )
    }
}

impl Scan {
    /// Goes through all events.
    pub(crate) fn new(lookup: &Lookup<'_>) -> Scan {
        let mut pass = Pass::new(lookup);
        for (position, event) in (0u32..).zip(&lookup.snapshot.events) {
            if let Some(thread) = lookup.thread_position(event.thread) {
                pass.event(position, event, thread);
            }
        }
        pass.scan
    }
}

/// The pass while it goes on.
struct Pass<'l, 'a> {
    lookup: &'l Lookup<'a>,
    scan: Scan,
    /// By thread position: whether it is of this cell.
    own: Vec<bool>,
    /// By object position: whether its use makes a report.
    relevant: Vec<bool>,
    /// By object position: whether the standard library made it.
    in_std: Vec<bool>,
    any_in_std: bool,
    /// By thread position: the locks it holds, outermost first.
    held_by: Vec<Vec<Held>>,
    /// By thread position: how many threads it has started or joined.
    epochs: Vec<u32>,
}

impl<'l, 'a> Pass<'l, 'a> {
    fn new(lookup: &'l Lookup<'a>) -> Pass<'l, 'a> {
        let Snapshot {
            threads, objects, ..
        } = lookup.snapshot;
        let is_relevant = |object: &Object| {
            is_reported(object.kind)
                && lookup.dependency(object.created_at).is_none()
                && !lookup.is_around_cells(object.created_at)
        };
        let in_std: Vec<bool> = objects
            .iter()
            .map(|object| lookup.is_in_std(object.created_at))
            .collect();
        Pass {
            lookup,
            scan: Scan {
                tiny: (lookup.snapshot.wall_ns / 4096).max(1),
                user_waits: vec![0; objects.len()],
                used_by_user: vec![false; objects.len()],
                lock_waits: LockWaits::new(threads.len(), objects.len()),
                ..Scan::default()
            },
            own: threads
                .iter()
                .map(|thread| {
                    let is_around = lookup.is_around_cells(thread.spawned_at);
                    thread.cell == lookup.snapshot.cell && !is_around
                })
                .collect(),
            relevant: objects.iter().map(is_relevant).collect(),
            any_in_std: in_std.contains(&true),
            in_std,
            held_by: vec![Vec::new(); threads.len()],
            epochs: vec![0; threads.len()],
        }
    }

    /// The event at `position`, of the thread at position `thread`.
    fn event(&mut self, position: u32, event: &Event, thread: usize) {
        let used = match event.action {
            Action::Wait { .. } => self.wait(position, event, thread),
            Action::Hold { object, shared } => {
                let lock = Held {
                    object,
                    shared,
                    at: event.at,
                    since: event.start_ns,
                    until: event.end_ns,
                };
                self.hold(position, event, thread, lock);
                self.lookup.object_position(object)
            }
            Action::Send { object, .. }
            | Action::Receive { object, .. }
            | Action::Notify { object, .. }
            | Action::TryFailed { object } => self.lookup.object_position(object),
            Action::Spawn { .. } => {
                self.scan.spawns.push(position);
                self.epochs[thread] += 1;
                self.scan.touched |= self.own[thread] && !self.lookup.is_around_cells(event.at);
                None
            }
            Action::Unpark { .. } => {
                self.scan.touched |= self.own[thread];
                None
            }
            Action::Drop { .. } => {
                self.scan.drops.push(position);
                None
            }
            Action::Poll { .. } => {
                self.scan.polls.push(position);
                None
            }
            Action::PassedOver { .. } => {
                self.scan.passed_over.push(position);
                None
            }
            Action::ThreadStart | Action::ThreadEnd { .. } | Action::Panic => None,
        };
        // Most cells are known to be concurrent after their first event, and std has made nothing
        // for them.
        if (!self.scan.touched || self.any_in_std)
            && let Some(object) = used
        {
            self.note_use(event, thread, object);
        }
    }

    /// A wait. Returns the position of what was waited for, if that is an object.
    fn wait(&mut self, position: u32, event: &Event, thread: usize) -> Option<usize> {
        let Action::Wait {
            kind,
            target,
            outcome,
            ..
        } = event.action
        else {
            return None;
        };
        let length = length(event);
        if length >= self.scan.tiny || outcome != WaitOutcome::Done {
            self.scan.waits.push(position);
        }
        if kind == WaitKind::Join {
            self.scan.joins.push(position);
            self.epochs[thread] += 1;
            self.scan.touched |= self.own[thread];
        }
        if matches!(kind, WaitKind::Join | WaitKind::Sleep | WaitKind::Park) {
            return None;
        }
        let object = self.lookup.object_position(target.object())?;
        if !self.lookup.foreign_code[thread] {
            let waited = &mut self.scan.user_waits[object];
            *waited = waited.saturating_add(length);
        }
        if kind == WaitKind::Lock {
            self.scan.lock_waits.add(thread, object, length);
        }
        Some(object)
    }

    /// A hold.
    fn hold(&mut self, position: u32, event: &Event, thread: usize, lock: Held) {
        if length(event) >= self.scan.tiny {
            self.scan.holds.push(position);
        }
        let held = &mut self.held_by[thread];
        held.retain(|outer| outer.until > event.start_ns);
        // Most locks are taken alone: then there is nothing to compare.
        if !held.is_empty() {
            let who = (event.thread, self.epochs[thread]);
            lock_orders::note(&mut self.scan.orders, self.lookup, who, held, lock);
        }
        if held.len() < 64 {
            held.push(lock);
        }
    }

    /// That a thread used an object.
    fn note_use(&mut self, event: &Event, thread: usize, object: usize) {
        let place = self.lookup.context.places.get(&event.at);
        let is_users = !self.in_std[object] || matches!(place, Some(Place::Cell { .. }));
        self.scan.used_by_user[object] |= self.in_std[object] && is_users;
        self.scan.touched |= self.own[thread] && self.relevant[object] && is_users;
    }
}
