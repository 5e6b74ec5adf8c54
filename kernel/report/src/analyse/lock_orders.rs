//! In which orders a cell's threads took locks.

use record::snapshot::{LocationSlot, ObjectKind, ObjectSlot, ThreadSlot};

use super::lookup::Lookup;
use crate::input::{LockKey, Nesting, Orders, ThreadKey};

/// A lock that a thread holds, while the events are read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Held {
    pub(crate) object: ObjectSlot,
    pub(crate) shared: bool,
    pub(crate) at: LocationSlot,
    /// When it was taken, in ns.
    pub(crate) since: u64,
    pub(crate) until: u64,
}

/// Notes that `thread` took `inner` while it held `held` (outermost first), after so many starts
/// and joins of threads of its own.
pub(super) fn note(
    orders: &mut Orders,
    lookup: &Lookup<'_>,
    (thread, epoch): (ThreadSlot, u32),
    held: &[Held],
    inner: Held,
) {
    let Some(inner_key) = lock_key(lookup, inner.object) else {
        return;
    };
    for (position, outer) in held.iter().enumerate() {
        let Some(outer_key) = lock_key(lookup, outer.object) else {
            continue;
        };
        if outer_key == inner_key {
            continue;
        }
        let Some(nestings) = orders.nestings((outer_key, inner_key)) else {
            continue;
        };
        let key = thread_key(lookup, thread);
        // The usual case, a loop: nothing new, and nothing to allocate.
        let known = |known: &Nesting| {
            known.thread == key
                && known.epoch == epoch
                && known.outer_shared == outer.shared
                && known.inner_shared == inner.shared
                && known.gates.len() == position
        };
        if nestings.is_full() || (position == 0 && nestings.iter().any(known)) {
            continue;
        }
        // Who only tries never waits, so no ring can be closed there.
        if lookup.calls(inner.at, &["try_lock", "try_read", "try_write"]) {
            return;
        }
        let gates = held[..position]
            .iter()
            .filter_map(|gate| lock_key(lookup, gate.object));
        let nesting = Nesting {
            thread: key,
            label: lookup.full_label(thread),
            cell: lookup.snapshot.cell,
            outer_shared: outer.shared,
            inner_shared: inner.shared,
            outer_at: lookup.at(outer.at),
            inner_at: lookup.at(inner.at),
            inner_ns: inner.since,
            epoch,
            gates: gates.collect(),
        };
        nestings.add(nesting);
    }
}

/// The session's key of a lock; `None` for what isn't a mutex or reader–writer lock of the user's.
fn lock_key(lookup: &Lookup<'_>, index: ObjectSlot) -> Option<LockKey> {
    let object = lookup.object(index)?;
    let is_lock = matches!(object.kind, ObjectKind::Mutex | ObjectKind::RwLock);
    (is_lock && lookup.dependency(object.created_at).is_none()).then_some(LockKey {
        index,
        order: object.order,
    })
}

/// The session's key of a thread.
pub(crate) fn thread_key(lookup: &Lookup<'_>, index: ThreadSlot) -> ThreadKey {
    lookup.thread(index).map_or(
        ThreadKey {
            cell: 0,
            ordinal: 0,
            is_main: false,
        },
        |thread| ThreadKey {
            cell: thread.cell,
            ordinal: thread.ordinal,
            is_main: thread.is_main,
        },
    )
}
