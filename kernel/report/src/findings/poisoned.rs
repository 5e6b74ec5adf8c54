//! A lock that a panic has poisoned, and which panic it was.
//!
//! Asks for a lock that is poisoned now; told as the cause when a thread that panicked in this cell
//! held it then, and as a note when it was poisoned before.

use record::snapshot::{Action, Object, ObjectKind, Panic};

use super::shared::took_its_course;
use crate::analyse::Facts;
use crate::model::{Finding, FindingKind, Severity};
use crate::words::names;

/// A finding for each poisoned lock.
pub(super) fn check(facts: &Facts<'_>) -> Vec<Finding> {
    if !took_its_course(facts) {
        return Vec::new();
    }
    let locks = facts.snapshot.objects.iter().filter(|object| {
        object.poisoned
            && matches!(object.kind, ObjectKind::Mutex | ObjectKind::RwLock)
            && facts.object_ref(object.index).is_some()
    });
    locks.take(5).map(|object| finding(facts, object)).collect()
}

/// The panic during which this lock was given back.
fn cause<'a>(facts: &Facts<'a>, object: &Object) -> Option<&'a Panic> {
    if facts.snapshot.panics.is_empty() {
        return None;
    }
    let holds = facts.snapshot.events.iter().filter(|event| {
        matches!(event.action, Action::Hold { object: held, shared: false } if held == object.index)
    });
    holds
        .filter_map(|hold| {
            facts.snapshot.panics.iter().find(|panic| {
                panic.thread == hold.thread && (hold.start_ns..=hold.end_ns).contains(&panic.at_ns)
            })
        })
        .min_by_key(|panic| panic.at_ns)
}

fn finding(facts: &Facts<'_>, object: &Object) -> Finding {
    let what = facts.what(object.index);
    let advice = "A poisoned lock warns that its data may be half changed: every `lock()` returns \
                  an error, and `unwrap` on it panics too. Mend the cause of the panic; where the \
                  data is fine anyway, take the guard with \
                  `unwrap_or_else(PoisonError::into_inner)` and call `clear_poison`.";
    match cause(facts, object) {
        Some(panic) => {
            let message = names::clean(panic.message.trim(), 120);
            let title = format!(
                "{what} was poisoned: {} panicked{} while holding it",
                facts.who(panic.thread),
                facts.at_suffix(panic.at)
            );
            Finding::new(
                FindingKind::Poisoned,
                Severity::Error,
                title,
                format!("The panic: “{message}”. {advice}"),
            )
            .threads([facts.thread_id(panic.thread)])
            .objects([facts.object_ref(object.index)])
            .at([facts.at(panic.at)])
        }
        None => Finding::new(
            FindingKind::Poisoned,
            Severity::Warning,
            format!("{what} is poisoned by a panic of an earlier cell"),
            advice.to_owned(),
        )
        .objects([facts.object_ref(object.index)])
        .at([facts.at(object.created_at)]),
    }
}
