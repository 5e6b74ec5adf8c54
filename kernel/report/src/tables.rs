//! The rows of the report's tables.

use std::collections::{BTreeMap, BTreeSet};

use record::snapshot::{Object, ObjectKind, ThreadState, Total};

use crate::facts::Facts;
use crate::model::{
    BarrierRow, Blocked, ChannelRow, CondvarRow, DependencyRow, InitialiserRow, LockRow, Ref,
    StateName, Sum, ThreadRow,
};
use crate::names;

impl From<Total> for Sum {
    fn from(total: Total) -> Sum {
        Sum {
            total: total.total,
            max: total.max,
        }
    }
}

/// All threads that take part, by id.
pub(crate) fn threads(facts: &Facts<'_>) -> Vec<ThreadRow> {
    let snapshot = facts.snapshot;
    let mut rows: Vec<ThreadRow> = Vec::new();
    for (slot, thread) in snapshot.threads.iter().enumerate() {
        let id = facts.thread_ids[slot];
        if id == 0 {
            continue;
        }
        let waiting = thread
            .waiting
            .filter(|_| thread.state == ThreadState::Blocked);
        let blocked = thread.blocked_ns;
        let own = thread.cell == snapshot.cell;
        rows.push(ThreadRow {
            id,
            label: facts.label(thread.index),
            name: thread.name.as_deref().and_then(names::name),
            os_tid: Some(thread.os_tid).filter(|&tid| tid != 0),
            is_main: thread.is_main,
            foreign: thread.is_foreign,
            of_cell: (!own).then_some(thread.cell),
            spawned_at: facts.at(thread.spawned_at),
            spawned_by: facts.thread_id(thread.parent),
            start_ns: thread.start_ns,
            end_ns: thread.end_ns,
            cpu_ns: thread.cpu_ns,
            blocked_ns: Blocked {
                lock: blocked[0],
                channel: blocked[1],
                join: blocked[2],
                condvar: blocked[3],
                barrier: blocked[4],
                once: blocked[5],
                park: blocked[6],
                sleep: blocked[7],
            },
            state: match thread.state {
                ThreadState::Running => StateName::Running,
                ThreadState::Blocked => StateName::Blocked,
                ThreadState::Finished => StateName::Finished,
                ThreadState::Panicked => StateName::Panicked,
            },
            waiting_for: waiting.and_then(|waiting| facts.wait_ref(waiting.kind, waiting.target)),
            waiting_at: waiting.and_then(|waiting| facts.at(waiting.at)),
            waiting_since_ns: waiting.map(|waiting| waiting.since_ns),
            lines_printed: thread.lines_printed,
        });
    }
    rows.sort_by_key(|row| row.id);
    rows
}

/// The objects of one table, by id.
fn rows<'a, T>(
    facts: &Facts<'a>,
    id: impl Fn(Ref) -> Option<u32>,
    row: impl Fn(u32, &'a Object) -> T,
) -> Vec<T> {
    let mut rows: Vec<(u32, &Object)> = facts
        .snapshot
        .objects
        .iter()
        .zip(&facts.refs)
        .filter_map(|(object, reference)| Some((id((*reference)?)?, object)))
        .collect();
    rows.sort_by_key(|(id, _)| *id);
    rows.into_iter()
        .map(|(id, object)| row(id, object))
        .collect()
}

/// Mutexes and reader–writer locks.
pub(crate) fn locks(facts: &Facts<'_>) -> Vec<LockRow> {
    let id = |reference| {
        if let Ref::Lock(id) = reference {
            Some(id)
        } else {
            None
        }
    };
    rows(facts, id, |id, object| {
        let counters = &object.counters;
        let is_rw = object.kind == ObjectKind::RwLock;
        LockRow {
            id,
            letter: names::letter(id as usize - 1),
            kind: if is_rw { "RwLock" } else { "Mutex" },
            name: facts.source_name(object.index),
            type_name: names::short_type(&object.type_name),
            created_at: facts.at(object.created_at),
            acquisitions: counters.acquisitions,
            reads: is_rw.then_some(counters.reads),
            writes: is_rw.then_some(counters.acquisitions.saturating_sub(counters.reads)),
            contended: counters.contended,
            failed_tries: counters.failed_tries,
            wait_ns: counters.wait_ns.into(),
            hold_ns: counters.hold_ns.into(),
            poisoned: object.poisoned,
            held_by: object
                .held_by
                .iter()
                .filter_map(|&thread| facts.thread_id(thread))
                .take(64)
                .collect(),
        }
    })
}

/// Channels.
pub(crate) fn channels(facts: &Facts<'_>) -> Vec<ChannelRow> {
    let id = |reference| {
        if let Ref::Channel(id) = reference {
            Some(id)
        } else {
            None
        }
    };
    rows(facts, id, |id, object| {
        let counters = &object.counters;
        let is_sync = object.kind == ObjectKind::SyncChannel;
        ChannelRow {
            id,
            kind: if is_sync { "sync_channel" } else { "channel" },
            capacity: counters.capacity.filter(|_| is_sync),
            name: facts.source_name(object.index),
            type_name: names::short_type(&object.type_name),
            created_at: facts.at(object.created_at),
            sent: counters.sent,
            received: counters.received,
            queued: counters.queued,
            max_queued: counters.max_queued,
            lost: counters.lost,
            senders: counters.senders,
            receiver_alive: counters.receiver_alive,
            send_wait_ns: counters.send_wait_ns.into(),
            recv_wait_ns: counters.wait_ns.into(),
        }
    })
}

/// Condition variables.
pub(crate) fn condvars(facts: &Facts<'_>) -> Vec<CondvarRow> {
    let id = |reference| {
        if let Ref::Condvar(id) = reference {
            Some(id)
        } else {
            None
        }
    };
    rows(facts, id, |id, object| CondvarRow {
        id,
        name: facts.source_name(object.index),
        created_at: facts.at(object.created_at),
        waits: object.counters.waits,
        notifies: object.counters.notifies,
        notifies_unheard: object.counters.notifies_unheard,
        wait_ns: object.counters.wait_ns.into(),
    })
}

/// Barriers.
pub(crate) fn barriers(facts: &Facts<'_>) -> Vec<BarrierRow> {
    let id = |reference| {
        if let Ref::Barrier(id) = reference {
            Some(id)
        } else {
            None
        }
    };
    rows(facts, id, |id, object| BarrierRow {
        id,
        name: facts.source_name(object.index),
        created_at: facts.at(object.created_at),
        size: object.counters.capacity,
        generations: object.counters.generations,
        waits: object.counters.waits,
        wait_ns: object.counters.wait_ns.into(),
    })
}

/// Initialisers for which a thread had to wait.
pub(crate) fn initialisers(facts: &Facts<'_>) -> Vec<InitialiserRow> {
    let id = |reference| {
        if let Ref::Once(id) = reference {
            Some(id)
        } else {
            None
        }
    };
    rows(facts, id, |id, object| InitialiserRow {
        id,
        kind: crate::facts::kind_words(object.kind),
        name: facts.source_name(object.index),
        created_at: facts.at(object.created_at),
        initialisations: object.counters.acquisitions,
        wait_ns: object.counters.wait_ns.into(),
    })
}

/// What dependencies made, a line a crate, by name.
pub(crate) fn dependencies(facts: &Facts<'_>) -> Vec<DependencyRow> {
    let mut crates: BTreeMap<&str, DependencyRow> = BTreeMap::new();
    fn row<'m, 'k>(
        crates: &'m mut BTreeMap<&'k str, DependencyRow>,
        krate: &'k str,
    ) -> &'m mut DependencyRow {
        crates.entry(krate).or_insert_with(|| DependencyRow {
            krate: names::clean(krate, 80),
            threads: 0,
            locks: 0,
            channels: 0,
            wait_ns: 0,
        })
    }
    for (thread, &id) in facts.snapshot.threads.iter().zip(&facts.thread_ids) {
        if let Some(krate) = facts.dependency(thread.spawned_at).filter(|_| id != 0) {
            row(&mut crates, krate).threads += 1;
        }
    }
    let mut kept_users_waiting: BTreeSet<&str> = BTreeSet::new();
    for (slot, object) in facts.snapshot.objects.iter().enumerate() {
        let Some(krate) = facts.dependency(object.created_at) else {
            continue;
        };
        if facts.scan.user_waits[slot] > 0 {
            kept_users_waiting.insert(krate);
        }
        let row = row(&mut crates, krate);
        match object.kind {
            ObjectKind::Mutex | ObjectKind::RwLock => row.locks += 1,
            ObjectKind::Channel | ObjectKind::SyncChannel => row.channels += 1,
            _ => {}
        }
        let waited = [
            object.counters.wait_ns.total,
            object.counters.send_wait_ns.total,
        ];
        row.wait_ns = waited.into_iter().fold(row.wait_ns, u64::saturating_add);
    }
    // What made only initialisers, or whose pool slept through the cell, isn't worth a line.
    let says_something = |krate: &str, row: &DependencyRow| {
        row.threads > 0 || row.locks > 0 || row.channels > 0 || kept_users_waiting.contains(krate)
    };
    crates
        .into_iter()
        .filter(|(krate, row)| says_something(krate, row))
        .map(|(_, row)| row)
        .collect()
}

/// Keeps the `most` rows that are worth most, in their order. Returns how many went.
pub(crate) fn cut_by<T, K: Ord>(rows: &mut Vec<T>, most: usize, worth: impl Fn(&T) -> K) -> u64 {
    if rows.len() <= most {
        return 0;
    }
    let mut ranked: Vec<usize> = (0..rows.len()).collect();
    ranked.sort_by_key(|&position| (std::cmp::Reverse(worth(&rows[position])), position));
    let mut keep = vec![false; rows.len()];
    for &position in &ranked[..most] {
        keep[position] = true;
    }
    let mut position = 0;
    rows.retain(|_| {
        position += 1;
        keep[position - 1]
    });
    (ranked.len() - most) as u64
}

/// Cuts threads: the main thread, the unfinished and the panicked stay longest.
pub(crate) fn cut_threads(rows: &mut Vec<ThreadRow>, most: usize) -> u64 {
    cut_by(rows, most, |row| {
        let blocked = &row.blocked_ns;
        let waited = blocked
            .lock
            .saturating_add(blocked.channel)
            .saturating_add(blocked.condvar);
        (row.is_main, row.state != StateName::Finished, waited)
    })
}
