//! A lock that is poisoned, and by what: which panic, or which cell that was stopped or ended in a
//! deadlock, whose threads were unwound.
//!
//! Asks for a lock that is poisoned now; told as the cause when a thread that panicked in this cell
//! held it then. A panic that says `PoisonError` is no cause: the lock was poisoned before.

use record::snapshot::{Action, Event, Object, ObjectKind, ObjectSlot, Panic};

use super::shared::took_its_course;
use crate::analyse::Facts;
use crate::input::{LockKey, Outcome, Poison, PoisonedBy};
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
        object.poisoned && is_lock(object) && facts.object_ref(object.index).is_some()
    });
    // One panic may poison many locks: it is told once.
    let mut causes: Vec<(Cause<'_>, Vec<&Object>)> = Vec::new();
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
        .map(|(cause, mut locks)| {
            locks.sort_by_key(|lock| facts.object_ref(lock.index));
            finding(facts, &cause, &locks)
        })
        .collect()
}

/// Why a lock is poisoned.
#[derive(PartialEq)]
enum Cause<'a> {
    /// A thread panicked while it held the lock.
    Panic(&'a Panic),
    /// It did, since this other lock was poisoned already.
    Poisoned(&'a Panic, ObjectSlot),
    /// It was poisoned before: by an earlier cell, or where nothing is recorded. And the first
    /// panic that came of it.
    Before {
        of_earlier_cell: bool,
        known: Option<Poison>,
        consequence: Option<&'a Panic>,
    },
}

/// Of each lock whether this cell left it poisoned, and by what.
pub(crate) fn poisons(facts: &Facts<'_>) -> Vec<(LockKey, Option<Poison>)> {
    let locks = facts.snapshot.objects.iter().filter(|it| is_lock(it));
    let cell = facts.snapshot.cell;
    let poison = |lock: &Object| Poison {
        cell,
        by: match (cause(facts, lock), &facts.context.outcome) {
            (Cause::Panic(_) | Cause::Poisoned(..), _) => PoisonedBy::Panic,
            (_, Outcome::Interrupted) => PoisonedBy::Stop,
            (_, Outcome::Deadlocked) => PoisonedBy::Deadlock,
            _ => PoisonedBy::Unknown,
        },
    };
    locks
        .map(|lock| (key(lock), lock.poisoned.then(|| poison(lock))))
        .collect()
}

fn is_lock(object: &Object) -> bool {
    matches!(object.kind, ObjectKind::Mutex | ObjectKind::RwLock)
}

fn key(lock: &Object) -> LockKey {
    LockKey {
        index: lock.index,
        order: lock.order,
    }
}

fn cause<'a>(facts: &Facts<'a>, object: &Object) -> Cause<'a> {
    let mut panics: Vec<&Panic> = facts
        .snapshot
        .panics
        .iter()
        .filter(|panic| held(facts, panic).any(|hold| is_of(hold, object.index)))
        .collect();
    panics.sort_by_key(|panic| panic.at_ns);
    let mut consequence = None;
    for panic in panics {
        if !is_consequence(panic) {
            let poisons = |hold: &Event| !is_shared(hold) && is_of(hold, object.index);
            if held(facts, panic).any(poisons) {
                return Cause::Panic(panic);
            }
            continue;
        }
        // What a thread takes last before such a panic was poisoned; the rest it holds becomes so.
        let last = held(facts, panic).max_by_key(|hold| hold.start_ns);
        match last.and_then(of) {
            Some(other) if other != object.index => {
                return Cause::Poisoned(panic, other);
            }
            _ => consequence = consequence.or(Some(panic)),
        }
    }
    Cause::Before {
        of_earlier_cell: object.cell != facts.snapshot.cell,
        known: facts.context.history.poisons.of(key(object)),
        consequence,
    }
}

/// Whether a panic came of a lock that was poisoned already: by `unwrap` or `expect` on the error
/// of `lock()` or `try_lock()`.
fn is_consequence(panic: &Panic) -> bool {
    let message = panic.message.trim_end();
    message.ends_with("PoisonError { .. }") || message.ends_with("Poisoned(..)")
}

/// What a thread held when it panicked.
fn held<'a>(facts: &Facts<'a>, panic: &Panic) -> impl Iterator<Item = &'a Event> {
    let (thread, at) = (panic.thread, panic.at_ns);
    facts.snapshot.events.iter().filter(move |event| {
        matches!(event.action, Action::Hold { .. })
            && event.thread == thread
            && (event.start_ns..=event.end_ns).contains(&at)
    })
}

fn of(hold: &Event) -> Option<ObjectSlot> {
    match hold.action {
        Action::Hold { object, .. } => Some(object),
        _ => None,
    }
}

fn is_of(hold: &Event, object: ObjectSlot) -> bool {
    of(hold) == Some(object)
}

fn is_shared(hold: &Event) -> bool {
    matches!(hold.action, Action::Hold { shared: true, .. })
}

fn finding(facts: &Facts<'_>, cause: &Cause<'_>, locks: &[&Object]) -> Finding {
    let names: Vec<String> = locks.iter().map(|lock| facts.what(lock.index)).collect();
    let (what, were, are, them) = match names.as_slice() {
        [one] => (one.clone(), "was", "is", "it"),
        _ => (list(&names, NAMES), "were", "are", "them"),
    };
    let who = |panic: &Panic| {
        let at = facts.at_suffix(panic.at);
        format!("{} panicked{at}", facts.who_panicked(panic))
    };
    let (title, panic, severity) = match *cause {
        Cause::Panic(panic) => {
            let title = format!(
                "{what} {were} poisoned: {} while holding {them}",
                who(panic)
            );
            (title, Some(panic), Severity::Error)
        }
        Cause::Poisoned(panic, other) => {
            let title = format!(
                "{what} {were} poisoned as well: {} while holding {them}, since {} was already \
                 poisoned",
                who(panic),
                facts.what(other)
            );
            (title, Some(panic), Severity::Error)
        }
        Cause::Before {
            of_earlier_cell,
            known,
            consequence,
        } => {
            let by = match known.map(|it| (it.by, it.cell)) {
                Some((PoisonedBy::Panic, cell)) => format!("by a panic in [{cell}]"),
                Some((PoisonedBy::Stop, cell)) => format!("by the stop of [{cell}]"),
                Some((PoisonedBy::Deadlock, cell)) => {
                    format!("by the end of the deadlock in [{cell}]")
                }
                _ if of_earlier_cell => "by a panic of an earlier cell".to_owned(),
                _ => "by a panic that is not recorded".to_owned(),
            };
            let title = match consequence {
                Some(panic) => format!("{what} {were} already poisoned {by}: {}", who(panic)),
                None => format!("{what} {are} poisoned {by}"),
            };
            (title, consequence, Severity::Warning)
        }
    };
    let unwound = match *cause {
        Cause::Before { known, .. } => {
            known.is_some_and(|it| matches!(it.by, PoisonedBy::Stop | PoisonedBy::Deadlock))
        }
        _ => false,
    };
    let detail = detail(panic, unwound);
    let finding = Finding::new(FindingKind::Poisoned, severity, title, detail)
        .objects(locks.iter().map(|lock| facts.object_ref(lock.index)));
    match panic {
        Some(panic) => finding
            .threads([facts.thread_id(panic.thread)])
            .at([facts.at(panic.at)]),
        None => finding.at(locks.iter().map(|lock| facts.at(lock.created_at))),
    }
}

/// What the panic said, and what to do about it. `unwound`: no panic was the cause.
fn detail(panic: Option<&Panic>, unwound: bool) -> String {
    let mut detail = match panic {
        Some(panic) if is_consequence(panic) => "That panic only comes of the poison. ".to_owned(),
        Some(panic) => {
            let message = names::clean(panic.message.trim(), 120);
            format!("The panic: “{message}”. ")
        }
        None => String::new(),
    };
    if unwound {
        detail += "Who held the lock was unwound then, and that poisons it as a panic does. ";
    }
    detail += "A poisoned lock warns that its data may be half changed: every `lock()` returns an \
               error, and `unwrap` on it panics too. ";
    let mend = match panic {
        _ if unwound => "Where",
        Some(panic) if is_consequence(panic) => {
            "Mend the cause of the panic that came first; where"
        }
        _ => "Mend the cause of the panic; where",
    };
    detail
        + mend
        + " the data is fine anyway, take the guard with `unwrap_or_else(PoisonError::into_inner)` \
           and call `clear_poison`."
}
