//! A lock that a panic has poisoned, and which panic it was.
//!
//! Asks for a lock that is poisoned now; told as the cause when a thread that panicked in this cell
//! held it then, and as a note when it was poisoned before.

use record::snapshot::{Action, Object, ObjectKind, Panic};

use super::shared::took_its_course;
use crate::analyse::Facts;
use crate::model::{Finding, FindingKind, Severity};
use crate::words::names;
use crate::words::units::list;

/// Most locks named.
const NAMES: usize = 4;

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
    // One panic may poison many locks: it is told once.
    let mut causes: Vec<(Option<&Panic>, Vec<&Object>)> = Vec::new();
    for object in locks {
        let cause = cause(facts, object);
        match causes.iter_mut().find(|(known, _)| *known == cause) {
            Some((_, locks)) => locks.push(object),
            None => causes.push((cause, vec![object])),
        }
    }
    causes
        .into_iter()
        .take(5)
        .map(|(cause, locks)| finding(facts, cause, &locks))
        .collect()
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

fn finding(facts: &Facts<'_>, cause: Option<&Panic>, locks: &[&Object]) -> Finding {
    let names: Vec<String> = locks.iter().map(|lock| facts.what(lock.index)).collect();
    let (what, were, are, them) = match names.as_slice() {
        [one] => (one.clone(), "was", "is", "it"),
        _ => (list(&names, NAMES), "were", "are", "them"),
    };
    let objects = locks.iter().map(|lock| facts.object_ref(lock.index));
    let advice = "A poisoned lock warns that its data may be half changed: every `lock()` returns \
                  an error, and `unwrap` on it panics too. Mend the cause of the panic; where the \
                  data is fine anyway, take the guard with \
                  `unwrap_or_else(PoisonError::into_inner)` and call `clear_poison`.";
    match cause {
        Some(panic) => {
            let message = names::clean(panic.message.trim(), 120);
            let title = format!(
                "{what} {were} poisoned: {} panicked{} while holding {them}",
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
            .objects(objects)
            .at([facts.at(panic.at)])
        }
        None => Finding::new(
            FindingKind::Poisoned,
            Severity::Warning,
            format!("{what} {are} poisoned by a panic of an earlier cell"),
            advice.to_owned(),
        )
        .objects(objects)
        .at(locks.iter().map(|lock| facts.at(lock.created_at))),
    }
}
