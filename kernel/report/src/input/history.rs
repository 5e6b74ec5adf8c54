//! What a session remembers between cells: the orders in which locks were taken, by whom, and what
//! poisoned them.
//!
//! A deadlock needs two threads, but they need not be of one cell: cell 3 takes `a` then `b`, cell
//! 5 takes `b` then `a`. The kernel keeps one [`SessionHistory`] and hands it in with every report.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

use record::snapshot::ObjectSlot;

use crate::model::At;

/// Most orders kept a session, and most nestings of each.
const ORDERS: usize = 4096;
const NESTINGS: usize = 6;

/// Which lock, for the whole session. The recording's index is reused after the lock was dropped,
/// its rank by creation is not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct LockKey {
    pub(crate) index: ObjectSlot,
    pub(crate) order: u64,
}

/// Which thread, for the whole session: its cell and its number there. (An operating system's or a
/// recording's number is reused.)
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

/// One thread took the inner lock while it held the outer one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Nesting {
    pub(crate) thread: ThreadKey,
    pub(crate) label: String,
    pub(crate) cell: u32,
    pub(crate) outer_shared: bool,
    pub(crate) inner_shared: bool,
    pub(crate) outer_at: Option<At>,
    pub(crate) inner_at: Option<At>,
    /// When it took the inner lock, in ns since its cell began.
    pub(crate) inner_ns: u64,
    /// How many threads it had started or waited for by then: what stands between two such moments
    /// can be at the same time as other threads' doing.
    pub(crate) epoch: u32,
    /// Other locks it held when it took the outer one: they keep two nestings apart in time.
    pub(crate) gates: Vec<LockKey>,
}

impl Nesting {
    fn says_the_same(&self, other: &Nesting) -> bool {
        self.thread == other.thread
            && self.epoch == other.epoch
            && self.outer_shared == other.outer_shared
            && self.inner_shared == other.inner_shared
            && self.gates == other.gates
    }
}

/// Who nested two locks in one order. Bounded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Nestings(Vec<Nesting>);

impl Nestings {
    /// Whether no more are kept.
    pub(crate) fn is_full(&self) -> bool {
        self.0.len() >= NESTINGS
    }

    /// Those that are kept.
    pub(crate) fn iter(&self) -> std::slice::Iter<'_, Nesting> {
        self.0.iter()
    }

    /// Adds one, unless it says nothing new.
    pub(crate) fn add(&mut self, nesting: Nesting) {
        if !self.is_full() && !self.0.iter().any(|known| known.says_the_same(&nesting)) {
            self.0.push(nesting);
        }
    }
}

/// Orders of locks: (outer, inner) → who took them so. Bounded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Orders {
    pub(crate) pairs: BTreeMap<(LockKey, LockKey), Nestings>,
}

impl Orders {
    /// The nestings in this order so far, to add to; `None` when there is no room for another.
    pub(crate) fn nestings(&mut self, pair: (LockKey, LockKey)) -> Option<&mut Nestings> {
        let is_full = self.pairs.len() >= ORDERS;
        match self.pairs.entry(pair) {
            Entry::Vacant(_) if is_full => None,
            entry => Some(entry.or_default()),
        }
    }

    /// Whether this thread took locks in one of them.
    pub(crate) fn has(&self, thread: ThreadKey) -> bool {
        let mut nestings = self.pairs.values().flat_map(Nestings::iter);
        nestings.any(|nesting| nesting.thread == thread)
    }

    /// Adds another cell's orders.
    pub(crate) fn merge(&mut self, other: &Orders) {
        for (pair, nestings) in &other.pairs {
            let Some(known) = self.nestings(*pair) else {
                continue;
            };
            for nesting in nestings.iter() {
                known.add(nesting.clone());
            }
        }
    }
}

/// What poisoned a lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PoisonedBy {
    /// A thread panicked with it in hand.
    Panic,
    /// The person stopped the cell, and who held it was unwound.
    Stop,
    /// A deadlock was proved, and who held it was unwound.
    Deadlock,
    /// What is not recorded.
    Unknown,
}

/// What poisoned a lock, and in which cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Poison {
    pub(crate) cell: u32,
    pub(crate) by: PoisonedBy,
}

/// The poisoned locks of a session. Bounded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Poisons(BTreeMap<LockKey, Poison>);

impl Poisons {
    /// What has poisoned this lock, as far as earlier cells tell.
    pub(crate) fn of(&self, lock: LockKey) -> Option<Poison> {
        self.0.get(&lock).copied()
    }

    /// Notes that this cell left the lock poisoned, or not.
    pub(crate) fn note(&mut self, lock: LockKey, poison: Option<Poison>) {
        match poison {
            Some(poison) if self.0.len() < ORDERS => {
                self.0.entry(lock).or_insert(poison);
            }
            Some(_) => {}
            None => {
                self.0.remove(&lock);
            }
        }
    }
}

/// What earlier cells of a session have shown of locks. Bounded; cheap to clone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SessionHistory {
    pub(crate) orders: Orders,
    /// The threads in them that main has joined. They ended before whatever it does next.
    pub(crate) joined: BTreeSet<ThreadKey>,
    pub(crate) poisons: Poisons,
}
