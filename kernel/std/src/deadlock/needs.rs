//! The edges of the wait-for graph: whom a thread waits for.

use real::prelude::rust_2024::*;
use real::sync::atomic::Ordering;

use record::ThreadSlot;
use record::layout::*;
use record::snapshot::{ObjectKind, WaitKind};

use super::look::{Seen, entries, entry, is_at_work, look, word};

/// Somebody whom a waiting thread needs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Need {
    pub(super) holder: ThreadSlot,
    /// Where the holder took the lock; 0 for other needs.
    pub(super) taken_at: u32,
}

/// A thread that waits, and whom it needs.
pub(super) type Edge = (Seen, Need);

/// Everybody whom `thread` waits for, all of whom have to act before it can go on.
pub(super) fn needs(layout: &Layout, thread: ThreadSlot) -> Vec<Need> {
    match waits_for_guard_that_may_move(layout, thread) {
        true => Vec::new(),
        false => seems_to_need(layout, thread),
    }
}

/// Whether `thread` waits for a lock of which nobody knows for certain who has it.
fn waits_for_guard_that_may_move(layout: &Layout, thread: ThreadSlot) -> bool {
    entry(layout, thread).is_some_and(|waiter| {
        word(&waiter.wait_kind) == WaitKind::Lock as u32
            && layout
                .objects
                .get(word(&waiter.wait_target) as usize)
                .is_some_and(|lock| lock.library().guards_may_move())
    })
}

/// The same, with who took a lock and may have given its guard away since.
pub(super) fn seems_to_need(layout: &Layout, thread: ThreadSlot) -> Vec<Need> {
    let Some(waiter) = entry(layout, thread) else {
        return Vec::new();
    };
    let (kind, target) = (word(&waiter.wait_kind), word(&waiter.wait_target));
    if kind == WaitKind::Join as u32 {
        return joins(layout, waiter, target);
    }
    if kind != WaitKind::Lock as u32 && kind != WaitKind::Once as u32 {
        return Vec::new();
    }
    let Some(lock) = layout.objects.get(target as usize).filter(|_| target != 0) else {
        return Vec::new();
    };
    let (owner, flags) = (lock.owner(), word(&waiter.wait_flags));
    if flags & WAIT_UPGRADE != 0 {
        return readers(layout, target);
    }
    // Readers come in beside who could become the writer, unless a writer waits already.
    let holder_lets_in = word(&lock.flags) & OBJECT_UPGRADABLE != 0
        && flags & WAIT_SHARED_OR_SEND != 0
        && flags & WAIT_UPGRADABLE == 0;
    if owner != NO_OWNER && !holder_lets_in {
        return Vec::from([Need {
            holder: ThreadSlot(owner),
            taken_at: word(&lock.place),
        }]);
    }
    if word(&lock.kind) != ObjectKind::RwLock as u32 {
        return Vec::new();
    }
    match flags & (WAIT_SHARED_OR_SEND | WAIT_BARGES) {
        0 => readers(layout, target),
        WAIT_SHARED_OR_SEND => waiting_writers(layout, target),
        _ => Vec::new(),
    }
}

fn joins(layout: &Layout, waiter: &ThreadEntry, target: u32) -> Vec<Need> {
    let need = |holder| Need {
        holder,
        taken_at: 0,
    };
    let scope = waiter.wait_scope.load(Ordering::SeqCst);
    if scope == 0 {
        return entry(layout, ThreadSlot(target))
            .filter(|entry| is_at_work(entry))
            .map(|_| need(ThreadSlot(target)))
            .into_iter()
            .collect();
    }
    entries(layout)
        .filter(|(_, entry)| is_at_work(entry) && entry.scope.load(Ordering::SeqCst) == scope)
        .map(|(index, _)| need(index))
        .collect()
}

fn readers(layout: &Layout, lock: u32) -> Vec<Need> {
    entries(layout)
        .filter(|(_, entry)| word(&entry.state) != THREAD_FREE)
        .filter_map(|(index, entry)| {
            let (_, taken_at) = layout.shared_holds(entry).find(|(held, _)| *held == lock)?;
            Some(Need {
                holder: index,
                taken_at,
            })
        })
        .collect()
}

/// A reader queues up behind writers that wait.
fn waiting_writers(layout: &Layout, lock: u32) -> Vec<Need> {
    entries(layout)
        .filter(|(index, entry)| {
            look(layout, *index).is_some()
                && word(&entry.wait_kind) == WaitKind::Lock as u32
                && word(&entry.wait_target) == lock
                && word(&entry.wait_flags) & WAIT_SHARED_OR_SEND == 0
        })
        .map(|(index, _)| Need {
            holder: index,
            taken_at: 0,
        })
        .collect()
}
