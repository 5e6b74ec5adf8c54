//! A thread whose panic nobody joined, so that nobody noticed.
//!
//! Asks for a thread of this cell that panicked and ended, whose handle nobody joined and whose
//! scope didn't either. Not while the cell runs, and not where the handle is still there (in a
//! variable, or in a pool that joins when it is dropped): the join may come. Nor where the main
//! thread panicked: it may have been about to join.

use record::snapshot::ThreadState;

use super::shared::{place_and_message, took_its_course};
use crate::analyse::Facts;
use crate::input::Outcome;
use crate::model::{Finding, FindingKind, Severity};

/// A finding for each such thread.
pub(super) fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let main_panicked = matches!(facts.context.outcome, Outcome::Panicked);
    if !took_its_course(facts) || main_panicked || !facts.snapshot.ended {
        return Vec::new();
    }
    let threads = facts
        .snapshot
        .threads
        .iter()
        .enumerate()
        .filter(|(position, thread)| {
            thread.state == ThreadState::Panicked
                && !thread.joined
                && !thread.has_handle
                && !thread.is_main
                && !thread.is_foreign
                && thread.cell == facts.snapshot.cell
                && facts.thread_ids[*position] != 0
                && !facts.foreign_code[*position]
        });
    threads
        .take(5)
        .map(|(_, thread)| {
            let panic = facts
                .snapshot
                .panics
                .iter()
                .find(|panic| panic.thread == thread.index);
            let who = facts.who(thread.index);
            let (at, message) = place_and_message(facts, panic);
            let title = format!("{who} panicked{at}, and nobody joined it");
            let detail = format!(
                "{message}A panic ends only its own thread; whoever joins gets it as an error. \
                 Without `join` it is lost: keep the JoinHandle, and `unwrap` or look at what \
                 `join` returns."
            );
            Finding::new(FindingKind::UnjoinedPanic, Severity::Warning, title, detail)
                .threads([facts.thread_id(thread.index)])
                .at([
                    panic.and_then(|panic| facts.at(panic.at)),
                    facts.at(thread.spawned_at),
                ])
        })
        .collect()
}
