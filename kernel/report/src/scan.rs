//! The one pass over all events that every report makes; a million of them take a few milliseconds.
//!
//! It keeps what is long or rare (long waits and holds, joins, spawns, drops), sums what is frequent,
//! and notes which locks were taken while another was held.

use std::collections::HashMap;

use record::snapshot::{Action, Event, ObjectKind, WaitKind, WaitOutcome};

use crate::Place;
use crate::facts::Facts;
use crate::history::{Held, Orders};

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
    /// Time that each thread waited for each lock.
    pub(crate) lock_waits: LockWaits,
    /// By object slot: time that threads of the user's own waited for it.
    pub(crate) user_waits: Vec<u64>,
    /// By object slot: whether code of a cell used it. Known of objects made in the standard library only.
    pub(crate) used_by_user: Vec<bool>,
    /// Orders in which locks were taken in this cell.
    pub(crate) orders: Orders,
    /// Whether this cell's own threads used a thread, lock or channel that isn't a dependency's.
    pub(crate) touched: bool,
}

/// Sums of waiting by thread slot and object slot: a plain table where that is small, since it is
/// written a million times.
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

    /// All sums that aren't zero: thread slot, object slot, ns. In no particular order.
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
    pub(crate) fn new(facts: &Facts<'_>) -> Scan {
        let snapshot = facts.snapshot;
        let mut scan = Scan {
            tiny: (snapshot.wall_ns / 4096).max(1),
            user_waits: vec![0; snapshot.objects.len()],
            used_by_user: vec![false; snapshot.objects.len()],
            lock_waits: LockWaits::new(snapshot.threads.len(), snapshot.objects.len()),
            ..Scan::default()
        };
        let own: Vec<bool> = snapshot
            .threads
            .iter()
            .map(|thread| thread.cell == snapshot.cell)
            .collect();
        let relevant: Vec<bool> = snapshot
            .objects
            .iter()
            .map(|object| is_reported(object.kind) && facts.dependency(object.created_at).is_none())
            .collect();
        let in_std: Vec<bool> = snapshot
            .objects
            .iter()
            .map(|object| facts.is_in_std(object.created_at))
            .collect();
        let any_in_std = in_std.contains(&true);
        let mut held_by: Vec<Vec<Held>> = vec![Vec::new(); snapshot.threads.len()];
        for (position, event) in (0u32..).zip(&snapshot.events) {
            let Some(thread) = facts.threads.get(event.thread) else {
                continue;
            };
            let length = length(event);
            let mut used = None;
            match event.action {
                Action::Wait {
                    kind,
                    target,
                    outcome,
                    ..
                } => {
                    if length >= scan.tiny || outcome != WaitOutcome::Done {
                        scan.waits.push(position);
                    }
                    if kind == WaitKind::Join {
                        scan.joins.push(position);
                        scan.touched |= own[thread];
                    } else if !matches!(kind, WaitKind::Sleep | WaitKind::Park) {
                        used = facts.objects.get(target);
                    }
                    if let Some(object) = used {
                        if !facts.foreign_code[thread] {
                            scan.user_waits[object] =
                                scan.user_waits[object].saturating_add(length);
                        }
                        if kind == WaitKind::Lock {
                            scan.lock_waits.add(thread, object, length);
                        }
                    }
                }
                Action::Hold { object, shared } => {
                    used = facts.objects.get(object);
                    if length >= scan.tiny {
                        scan.holds.push(position);
                    }
                    let held = &mut held_by[thread];
                    // Most locks are taken alone: then there is nothing to compare.
                    held.retain(|outer| outer.until > event.start_ns);
                    let this = Held {
                        object,
                        shared,
                        at: event.at,
                        until: event.end_ns,
                    };
                    if !held.is_empty() {
                        scan.orders.add(facts, event.thread, held, this);
                    }
                    if held.len() < 64 {
                        held.push(this);
                    }
                }
                Action::Send { object, .. }
                | Action::Receive { object, .. }
                | Action::Notify { object, .. }
                | Action::TryFailed { object } => used = facts.objects.get(object),
                Action::Spawn { .. } => {
                    scan.spawns.push(position);
                    scan.touched |= own[thread];
                }
                Action::Unpark { .. } => scan.touched |= own[thread],
                Action::Drop { .. } => scan.drops.push(position),
                Action::ThreadStart | Action::ThreadEnd { .. } | Action::Panic => {}
            }
            // Most cells are known to be concurrent after their first event, and std has made nothing for them.
            if (!scan.touched || any_in_std)
                && let Some(object) = used
            {
                let is_users = !in_std[object]
                    || matches!(
                        facts.context.places.get(&event.at),
                        Some(Place::Cell { .. })
                    );
                scan.used_by_user[object] |= in_std[object] && is_users;
                scan.touched |= own[thread] && relevant[object] && is_users;
            }
        }
        scan
    }
}

/// How long an event lasted.
pub(crate) fn length(event: &Event) -> u64 {
    event.end_ns.saturating_sub(event.start_ns)
}

/// Whether using an object of this kind alone makes a report.
pub(crate) fn is_reported(kind: ObjectKind) -> bool {
    !matches!(
        kind,
        ObjectKind::Once | ObjectKind::OnceLock | ObjectKind::LazyLock | ObjectKind::Stdio
    )
}
