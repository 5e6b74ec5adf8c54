//! What goes on beside the cell: objects that only threads of earlier cells use meanwhile.

use std::collections::BTreeSet;

use record::snapshot::{Action, ObjectSlot, ThreadSlot};

use super::facts::Facts;

/// Objects of earlier cells that neither main nor a thread of this cell has used or waited for. The
/// tables list them; they are no part of what the cell did. None where events are missing.
pub(super) fn background(facts: &Facts<'_>) -> BTreeSet<ObjectSlot> {
    let snapshot = facts.snapshot;
    let earlier = snapshot.objects.iter();
    let earlier = earlier.filter(|object| object.cell != snapshot.cell);
    let mut found: BTreeSet<ObjectSlot> = earlier.map(|object| object.index).collect();
    if found.is_empty() || !snapshot.gaps.is_empty() {
        return BTreeSet::new();
    }
    let is_own = |thread: ThreadSlot| {
        let thread = facts.thread(thread);
        thread.is_some_and(|it| it.is_main || it.cell == snapshot.cell)
    };
    for event in &snapshot.events {
        let object = match event.action {
            Action::Hold { object, .. }
            | Action::Send { object, .. }
            | Action::Receive { object, .. }
            | Action::Notify { object, .. }
            | Action::TryFailed { object } => object,
            Action::Wait { target, .. } => target.object(),
            _ => continue,
        };
        if found.contains(&object) && is_own(event.thread) {
            found.remove(&object);
        }
    }
    for thread in snapshot.threads.iter().filter(|it| is_own(it.index)) {
        if let Some(waiting) = thread.waiting {
            found.remove(&waiting.target.object());
        }
    }
    found
}
