//! A task whose panic nobody was told of.
//!
//! Asks for a task of this cell that panicked, whose handle was dropped, and of which nobody has
//! asked what came of it. Where the handle is still there somebody may ask; where the main thread
//! panicked it may have been about to.

use record::snapshot::{Task, TaskKind, TaskState};

use super::shared::{place_and_message, took_its_course};
use crate::analyse::Facts;
use crate::input::Outcome;
use crate::model::{Finding, FindingKind, Severity};

/// A finding for each such task.
pub(super) fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let main_panicked = matches!(facts.context.outcome, Outcome::Panicked);
    if !took_its_course(facts) || main_panicked || !facts.snapshot.ended {
        return Vec::new();
    }
    let tasks = facts.snapshot.tasks.iter().filter(|task| {
        task.state == TaskState::Panicked
            && task.kind != TaskKind::BlockOn
            && task.is_detached
            && !task.is_joined
            && task.cell == facts.snapshot.cell
            && facts.task_id(task.index).is_some()
    });
    tasks.take(5).map(|task| finding(facts, task)).collect()
}

fn finding(facts: &Facts<'_>, task: &Task) -> Finding {
    let who = facts.task_words(task.index);
    // Of one thread's panics, the one that ended this task is the last one before its end.
    let end = task.end_ns.unwrap_or(facts.snapshot.wall_ns);
    let panics = facts.snapshot.panics.iter();
    let panic = panics
        .filter(|panic| panic.thread == task.polled_by && panic.at_ns <= end)
        .max_by_key(|panic| panic.at_ns);
    let (at, message) = place_and_message(facts, panic);
    let title = format!("{who} panicked{at}, and its handle was dropped: nobody learns of it");
    let detail = format!(
        "{message}A panic ends only its own task; whoever awaits its JoinHandle gets it as an error. \
         Keep the handle and `await` it, or spawn into a `JoinSet` and look at what `join_next` \
         returns."
    );
    Finding::new(FindingKind::UnjoinedPanic, Severity::Warning, title, detail)
        .tasks([facts.task_id(task.index)])
        .at([
            panic.and_then(|panic| facts.at(panic.at)),
            facts.at(task.spawned_at),
        ])
}
