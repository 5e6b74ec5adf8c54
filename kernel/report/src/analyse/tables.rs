//! The rows of the report's tables.

use std::collections::BTreeSet;

use record::snapshot::{
    Action, Library, Object, ObjectKind, ObjectSlot, Thread, ThreadState, Total, WaitKind,
};

use super::facts::Facts;
use crate::input::Outcome;
use crate::model::{
    BarrierRow, Between, BetweenChannel, BetweenLock, Blocked, ChannelKind, ChannelRow, CondvarRow,
    InitialiserKind, InitialiserRow, LockKind, LockRow, Ref, SemaphoreRow, SignalKind, Sum,
    ThreadRow, ThreadStatus,
};
use crate::words::names;

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
    for (position, thread) in snapshot.threads.iter().enumerate() {
        let id = facts.thread_ids[position];
        if id == 0 {
            continue;
        }
        let waiting = thread
            .waiting
            .filter(|_| thread.state == ThreadState::Blocked);
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
            blocked_ns: blocked(thread),
            state: status(facts, thread),
            waiting_for: waiting.and_then(|waiting| facts.wait_ref(waiting.kind, waiting.target)),
            waiting_at: waiting.and_then(|waiting| facts.at(waiting.at)),
            waiting_since_ns: waiting.map(|waiting| waiting.since_ns),
            for_ever: facts.for_ever.contains(&thread.index),
            lines_printed: thread.lines_printed,
        });
    }
    rows.sort_by_key(|row| row.id);
    rows
}

/// The time a thread waited, by what for.
fn blocked(thread: &Thread) -> Blocked {
    let of = |kind: WaitKind| thread.blocked_ns[kind as usize];
    Blocked {
        lock: of(WaitKind::Lock),
        channel: of(WaitKind::Channel),
        join: of(WaitKind::Join),
        condvar: of(WaitKind::Condvar),
        barrier: of(WaitKind::Barrier),
        once: of(WaitKind::Once),
        park: of(WaitKind::Park),
        sleep: of(WaitKind::Sleep),
    }
}

fn status(facts: &Facts<'_>, thread: &Thread) -> ThreadStatus {
    let panics = &facts.snapshot.panics;
    let was_stopped = matches!(facts.context.outcome, Outcome::Interrupted);
    match thread.state {
        ThreadState::Running => ThreadStatus::Running,
        ThreadState::Blocked => ThreadStatus::Blocked,
        ThreadState::Finished => ThreadStatus::Finished,
        // The stop unwinds threads without a panic.
        ThreadState::Panicked
            if was_stopped && !panics.iter().any(|it| it.thread == thread.index) =>
        {
            ThreadStatus::Stopped
        }
        ThreadState::Panicked => ThreadStatus::Panicked,
    }
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
    let id = |it| match it {
        Ref::Lock(id) => Some(id),
        _ => None,
    };
    // What began before the cell is cut there; events are sorted by their beginning.
    let cut = facts
        .snapshot
        .events
        .iter()
        .take_while(|event| event.start_ns == 0);
    let held_before: BTreeSet<ObjectSlot> = cut
        .filter_map(|event| match event.action {
            Action::Hold { object, .. } => Some(object),
            _ => None,
        })
        .collect();
    rows(facts, id, |id, object| {
        let counters = &object.counters;
        let is_rw = matches!(object.kind, ObjectKind::RwLock | ObjectKind::TokioRwLock);
        LockRow {
            id,
            letter: names::letter(id as usize - 1),
            kind: lock_kind(object),
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
            held_before: held_before.contains(&object.index),
            poisoned: object.poisoned,
            held_by: object
                .held_by
                .iter()
                .filter_map(|&thread| facts.thread_id(thread))
                .take(64)
                .collect(),
            held_by_task: facts.task_id(object.held_by_task),
        }
    })
}

fn lock_kind(object: &Object) -> LockKind {
    match (object.kind, object.library) {
        (ObjectKind::TokioMutex, _) => LockKind::TokioMutex,
        (ObjectKind::TokioRwLock, _) => LockKind::TokioRwLock,
        (ObjectKind::RwLock, Library::ParkingLot) => LockKind::ParkingLotRwLock,
        (_, Library::DashMap) => LockKind::DashMapShard,
        (ObjectKind::RwLock, _) => LockKind::RwLock,
        (_, Library::ParkingLot) => LockKind::ParkingLotMutex,
        _ => LockKind::Mutex,
    }
}

fn channel_kind(library: Library, is_bounded: bool) -> ChannelKind {
    match (library, is_bounded) {
        (Library::CrossbeamChannel, false) => ChannelKind::CrossbeamUnbounded,
        (Library::CrossbeamChannel, true) => ChannelKind::CrossbeamBounded,
        (Library::Flume, false) => ChannelKind::FlumeUnbounded,
        (Library::Flume, true) => ChannelKind::FlumeBounded,
        (Library::AsyncChannel, false) => ChannelKind::AsyncUnbounded,
        (Library::AsyncChannel, true) => ChannelKind::AsyncBounded,
        (_, false) => ChannelKind::Channel,
        (_, true) => ChannelKind::SyncChannel,
    }
}

/// Channels.
pub(crate) fn channels(facts: &Facts<'_>) -> Vec<ChannelRow> {
    let id = |it| match it {
        Ref::Channel(id) => Some(id),
        _ => None,
    };
    rows(facts, id, |id, object| {
        let counters = &object.counters;
        let has_bound = matches!(
            object.kind,
            ObjectKind::SyncChannel
                | ObjectKind::TokioChannel
                | ObjectKind::TokioOneshot
                | ObjectKind::TokioBroadcast
        );
        ChannelRow {
            id,
            kind: match object.kind {
                ObjectKind::TokioChannel => ChannelKind::TokioChannel,
                ObjectKind::TokioUnboundedChannel => ChannelKind::TokioUnboundedChannel,
                ObjectKind::TokioOneshot => ChannelKind::TokioOneshot,
                ObjectKind::TokioBroadcast => ChannelKind::TokioBroadcast,
                ObjectKind::TokioWatch => ChannelKind::TokioWatch,
                kind => channel_kind(object.library, kind == ObjectKind::SyncChannel),
            },
            capacity: counters.capacity.filter(|_| has_bound),
            name: facts.source_name(object.index),
            type_name: names::short_type(&object.type_name),
            created_at: facts.at(object.created_at),
            sent: counters.sent,
            received: counters.received,
            queued: counters.queued,
            max_queued: counters.max_queued,
            lost: counters.lost,
            refused: counters.refused.min(counters.lost),
            senders: counters.senders,
            receiver_alive: counters.receiver_alive,
            send_wait_ns: counters.send_wait_ns.into(),
            recv_wait_ns: counters.wait_ns.into(),
        }
    })
}

/// Condition variables.
pub(crate) fn condvars(facts: &Facts<'_>) -> Vec<CondvarRow> {
    let id = |it| match it {
        Ref::Condvar(id) => Some(id),
        _ => None,
    };
    rows(facts, id, |id, object| CondvarRow {
        id,
        kind: signal_kind(object.kind),
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
    let id = |it| match it {
        Ref::Barrier(id) => Some(id),
        _ => None,
    };
    rows(facts, id, |id, object| BarrierRow {
        id,
        kind: signal_kind(object.kind),
        name: facts.source_name(object.index),
        created_at: facts.at(object.created_at),
        size: object.counters.capacity,
        generations: object.counters.generations,
        waits: object.counters.waits,
        wait_ns: object.counters.wait_ns.into(),
    })
}

/// Semaphores.
pub(crate) fn semaphores(facts: &Facts<'_>) -> Vec<SemaphoreRow> {
    let id = |it| match it {
        Ref::Semaphore(id) => Some(id),
        _ => None,
    };
    rows(facts, id, |id, object| SemaphoreRow {
        id,
        kind: signal_kind(object.kind),
        name: facts.source_name(object.index),
        created_at: facts.at(object.created_at),
        permits: object.counters.capacity,
        acquisitions: object.counters.acquisitions,
        contended: object.counters.contended,
        failed_tries: object.counters.failed_tries,
        wait_ns: object.counters.wait_ns.into(),
    })
}

fn signal_kind(kind: ObjectKind) -> SignalKind {
    match kind {
        ObjectKind::TokioNotify => SignalKind::TokioNotify,
        ObjectKind::TokioBarrier => SignalKind::TokioBarrier,
        ObjectKind::TokioSemaphore => SignalKind::TokioSemaphore,
        _ => SignalKind::Standard,
    }
}

/// Initialisers for which a thread had to wait.
pub(crate) fn initialisers(facts: &Facts<'_>) -> Vec<InitialiserRow> {
    let id = |it| match it {
        Ref::Once(id) => Some(id),
        _ => None,
    };
    rows(facts, id, |id, object| InitialiserRow {
        id,
        kind: match object.kind {
            ObjectKind::LazyLock => InitialiserKind::LazyLock,
            ObjectKind::OnceLock => InitialiserKind::OnceLock,
            _ => InitialiserKind::Once,
        },
        name: facts.source_name(object.index),
        created_at: facts.at(object.created_at),
        initialisations: object.counters.acquisitions,
        wait_ns: object.counters.wait_ns.into(),
    })
}

/// What was done with this cell's locks and channels before it began.
pub(crate) fn between(facts: &Facts<'_>) -> Option<Between> {
    // The one before may not have compiled.
    let since_cell = match facts.snapshot.since_cell {
        0 => facts.context.cell.saturating_sub(1),
        cell => cell,
    };
    let mut between = Between {
        since_cell,
        ..Between::default()
    };
    for it in &facts.snapshot.between {
        match facts.object_ref(it.object) {
            Some(Ref::Lock(lock)) => between.locks.push(BetweenLock {
                lock,
                acquisitions: it.acquisitions,
            }),
            Some(Ref::Channel(channel)) => between.channels.push(BetweenChannel {
                channel,
                sent: it.sent,
                received: it.received,
            }),
            _ => {}
        }
    }
    between.locks.sort_by_key(|row| row.lock);
    between.channels.sort_by_key(|row| row.channel);
    let is_empty = between.locks.is_empty() && between.channels.is_empty();
    (!is_empty).then_some(between)
}
