//! A cell as it stood when its deadlock was proved.
//!
//! What comes after the proof is not the program's doing: to keep the session alive one thread is
//! made to unwind, others then get what they waited for, or meet the poison. None of that would
//! have happened in a program. So everything that the report tells ends at the proof.

mod tasks;

use std::collections::{BTreeSet, HashMap};

use record::snapshot::{
    Action, Event, Object, ObjectSlot, Snapshot, Thread, ThreadSlot, ThreadState, VerdictEdge,
    WaitKind, WaitTarget, Waiting,
};

/// The snapshot up to the first proof; `None` where there was none.
pub(crate) fn until_proof(snapshot: &Snapshot) -> Option<Snapshot> {
    let end = snapshot
        .verdicts
        .iter()
        .filter(|verdict| !verdict.edges.is_empty())
        .map(|verdict| verdict.at_ns)
        .min()?
        .clamp(1, snapshot.wall_ns.max(1));
    let mut cut = snapshot.clone();
    cut.wall_ns = end;
    let mut after = After::default();
    cut.events.retain(|event| after.sort_out(event, end));
    for event in &mut cut.events {
        event.end_ns = event.end_ns.min(end);
    }
    cut.threads.retain(|thread| thread.start_ns < end);
    cut.tasks.retain(|task| task.start_ns < end);
    for task in &mut cut.tasks {
        task.end_ns = task.end_ns.filter(|&at| at <= end);
    }
    tasks::restore(&mut cut.tasks, &snapshot.events, end);
    after.add_ongoing(snapshot, end);
    for thread in &mut cut.threads {
        after.restore_thread(thread, end, snapshot.wall_ns);
    }
    for edge in &cut.verdicts[0].edges {
        set_waiting(&mut cut.threads, edge, end);
    }
    for object in &mut cut.objects {
        after.restore_object(object, end);
    }
    keep_senders(&mut cut);
    cut.panics.retain(|panic| panic.at_ns < end);
    cut.gaps.retain(|gap| gap.start_ns < end);
    for gap in &mut cut.gaps {
        gap.end_ns = gap.end_ns.min(end);
    }
    Some(cut)
}

/// The threads that can never go on: those of the proof, and all that wait for one of them.
pub(crate) fn for_ever(snapshot: &Snapshot) -> BTreeSet<ThreadSlot> {
    let mut stuck: BTreeSet<ThreadSlot> = snapshot
        .verdicts
        .iter()
        .take(1)
        .flat_map(|verdict| verdict.edges.iter().map(|edge| edge.waiter))
        .collect();
    if stuck.is_empty() {
        return stuck;
    }
    let held_by: HashMap<ObjectSlot, &[ThreadSlot]> = snapshot
        .objects
        .iter()
        .map(|object| (object.index, object.held_by.as_slice()))
        .collect();
    loop {
        let before = stuck.len();
        for thread in &snapshot.threads {
            if let Some(waiting) = thread.waiting.filter(|waiting| !waiting.timed)
                && needs_one(snapshot, &held_by, &stuck, thread.index, &waiting)
            {
                stuck.insert(thread.index);
            }
        }
        if stuck.len() == before {
            return stuck;
        }
    }
}

/// Whether a wait can't end before one of `stuck` goes on.
fn needs_one(
    snapshot: &Snapshot,
    held_by: &HashMap<ObjectSlot, &[ThreadSlot]>,
    stuck: &BTreeSet<ThreadSlot>,
    waiter: ThreadSlot,
    waiting: &Waiting,
) -> bool {
    match waiting.kind {
        // A scope ends with its threads, which its owner has spawned.
        WaitKind::Join if waiting.target == WaitTarget::Nothing => {
            snapshot.threads.iter().any(|thread| {
                thread.parent == waiter && thread.joined && stuck.contains(&thread.index)
            })
        }
        WaitKind::Join => stuck.contains(&waiting.target.thread()),
        WaitKind::Lock => held_by
            .get(&waiting.target.object())
            .is_some_and(|holders| holders.iter().any(|holder| stuck.contains(holder))),
        _ => false,
    }
}

/// What happened after the proof, to be taken off.
#[derive(Default)]
struct After {
    /// Waits that went on at that moment.
    waiting: HashMap<ThreadSlot, Waiting>,
    /// Time waited later.
    waited: HashMap<(ThreadSlot, WaitKind), u64>,
    objects: HashMap<ObjectSlot, Later>,
}

/// What happened to an object after the proof.
#[derive(Default)]
struct Later {
    holders: Vec<ThreadSlot>,
    was_released: bool,
    held: u64,
    waited: u64,
    send_waited: u64,
    acquisitions: u64,
    reads: u64,
    contended: u64,
    waits: u64,
    tries: u64,
    sent: u64,
    received: u64,
    notifies: u64,
    unheard: u64,
    was_dropped: bool,
}

impl After {
    /// Whether the event, or its beginning, belongs to the cell before `end`.
    fn sort_out(&mut self, event: &Event, end: u64) -> bool {
        let began = event.start_ns < end;
        let later = event.end_ns.saturating_sub(event.start_ns.max(end));
        let times = u64::from(event.times);
        match event.action {
            Action::Wait {
                kind,
                target,
                shared_or_send,
                ..
            } => {
                let of_thread = self.waited.entry((event.thread, kind)).or_default();
                *of_thread = of_thread.saturating_add(later);
                self.wait(event, kind, target, shared_or_send, later, began);
                let goes_on = began && event.end_ns >= end;
                if goes_on {
                    let waiting = Waiting {
                        kind,
                        target,
                        shared_or_send,
                        timed: false,
                        at: event.at,
                        since_ns: event.start_ns,
                    };
                    self.waiting.insert(event.thread, waiting);
                }
                return began && !goes_on;
            }
            Action::Hold { object, shared } if event.end_ns >= end => {
                let it = self.objects.entry(object).or_default();
                it.held = it.held.saturating_add(later);
                it.was_released = true;
                if began {
                    it.holders.push(event.thread);
                } else {
                    it.acquisitions += times;
                    it.reads += if shared { times } else { 0 };
                }
            }
            Action::Send { object, .. } if !began => self.of(object).sent += times,
            Action::Receive { object, .. } if !began => self.of(object).received += times,
            Action::Notify { object, woken, .. } if !began => {
                let it = self.of(object);
                it.notifies += times;
                it.unheard += if woken == 0 { times } else { 0 };
            }
            Action::TryFailed { object } if !began => self.of(object).tries += 1,
            Action::Drop { object } if !began => self.of(object).was_dropped = true,
            _ => {}
        }
        began
    }

    /// What went on all the time from the proof on is in the totals, and in no event.
    fn add_ongoing(&mut self, snapshot: &Snapshot, end: u64) {
        let wall = snapshot.wall_ns;
        for object in &snapshot.objects {
            if let Some(since) = object.held_since_ns {
                let it = self.of(object.index);
                it.held = it.held.saturating_add(wall.saturating_sub(since.max(end)));
                it.acquisitions += u64::from(since >= end);
            }
        }
        for thread in snapshot.threads.iter().filter(|it| it.end_ns.is_none()) {
            let Some(waiting) = thread.waiting else {
                continue;
            };
            if let WaitTarget::Object(object) = waiting.target {
                let is_send = waiting.kind == WaitKind::Channel && waiting.shared_or_send;
                let it = self.of(object);
                let sum = match is_send {
                    true => &mut it.send_waited,
                    false => &mut it.waited,
                };
                let later = wall.saturating_sub(waiting.since_ns.max(end));
                *sum = sum.saturating_add(later);
            }
        }
    }

    fn of(&mut self, object: ObjectSlot) -> &mut Later {
        self.objects.entry(object).or_default()
    }

    /// Takes a wait's later part off what was waited for.
    fn wait(
        &mut self,
        event: &Event,
        kind: WaitKind,
        target: WaitTarget,
        sends: bool,
        later: u64,
        began: bool,
    ) {
        let WaitTarget::Object(object) = target else {
            return;
        };
        let is_send = kind == WaitKind::Channel && sends;
        let it = self.of(object);
        let sum = if is_send {
            &mut it.send_waited
        } else {
            &mut it.waited
        };
        *sum = sum.saturating_add(later);
        if !began {
            it.contended += u64::from(kind == WaitKind::Lock);
            it.waits += u64::from(!is_send) * u64::from(event.times);
        }
    }

    fn restore_thread(&self, thread: &mut Thread, end: u64, wall: u64) {
        if thread.end_ns.is_some_and(|at| at < end) {
            return;
        }
        let ongoing = thread.waiting.filter(|_| thread.end_ns.is_none());
        thread.end_ns = None;
        thread.cpu_ns = None;
        thread.state = ThreadState::Running;
        thread.waiting = None;
        for kind in WaitKind::ALL {
            let mut later = self
                .waited
                .get(&(thread.index, kind))
                .copied()
                .unwrap_or_default();
            if let Some(waiting) = ongoing.filter(|waiting| waiting.kind == kind) {
                later = later.saturating_add(wall.saturating_sub(waiting.since_ns.max(end)));
            }
            let blocked = &mut thread.blocked_ns[kind as usize];
            *blocked = blocked.saturating_sub(later);
        }
        let goes_on = ongoing.filter(|waiting| waiting.since_ns < end);
        if let Some(waiting) = self.waiting.get(&thread.index).copied().or(goes_on) {
            thread.state = ThreadState::Blocked;
            thread.waiting = Some(waiting);
        }
    }

    fn restore_object(&mut self, object: &mut Object, end: u64) {
        let later = self.objects.remove(&object.index).unwrap_or_default();
        let counters = &mut object.counters;
        let less = |of: &mut u64, by: u64| *of = of.saturating_sub(by);
        less(&mut counters.acquisitions, later.acquisitions);
        less(&mut counters.reads, later.reads);
        less(&mut counters.contended, later.contended);
        less(&mut counters.waits, later.waits);
        less(&mut counters.failed_tries, later.tries);
        less(&mut counters.sent, later.sent);
        less(&mut counters.received, later.received);
        if later.sent > 0 {
            counters.max_queued = counters.max_queued.min(counters.sent);
        }
        less(&mut counters.notifies, later.notifies);
        less(&mut counters.notifies_unheard, later.unheard);
        for (total, by) in [
            (&mut counters.hold_ns, later.held),
            (&mut counters.wait_ns, later.waited),
            (&mut counters.send_wait_ns, later.send_waited),
        ] {
            less(&mut total.total, by);
            total.max = total.max.min(total.total).min(end);
        }
        if later.was_dropped {
            counters.receiver_alive = true;
            (counters.lost, counters.refused) = (0, 0);
            counters.queued = counters.sent.saturating_sub(counters.received);
            object.dropped = false;
        }
        // Who unwinds with a lock in hand poisons it.
        object.poisoned &= !later.was_released;
        if object.held_since_ns.is_some_and(|since| since >= end) {
            (object.held_since_ns, object.held_by) = (None, Vec::new());
        }
        object.held_by.extend(later.holders);
        object.held_by.sort_unstable();
        object.held_by.dedup();
    }
}

/// Senders are dropped while a deadlock unwinds. Who waited for a message had one left, for else
/// `recv` would have returned.
fn keep_senders(cut: &mut Snapshot) {
    let receives = |it: &Waiting| it.kind == WaitKind::Channel && !it.shared_or_send;
    let waiting = cut.threads.iter().filter_map(|thread| thread.waiting);
    let channels: BTreeSet<ObjectSlot> = waiting
        .filter(receives)
        .map(|waiting| waiting.target.object())
        .collect();
    for object in &mut cut.objects {
        if channels.contains(&object.index) {
            object.counters.senders = object.counters.senders.max(1);
        }
    }
}

/// A thread of the proof waits, also where its events are lost.
fn set_waiting(threads: &mut [Thread], edge: &VerdictEdge, end: u64) {
    let waiter = threads
        .iter_mut()
        .find(|thread| thread.index == edge.waiter && thread.end_ns.is_none());
    if let Some(thread) = waiter.filter(|thread| thread.waiting.is_none()) {
        thread.state = ThreadState::Blocked;
        thread.waiting = Some(Waiting {
            since_ns: edge.waiting.since_ns.min(end),
            ..edge.waiting
        });
    }
}
