//! The snapshot made easy to ask: ids of the report, names and places of things, in words.
//!
//! Everything here is by *slot*, the position in `snapshot.threads` or `snapshot.objects`; the
//! recording's indices are looked up once. An index that the snapshot does not explain has no slot,
//! and whatever refers to it is left out.

use std::collections::{BTreeSet, HashMap, HashSet};

use record::snapshot::{
    LocationIndex, Object, ObjectIndex, ObjectKind, Snapshot, Thread, ThreadIndex, WaitKind,
    Waiting,
};

use crate::model::{At, Ref};
use crate::names;
use crate::scan::Scan;
use crate::{Context, Input, Outcome, Place};

/// From the recording's indices to slots.
#[derive(Debug, Default)]
pub(crate) struct Slots {
    dense: Vec<u32>,
    sparse: HashMap<u32, u32>,
}

impl Slots {
    /// Indices beyond this are looked up in a map, so that one absurd index costs no gigabytes.
    const DENSE: u32 = 1 << 20;

    fn new(indices: impl Iterator<Item = u32>) -> Slots {
        let mut slots = Slots::default();
        for (slot, index) in indices.enumerate() {
            let slot = slot as u32 + 1;
            if index >= Self::DENSE {
                slots.sparse.insert(index, slot);
            } else if index > 0 {
                if slots.dense.len() <= index as usize {
                    slots.dense.resize(index as usize + 1, 0);
                }
                slots.dense[index as usize] = slot;
            }
        }
        slots
    }

    /// The slot of `index`.
    pub(crate) fn get(&self, index: u32) -> Option<usize> {
        let slot = if index < Self::DENSE {
            self.dense.get(index as usize).copied().unwrap_or(0)
        } else {
            self.sparse.get(&index).copied().unwrap_or(0)
        };
        (slot as usize).checked_sub(1)
    }
}

/// What every part of the report asks.
pub(crate) struct Facts<'a> {
    /// The recording.
    pub(crate) snapshot: &'a Snapshot,
    /// What the kernel knows.
    pub(crate) context: &'a Context,
    /// Whether the cell still runs.
    pub(crate) live: bool,
    /// Slots of threads.
    pub(crate) threads: Slots,
    /// Slots of objects.
    pub(crate) objects: Slots,
    /// By thread slot: its id in the report, 0 when it isn't in it.
    pub(crate) thread_ids: Vec<u32>,
    /// By thread slot: whether code of a dependency spawned it.
    pub(crate) foreign_code: Vec<bool>,
    /// By object slot: its row in the report.
    pub(crate) refs: Vec<Option<Ref>>,
    /// What one pass over the events found.
    pub(crate) scan: Scan,
}

impl<'a> Facts<'a> {
    /// Reads the events once and numbers everything.
    pub(crate) fn new(input: &Input<'a>) -> Facts<'a> {
        let Input { snapshot, context } = *input;
        let mut facts = Facts {
            snapshot,
            context,
            live: !snapshot.ended && context.outcome == Outcome::Ok,
            threads: Slots::new(snapshot.threads.iter().map(|thread| thread.index)),
            objects: Slots::new(snapshot.objects.iter().map(|object| object.index)),
            thread_ids: Vec::new(),
            foreign_code: Vec::new(),
            refs: vec![None; snapshot.objects.len()],
            scan: Scan::default(),
        };
        facts.foreign_code = snapshot
            .threads
            .iter()
            .map(|thread| matches!(facts.at(thread.spawned_at), Some(At::Dependency { .. })))
            .collect();
        facts.thread_ids = facts.number_threads();
        facts.scan = Scan::new(&facts);
        facts.refs = facts.number_objects();
        facts
    }

    /// The cell's own threads keep their ordinal; those of earlier cells that took part come after.
    fn number_threads(&self) -> Vec<u32> {
        let mut ids = vec![0; self.snapshot.threads.len()];
        let mut used = HashSet::new();
        let mut rest = BTreeSet::new();
        let involved: HashSet<ThreadIndex> = self
            .snapshot
            .verdicts
            .iter()
            .flat_map(|verdict| &verdict.edges)
            .flat_map(|edge| [edge.waiter, edge.holder])
            .chain(self.snapshot.panics.iter().map(|panic| panic.thread))
            .collect();
        for (slot, thread) in self.snapshot.threads.iter().enumerate() {
            if thread.index == 0 {
                continue;
            }
            let own = thread.cell == self.snapshot.cell;
            if own && (1..1 << 30).contains(&thread.ordinal) && used.insert(thread.ordinal) {
                ids[slot] = thread.ordinal;
            } else if own
                || thread.events_written > 0
                || thread.lines_printed > 0
                || involved.contains(&thread.index)
            {
                rest.insert((thread.cell, thread.ordinal, slot));
            }
        }
        let first = used.iter().max().copied().unwrap_or(0) + 1;
        for (id, (_, _, slot)) in (first..).zip(rest) {
            ids[slot] = id;
        }
        ids
    }

    /// Objects get ids in order of creation, table by table. Those of dependencies get none,
    /// unless they held up one of the user's threads.
    fn number_objects(&self) -> Vec<Option<Ref>> {
        let mut order: Vec<usize> = (0..self.snapshot.objects.len()).collect();
        order.sort_by_key(|&slot| {
            let object = &self.snapshot.objects[slot];
            (object.order, object.index)
        });
        let mut refs = vec![None; order.len()];
        let mut next = [0; 5];
        for slot in order {
            let object = &self.snapshot.objects[slot];
            if object.index == 0 || self.is_folded(slot) {
                continue;
            }
            let (table, make): (usize, fn(u32) -> Ref) = match object.kind {
                ObjectKind::Mutex | ObjectKind::RwLock => (0, Ref::Lock),
                ObjectKind::Channel | ObjectKind::SyncChannel => (1, Ref::Channel),
                ObjectKind::Condvar => (2, Ref::Condvar),
                ObjectKind::Barrier => (3, Ref::Barrier),
                ObjectKind::Once | ObjectKind::OnceLock | ObjectKind::LazyLock => {
                    if object.counters.wait_ns.total == 0 && self.scan.user_waits[slot] == 0 {
                        continue;
                    }
                    (4, Ref::Once)
                }
                ObjectKind::Stdio => continue,
            };
            next[table] += 1;
            refs[slot] = Some(make(next[table]));
        }
        refs
    }

    /// Whether the object is a dependency's own business.
    pub(crate) fn is_folded(&self, slot: usize) -> bool {
        let made_at = self.snapshot.objects[slot].created_at;
        let is_foreign = self.dependency(made_at).is_some()
            || self.is_in_std(made_at) && !self.scan.used_by_user[slot];
        is_foreign && self.scan.user_waits[slot] <= (self.snapshot.wall_ns / 1000).max(10_000)
    }

    /// The crate that a location lies in, when it is a dependency's.
    pub(crate) fn dependency(&self, location: LocationIndex) -> Option<&'a str> {
        match self.context.places.get(&location)? {
            Place::Dependency { krate, .. } if location != 0 && !is_std(krate) => Some(krate),
            _ => None,
        }
    }

    /// Whether a location lies in the standard library: `Arc::default()` makes a mutex there. It tells neither
    /// whose the object is nor anything to a reader.
    pub(crate) fn is_in_std(&self, location: LocationIndex) -> bool {
        matches!(self.context.places.get(&location), Some(Place::Dependency { krate, .. }) if is_std(krate))
    }

    /// The thread with this index.
    pub(crate) fn thread(&self, index: ThreadIndex) -> Option<&'a Thread> {
        self.threads
            .get(index)
            .map(|slot| &self.snapshot.threads[slot])
    }

    /// The object with this index.
    pub(crate) fn object(&self, index: ObjectIndex) -> Option<&'a Object> {
        self.objects
            .get(index)
            .map(|slot| &self.snapshot.objects[slot])
    }

    /// A thread's id in the report.
    pub(crate) fn thread_id(&self, index: ThreadIndex) -> Option<u32> {
        self.threads
            .get(index)
            .map(|slot| self.thread_ids[slot])
            .filter(|&id| id != 0)
    }

    /// An object's row in the report.
    pub(crate) fn object_ref(&self, index: ObjectIndex) -> Option<Ref> {
        self.objects.get(index).and_then(|slot| self.refs[slot])
    }

    /// A thread's short label: `T2`, or `T3 of [5]`.
    pub(crate) fn label(&self, index: ThreadIndex) -> String {
        match self.thread(index) {
            None => "a thread that is not recorded".to_owned(),
            Some(thread) if thread.cell == self.snapshot.cell => {
                format!("T{}", self.thread_id(index).unwrap_or(thread.ordinal))
            }
            Some(thread) => format!("T{} of [{}]", thread.ordinal, thread.cell),
        }
    }

    /// A thread as prose calls it: its name, `main`, or its label.
    pub(crate) fn who(&self, index: ThreadIndex) -> String {
        let thread = self.thread(index);
        match thread.and_then(|thread| names::name(thread.name.as_deref()?)) {
            Some(name) => names::in_prose(&name),
            None if thread.is_some_and(|thread| thread.is_main) => "main".to_owned(),
            None => self.label(index),
        }
    }

    /// A thread with label and name: `T2 worker-1`.
    pub(crate) fn full_label(&self, index: ThreadIndex) -> String {
        let (label, who) = (self.label(index), self.who(index));
        if label == who {
            label
        } else {
            format!("{label} {who}")
        }
    }

    /// An object's name in the source.
    pub(crate) fn source_name(&self, index: ObjectIndex) -> Option<String> {
        self.context
            .names
            .get(&index)
            .and_then(|name| names::name(name))
    }

    /// An object as prose calls it: `` `counter` ``, or `the Mutex of line 7`.
    pub(crate) fn what(&self, index: ObjectIndex) -> String {
        if let Some(name) = self.source_name(index) {
            return format!("`{}`", names::in_prose(&name));
        }
        let Some(object) = self.object(index) else {
            return "an unrecorded object".to_owned();
        };
        let kind = kind_words(object.kind);
        let number = match self.object_ref(index) {
            Some(Ref::Lock(id) | Ref::Channel(id) | Ref::Condvar(id) | Ref::Barrier(id)) => {
                format!(" {id}")
            }
            _ => String::new(),
        };
        match self.at(object.created_at) {
            Some(At::Dependency { krate, .. }) => format!("a {kind} of {krate}"),
            Some(at) => format!("{kind}{number} made at {}", self.at_words(&at)),
            None if object.kind == ObjectKind::Stdio => "the lock of stdout".to_owned(),
            None => format!("{kind}{number}"),
        }
    }

    /// A location as a place in cells or crates.
    pub(crate) fn at(&self, location: LocationIndex) -> Option<At> {
        if location == 0 {
            return None;
        }
        Some(match self.context.places.get(&location)? {
            &Place::Cell { cell, line, column } => At::Cell { cell, line, column },
            Place::Dependency { krate, .. } if is_std(krate) => return None,
            Place::Dependency {
                krate,
                file,
                line,
                column,
            } => At::Dependency {
                krate: names::clean(krate, 80),
                file: names::clean(file, 160),
                line: *line,
                column: *column,
            },
        })
    }

    /// A place in words: `line 7`, `[3] line 7`, `rayon-core 1.13.0 src/latch.rs:244`.
    pub(crate) fn at_words(&self, at: &At) -> String {
        at_words(at, self.context.cell)
    }

    /// ` at line 7`, or nothing for an unknown place.
    pub(crate) fn at_suffix(&self, location: LocationIndex) -> String {
        self.at(location)
            .map(|at| format!(" at {}", self.at_words(&at)))
            .unwrap_or_default()
    }

    /// The source line at a place.
    pub(crate) fn code(&self, at: &At) -> Option<String> {
        let At::Cell { cell, line, .. } = at else {
            return None;
        };
        let code = names::line(self.context.source_lines.get(&(*cell, *line))?);
        (!code.is_empty()).then_some(code)
    }

    /// Whether one of these methods is called at a place, as far as the cell's text tells.
    pub(crate) fn calls(&self, location: LocationIndex, methods: &[&str]) -> bool {
        let Some(At::Cell { cell, line, column }) = self.at(location) else {
            return false;
        };
        let text = self.context.source_lines.get(&(cell, line));
        let call = text.and_then(|text| {
            let (start, _) = text
                .char_indices()
                .nth((column as usize).saturating_sub(1))?;
            Some(&text[start..])
        });
        call.is_some_and(|call| methods.iter().any(|method| call.starts_with(method)))
    }

    /// The line of a place, when it lies in this cell.
    pub(crate) fn own_line(&self, location: LocationIndex) -> Option<u32> {
        match self.at(location)? {
            At::Cell { cell, line, .. } if cell == self.context.cell => Some(line),
            _ => None,
        }
    }

    /// What a wait is for, as a reference.
    pub(crate) fn wait_ref(&self, kind: WaitKind, target: u32) -> Option<Ref> {
        match kind {
            WaitKind::Join if target == 0 => Some(Ref::Scope(0)),
            WaitKind::Join => self.thread_id(target).map(Ref::Thread),
            WaitKind::Park => Some(Ref::Park(0)),
            WaitKind::Sleep => Some(Ref::Sleep(0)),
            _ if self
                .object(target)
                .is_some_and(|object| object.kind == ObjectKind::Stdio) =>
            {
                Some(Ref::Stdio(0))
            }
            _ => self.object_ref(target),
        }
    }

    /// Whether a channel hands messages from hand to hand.
    pub(crate) fn is_rendezvous(&self, channel: ObjectIndex) -> bool {
        self.object(channel)
            .is_some_and(|object| object.counters.capacity == Some(0))
    }

    /// What a sender waits for.
    pub(crate) fn room_words(&self, channel: ObjectIndex) -> String {
        let what = self.what(channel);
        if self.is_rendezvous(channel) {
            format!("the receiver of {what}")
        } else {
            format!("room in {what}")
        }
    }

    /// What a waiting thread does, third person: ``waits for `b` ``, `joins T3`.
    pub(crate) fn wait_words(&self, waiting: &Waiting) -> String {
        let what = || self.what(waiting.target);
        match waiting.kind {
            WaitKind::Lock => match (self.object(waiting.target), waiting.shared_or_send) {
                (Some(object), true) if object.kind == ObjectKind::RwLock => {
                    format!("waits to read {}", what())
                }
                (Some(object), false) if object.kind == ObjectKind::RwLock => {
                    format!("waits to write {}", what())
                }
                _ => format!("waits for {}", what()),
            },
            WaitKind::Channel if waiting.shared_or_send => {
                format!("waits for {}", self.room_words(waiting.target))
            }
            WaitKind::Channel => format!("waits for a message from {}", what()),
            WaitKind::Join if waiting.target == 0 => {
                "waits for the threads of its scope".to_owned()
            }
            WaitKind::Join => format!("joins {}", self.full_label(waiting.target)),
            WaitKind::Condvar => format!("waits to be notified on {}", what()),
            WaitKind::Barrier => format!("waits at {}", what()),
            WaitKind::Once => format!("waits for {} to be initialised", what()),
            WaitKind::Park => "is parked".to_owned(),
            WaitKind::Sleep => "sleeps".to_owned(),
        }
    }
}

/// Whether a crate is a part of the standard library.
fn is_std(krate: &str) -> bool {
    matches!(krate, "alloc" | "core" | "std")
}

/// A place in words, seen from `cell`.
pub(crate) fn at_words(at: &At, cell: u32) -> String {
    match at {
        At::Cell { cell: of, line, .. } if *of == cell => format!("line {line}"),
        At::Cell { cell: of, line, .. } => format!("[{of}] line {line}"),
        At::Dependency {
            krate, file, line, ..
        } => format!("{krate} {file}:{line}"),
    }
}

/// A kind of object in words.
pub(crate) fn kind_words(kind: ObjectKind) -> &'static str {
    match kind {
        ObjectKind::Mutex => "Mutex",
        ObjectKind::RwLock => "RwLock",
        ObjectKind::Channel => "channel",
        ObjectKind::SyncChannel => "sync_channel",
        ObjectKind::Condvar => "Condvar",
        ObjectKind::Barrier => "Barrier",
        ObjectKind::Once => "Once",
        ObjectKind::OnceLock => "OnceLock",
        ObjectKind::LazyLock => "LazyLock",
        ObjectKind::Stdio => "stdout",
    }
}
