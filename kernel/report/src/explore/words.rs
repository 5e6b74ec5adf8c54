//! The sentences above the tables, and a step in words.

use super::model::{Exploration, ExploredStep, Failure, PassingRun, Verdict};
use crate::words::units::{count as thousands, counted};

/// The search in one sentence.
pub(super) fn headline(it: &Exploration) -> String {
    let runs = counted(it.schedules, "schedule");
    let first = |at: u64| {
        if at == 1 {
            "the first schedule".to_owned()
        } else {
            format!("schedule {} of those tried", thousands(at))
        }
    };
    match (&it.failure, it.verdict) {
        (Some(failure), _) => {
            let at = it
                .schedules_to_failure
                .map(first)
                .unwrap_or_else(|| runs.clone());
            format!(
                "{} (found by {at}; {})",
                failure.title,
                preemptions(failure)
            )
        }
        (None, Verdict::Proved) => format!("Proved: {runs} show every execution, and none fails."),
        (None, _) if it.complete => {
            format!("Complete: {runs} show every execution, and none fails.")
        }
        (None, Verdict::Interrupted) => format!("{runs} so far, none failed."),
        (None, _) => match it.preemption_bound {
            Some(bound) => format!(
                "{runs}, none fails; complete up to {}.",
                counted(u64::from(bound), "preemption")
            ),
            None => format!("{runs}, none fails. That is no proof."),
        },
    }
}

fn preemptions(failure: &Failure) -> String {
    let count = counted(u64::from(failure.preemptions), "preemption");
    if failure.fewest && failure.preemptions > 0 {
        format!("fails with {count}, never with fewer")
    } else {
        format!("with {count}")
    }
}

/// How long it took, and how runs were chosen.
pub(super) fn foot(it: &Exploration) -> String {
    let mut foot = format!(
        "{} in {:.1} s ({} a second), {} search, seed {}",
        counted(it.schedules, "schedule"),
        it.seconds,
        thousands(it.per_second.round() as u64),
        it.strategy,
        it.seed
    );
    if it.cut > 0 {
        foot += &format!("; {} not followed to the end", counted(it.cut, "run"));
    }
    foot
}

/// How to see the failing run again.
pub(super) fn replay(token: &str) -> String {
    format!(":replay {token}")
}

/// A step in words: `n ➜ 1 · line 3`.
pub(super) fn step(cell: u32, step: &ExploredStep) -> String {
    let object = step.object.as_deref().unwrap_or("");
    let value = step.value.as_deref();
    let mut words = match (step.operation.as_str(), value) {
        ("load", Some(value)) => format!("{object} = {value}"),
        ("store" | "read modify write" | "compare exchange", Some(value)) => {
            format!("{object}: {value}")
        }
        (operation, Some(value)) => format!("{operation} {object} {value}"),
        (operation, None) => format!("{operation} {object}"),
    };
    if let Some(by) = step.blocked_on {
        words = if by == step.thread {
            format!("waits in {words}")
        } else {
            format!("waits for {words} (T{by} has it)")
        };
    }
    if step.stale {
        words += " (an old value)";
    }
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    match step.at {
        Some(at) if at.cell == cell => format!("{words} · line {}", at.line),
        Some(at) => format!("{words} · [{}] line {}", at.cell, at.line),
        None => words,
    }
}

/// Where the nearest run that passes goes another way.
pub(super) fn passing(cell: u32, passing: &PassingRun) -> String {
    let otherwise = passing.instead.as_ref().map_or_else(
        || "goes another way".to_owned(),
        |it| {
            format!(
                "goes on with T{}: {}, at step {}",
                it.thread,
                step(cell, it),
                it.step
            )
        },
    );
    format!(
        "The nearest order that passes {otherwise}: {}",
        replay(&passing.token)
    )
}
