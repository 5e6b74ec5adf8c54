//! What several findings ask, and how a finding names what takes part.

use record::snapshot::{Object, Panic};

use crate::analyse::Facts;
use crate::input::Outcome;
use crate::model::{At, Finding, Ref};
use crate::words::names;

/// Whether what the recording shows is the program's own course, rather than the end of a cell
/// that was stopped or found in a deadlock: then threads unwind, panic and drop what they have.
pub(super) fn took_its_course(facts: &Facts<'_>) -> bool {
    facts.snapshot.verdicts.is_empty()
        && matches!(facts.context.outcome, Outcome::Ok | Outcome::Panicked)
}

/// Whether a lock guards a channel's receiver. Workers that share one take turns at waiting in
/// `recv` with the lock in hand: so a pool without work looks, and nobody is held up.
pub(super) fn guards_a_receiver(object: &Object) -> bool {
    object.type_name.contains("Receiver<")
}

/// Of a panic, ` at line 3` and `It said “…”. `; both are empty where it isn't known.
pub(super) fn place_and_message(facts: &Facts<'_>, panic: Option<&Panic>) -> (String, String) {
    let at = panic.map(|panic| facts.at_suffix(panic.at));
    let message =
        panic.map(|panic| format!("It said “{}”. ", names::clean(panic.message.trim(), 120)));
    (at.unwrap_or_default(), message.unwrap_or_default())
}

impl Finding {
    /// Adds threads that take part.
    pub(super) fn threads(mut self, threads: impl IntoIterator<Item = Option<u32>>) -> Finding {
        for id in threads.into_iter().flatten() {
            if !self.threads.contains(&id) {
                self.threads.push(id);
            }
        }
        self.threads.truncate(50);
        self
    }

    /// Adds tasks that take part.
    pub(super) fn tasks(mut self, tasks: impl IntoIterator<Item = Option<u32>>) -> Finding {
        for id in tasks.into_iter().flatten() {
            if !self.tasks.contains(&id) {
                self.tasks.push(id);
            }
        }
        self.tasks.truncate(50);
        self
    }

    /// Adds objects that take part.
    pub(super) fn objects(mut self, objects: impl IntoIterator<Item = Option<Ref>>) -> Finding {
        for object in objects.into_iter().flatten() {
            if !self.objects.contains(&object) {
                self.objects.push(object);
            }
        }
        self.objects.truncate(50);
        self
    }

    /// Adds places.
    pub(super) fn at(mut self, places: impl IntoIterator<Item = Option<At>>) -> Finding {
        for at in places.into_iter().flatten() {
            if !self.at.contains(&at) {
                self.at.push(at);
            }
        }
        self.at.truncate(20);
        self
    }
}
