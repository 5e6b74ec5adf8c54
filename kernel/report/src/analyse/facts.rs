//! What every part of the report asks: the [`Lookup`], what the events say, and what gets a row.

use std::ops::Deref;

use record::snapshot::{ObjectKind, ObjectSlot, Thread, WaitKind, WaitTarget};

use super::lookup::Lookup;
use super::scan::Scan;
use crate::input::Input;
use crate::model::Ref;

/// The lookup, which it answers for, and what only the events tell.
pub(crate) struct Facts<'a> {
    lookup: Lookup<'a>,
    /// What one pass over the events found.
    pub(crate) scan: Scan,
    /// By object position: its row in the report.
    pub(crate) refs: Vec<Option<Ref>>,
}

/// The events are read with the help of the lookup, and whoever asks the facts asks it as well.
impl<'a> Deref for Facts<'a> {
    type Target = Lookup<'a>;

    fn deref(&self) -> &Lookup<'a> {
        &self.lookup
    }
}

impl<'a> Facts<'a> {
    /// Reads the events once and numbers everything.
    pub(crate) fn new(input: &Input<'a>) -> Facts<'a> {
        let lookup = Lookup::new(input);
        let scan = Scan::new(&lookup);
        let mut facts = Facts {
            lookup,
            scan,
            refs: Vec::new(),
        };
        facts.refs = facts.number_objects();
        facts
    }

    /// Objects get ids in order of creation, table by table. Those of dependencies get none,
    /// unless they held up one of the user's threads.
    fn number_objects(&self) -> Vec<Option<Ref>> {
        let mut order: Vec<usize> = (0..self.snapshot.objects.len()).collect();
        order.sort_by_key(|&position| {
            let object = &self.snapshot.objects[position];
            (object.order, object.index)
        });
        let mut refs = vec![None; order.len()];
        let mut next = [0; 6];
        for position in order {
            let object = &self.snapshot.objects[position];
            if object.index == ObjectSlot::NONE
                || self.is_folded(position)
                || self.is_left_alone(position)
            {
                continue;
            }
            let (table, make): (usize, fn(u32) -> Ref) = match object.kind {
                ObjectKind::Mutex
                | ObjectKind::RwLock
                | ObjectKind::TokioMutex
                | ObjectKind::TokioRwLock => (0, Ref::Lock),
                kind if kind.is_channel() => (1, Ref::Channel),
                ObjectKind::Condvar | ObjectKind::TokioNotify => (2, Ref::Condvar),
                ObjectKind::Barrier | ObjectKind::TokioBarrier => (3, Ref::Barrier),
                ObjectKind::Once | ObjectKind::OnceLock | ObjectKind::LazyLock => {
                    if object.counters.wait_ns.total == 0 && self.scan.user_waits[position] == 0 {
                        continue;
                    }
                    (4, Ref::Once)
                }
                ObjectKind::TokioSemaphore => (5, Ref::Semaphore),
                _ => continue,
            };
            next[table] += 1;
            refs[position] = Some(make(next[table]));
        }
        refs
    }

    /// Whether the object is a dependency's own business, or of what stands around the cell.
    pub(crate) fn is_folded(&self, position: usize) -> bool {
        let made_at = self.snapshot.objects[position].created_at;
        if self.context.around_cells.contains(&made_at) {
            return true;
        }
        if self.parks_for_tasks(position) {
            return true;
        }
        let is_foreign = self.dependency(made_at).is_some()
            || self.is_in_std(made_at) && !self.scan.used_by_user[position];
        is_foreign && self.scan.user_waits[position] <= (self.snapshot.wall_ns / 1000).max(10_000)
    }

    /// Whether it is that with which a runtime parks a thread that has no task to poll: who has
    /// called `block_on` waits for its tasks, which are told of.
    fn parks_for_tasks(&self, position: usize) -> bool {
        let object = &self.snapshot.objects[position];
        let made_by = self.dependency(object.created_at);
        object.kind == ObjectKind::Condvar
            && !self.snapshot.tasks.is_empty()
            && made_by.is_some_and(|it| it.split(' ').next() == Some("tokio"))
    }

    /// Whether it is an earlier cell's, and nobody who takes part in this one uses it or waits for
    /// it: a thread that sleeps through the cell may, as ever.
    fn is_left_alone(&self, position: usize) -> bool {
        let object = &self.snapshot.objects[position];
        let takes_part = |thread| self.thread_id(thread).is_some();
        let is_waited_for = |thread: &Thread| {
            takes_part(thread.index)
                && thread
                    .waiting
                    .is_some_and(|it| it.target.object() == object.index)
        };
        object.cell != self.snapshot.cell
            && !object.counters.tell_of_operations()
            && !object.held_by.iter().any(|thread| takes_part(*thread))
            && !self.snapshot.threads.iter().any(is_waited_for)
            && self.scan.user_waits[position] == 0
    }

    /// An object's row in the report.
    pub(crate) fn object_ref(&self, index: ObjectSlot) -> Option<Ref> {
        self.object_position(index)
            .and_then(|position| self.refs[position])
    }

    /// What a wait is for, as a reference.
    pub(crate) fn wait_ref(&self, kind: WaitKind, target: WaitTarget) -> Option<Ref> {
        match kind {
            WaitKind::Join if target == WaitTarget::Nothing => Some(Ref::Scope(0)),
            WaitKind::Join => self.thread_id(target.thread()).map(Ref::Thread),
            WaitKind::Park => Some(Ref::Park(0)),
            WaitKind::Sleep => Some(Ref::Sleep(0)),
            _ if self
                .object(target.object())
                .is_some_and(|object| object.kind == ObjectKind::Stdio) =>
            {
                Some(Ref::Stdio(0))
            }
            _ => self.object_ref(target.object()),
        }
    }
}
