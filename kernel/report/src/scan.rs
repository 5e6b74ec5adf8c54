//! The one pass over all events that every report makes; a million of them take a few milliseconds.
//!
//! It keeps what is long or rare (long waits and holds, joins, spawns, drops), sums what is frequent,
//! and notes which locks were taken while another was held.

use std::collections::HashMap;

use record::snapshot::{Action, ObjectKind, WaitKind, WaitOutcome};

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
    /// Time that a thread waited for a lock, by (thread slot, object slot): (ns, times).
    pub(crate) lock_waits: HashMap<(usize, usize), (u64, u64)>,
    /// By object slot: time that threads of the user's own waited for it.
    pub(crate) user_waits: Vec<u64>,
    /// Orders in which locks were taken in this cell.
    pub(crate) orders: Orders,
    /// Whether this cell's own threads used a thread, lock or channel that isn't a dependency's.
    pub(crate) touched: bool,
}

/// What the pass remembers of one thread.
#[derive(Clone, Default)]
struct OfThread {
    held: Vec<Held>,
    /// The lock waited for last, and the sum since that was so: saves a map look-up an event.
    last: Option<usize>,
    waited: (u64, u64),
}

impl Scan {
    /// Goes through all events.
    pub(crate) fn new(facts: &Facts<'_>) -> Scan {
        let snapshot = facts.snapshot;
        let mut scan = Scan {
            tiny: (snapshot.wall_ns / 4096).max(1),
            user_waits: vec![0; snapshot.objects.len()],
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
        let mut threads = vec![OfThread::default(); snapshot.threads.len()];
        for (position, event) in (0u32..).zip(&snapshot.events) {
            let Some(thread) = facts.threads.get(event.thread) else {
                continue;
            };
            let length = event.end_ns.saturating_sub(event.start_ns);
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
                            scan.user_waits[object] += length;
                        }
                        if kind == WaitKind::Lock {
                            let state = &mut threads[thread];
                            if state.last != Some(object) {
                                scan.add_waited(thread, state);
                                state.last = Some(object);
                            }
                            state.waited.0 += length;
                            state.waited.1 += 1;
                        }
                    }
                }
                Action::Hold { object, shared } => {
                    used = facts.objects.get(object);
                    if length >= scan.tiny {
                        scan.holds.push(position);
                    }
                    let held = &mut threads[thread].held;
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
            scan.touched |= used.is_some_and(|object| own[thread] && relevant[object]);
        }
        for (thread, state) in threads.iter_mut().enumerate() {
            scan.add_waited(thread, state);
        }
        scan
    }

    fn add_waited(&mut self, thread: usize, state: &mut OfThread) {
        if let Some(object) = state.last {
            let sum = self.lock_waits.entry((thread, object)).or_default();
            sum.0 += state.waited.0;
            sum.1 += state.waited.1;
            state.waited = (0, 0);
        }
    }
}

/// Whether using an object of this kind alone makes a report.
pub(crate) fn is_reported(kind: ObjectKind) -> bool {
    !matches!(
        kind,
        ObjectKind::Once | ObjectKind::OnceLock | ObjectKind::LazyLock | ObjectKind::Stdio
    )
}
