//! What a session remembers between cells: the orders in which locks were taken.
//!
//! A deadlock needs two threads, but they need not be of one cell: cell 3 takes `a` then `b`, cell 5
//! takes `b` then `a`. The kernel keeps one [`SessionHistory`] and hands it in with every report.

use std::collections::BTreeMap;

use record::snapshot::{LocationIndex, ObjectIndex, ObjectKind, ThreadIndex};

use crate::Input;
use crate::facts::Facts;
use crate::model::At;

/// Most orders kept a session, and most instances of each.
const ORDERS: usize = 4096;
const INSTANCES: usize = 6;

/// Which lock, for the whole session: the recording's index is used again after the lock was dropped,
/// its rank by creation is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct LockKey {
    pub(crate) index: ObjectIndex,
    pub(crate) order: u64,
}

/// Which thread, for the whole session: its cell and its number there. (An operating system's or a
/// recording's number is used again.)
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ThreadKey {
    pub(crate) cell: u32,
    pub(crate) ordinal: u32,
    pub(crate) is_main: bool,
}

impl ThreadKey {
    /// Whether the two can't be at work at the same time: they are one, or both run the cells.
    pub(crate) fn same(&self, other: &ThreadKey) -> bool {
        (self.is_main && other.is_main) || self == other
    }
}

/// A lock that a thread holds, while the events are read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Held {
    pub(crate) object: ObjectIndex,
    pub(crate) shared: bool,
    pub(crate) at: LocationIndex,
    pub(crate) until: u64,
}

/// One thread took the inner lock while it held the outer one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Instance {
    pub(crate) thread: ThreadKey,
    pub(crate) label: String,
    pub(crate) cell: u32,
    pub(crate) outer_shared: bool,
    pub(crate) inner_shared: bool,
    pub(crate) outer_at: Option<At>,
    pub(crate) inner_at: Option<At>,
    /// Other locks it held when it took the outer one: they keep two instances apart in time.
    pub(crate) gates: Vec<LockKey>,
}

impl Instance {
    fn says_the_same(&self, other: &Instance) -> bool {
        self.thread == other.thread
            && self.outer_shared == other.outer_shared
            && self.inner_shared == other.inner_shared
            && self.gates == other.gates
    }
}

/// Orders of locks: (outer, inner) → who took them so. Bounded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Orders {
    pub(crate) pairs: BTreeMap<(LockKey, LockKey), Vec<Instance>>,
}

impl Orders {
    /// Notes that `thread` took `inner` while it held `held` (outermost first).
    pub(crate) fn add(
        &mut self,
        facts: &Facts<'_>,
        thread: ThreadIndex,
        held: &[Held],
        inner: Held,
    ) {
        let Some(inner_key) = lock_key(facts, inner.object) else {
            return;
        };
        for (position, outer) in held.iter().enumerate() {
            let Some(outer_key) = lock_key(facts, outer.object) else {
                continue;
            };
            if outer_key == inner_key {
                continue;
            }
            let full = self.pairs.len() >= ORDERS;
            let instances = match self.pairs.entry((outer_key, inner_key)) {
                std::collections::btree_map::Entry::Vacant(_) if full => continue,
                entry => entry.or_default(),
            };
            let key = thread_key(facts, thread);
            // The usual case, a loop: nothing new, and nothing to allocate.
            let known = |known: &Instance| {
                known.thread == key
                    && known.outer_shared == outer.shared
                    && known.inner_shared == inner.shared
                    && known.gates.len() == position
            };
            if instances.len() >= INSTANCES || (position == 0 && instances.iter().any(known)) {
                continue;
            }
            // Who only tries never waits, so no ring can be closed there.
            if facts.calls(inner.at, &["try_lock", "try_read", "try_write"]) {
                return;
            }
            let gates = held[..position]
                .iter()
                .filter_map(|gate| lock_key(facts, gate.object));
            let instance = Instance {
                thread: key,
                label: facts.full_label(thread),
                cell: facts.snapshot.cell,
                outer_shared: outer.shared,
                inner_shared: inner.shared,
                outer_at: facts.at(outer.at),
                inner_at: facts.at(inner.at),
                gates: gates.collect(),
            };
            if !instances.iter().any(|known| known.says_the_same(&instance)) {
                instances.push(instance);
            }
        }
    }

    /// Adds another cell's orders.
    pub(crate) fn merge(&mut self, other: &Orders) {
        for (pair, instances) in &other.pairs {
            if self.pairs.len() >= ORDERS && !self.pairs.contains_key(pair) {
                continue;
            }
            let known = self.pairs.entry(*pair).or_default();
            for instance in instances {
                let is_new = !known.iter().any(|known| known.says_the_same(instance));
                if is_new && known.len() < INSTANCES {
                    known.push(instance.clone());
                }
            }
        }
    }
}

/// The session's key of a lock; `None` for what isn't a mutex or reader–writer lock of the user's.
fn lock_key(facts: &Facts<'_>, index: ObjectIndex) -> Option<LockKey> {
    let object = facts.object(index)?;
    let is_lock = matches!(object.kind, ObjectKind::Mutex | ObjectKind::RwLock);
    (is_lock && facts.dependency(object.created_at).is_none()).then_some(LockKey {
        index,
        order: object.order,
    })
}

fn thread_key(facts: &Facts<'_>, index: ThreadIndex) -> ThreadKey {
    facts.thread(index).map_or(
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

/// Lock orders seen in earlier cells of a session. Bounded; cheap to clone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionHistory {
    pub(crate) orders: Orders,
}

impl SessionHistory {
    /// Adds what this cell has shown. Call it once a cell, after the cell's last report was built.
    pub fn learn(&mut self, input: &Input<'_>) {
        self.orders.merge(&Facts::new(input).scan.orders);
    }
}
