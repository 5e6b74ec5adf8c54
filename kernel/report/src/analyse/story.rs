//! The report's first sentence: what happened, with its numbers.
//!
//! > main + 4 threads, 41 ms; worker-2 waited 30 ms for `counter`, held by worker-1 at line 7;
//! > tx → rx: 300 sent, 250 received, 50 lost.

mod waits;

use std::collections::BTreeSet;

use record::snapshot::{ThreadState, WaitKind};

use super::background::background;
use super::facts::Facts;
use crate::model::{ChannelRow, DependencyRow, FindingKind, OrderStep, OutcomeKind, Ref, Report};
use crate::words::names;
use crate::words::units::{count, counted, duration};

/// Tells the story.
pub(crate) fn tell(facts: &Facts<'_>, report: &Report) -> String {
    let mut parts = vec![opening(facts, report)];
    parts.extend(ending(facts, report));
    let is_deadlock = report.finding(FindingKind::Deadlock).is_some();
    // A wait that goes on says more than all that are over; a deadlock is all about waiting.
    let now = waiting_now(facts).filter(|_| report.live);
    if now.is_some() {
        parts.extend(now);
    } else if !is_deadlock {
        let waited = waits::longest_wait(facts, report);
        let waited = waited.or_else(|| in_between(facts, report));
        parts.extend(waited.or_else(|| locks(facts, report)));
    }
    parts.extend(channels(report));
    parts.extend(dependencies(facts, report));
    let mut story = parts.join("; ");
    story.push('.');
    story
}

fn opening(facts: &Facts<'_>, report: &Report) -> String {
    let own = report.threads.iter().filter(|row| row.is_spawned_here());
    let spawned = (own.count() as u64).saturating_add(facts.snapshot.overflow.threads);
    let others = others(report);
    let threads = match spawned {
        0 if others.is_empty() => "1 thread".to_owned(),
        0 => "main".to_owned(),
        n => format!("main + {}", counted(n, "thread")),
    };
    let tasks = match report.tasks.len() as u64 + facts.snapshot.overflow.tasks {
        0 => String::new(),
        n => format!(", {}", counted(n, "task")),
    };
    let threads = threads + &others + &tasks;
    if let Some(until) = report.deadlock_ns {
        return format!("{threads}, deadlock after {}", duration(until));
    }
    let so_far = if report.live { " so far" } else { "" };
    format!("{threads}, {}{so_far}", duration(report.wall_ns))
}

/// Threads of earlier cells that took part: ` + T2 of [1]`.
fn others(report: &Report) -> String {
    let others: Vec<&str> = report
        .threads
        .iter()
        .filter(|row| row.of_cell.is_some() && !row.is_main)
        .map(|row| row.label.as_str())
        .collect();
    match others.as_slice() {
        [] => String::new(),
        [one] => format!(" + {one}"),
        [one, other] => format!(" + {one} + {other}"),
        many => format!(
            " + {} of earlier cells",
            counted(many.len() as u64, "thread")
        ),
    }
}

/// What ended the cell, when it didn't end well.
fn ending(facts: &Facts<'_>, report: &Report) -> Vec<String> {
    let mut parts = Vec::new();
    if report.outcome == OutcomeKind::Crashed {
        let what = report.crash.as_deref().unwrap_or("unknown cause");
        parts.push(match what.strip_prefix("exit code ") {
            Some(code) => format!("its process ended with exit code {code}"),
            None => format!("crashed: {what}"),
        });
    }
    // The opening says that there was one, and the finding right below tells it.
    if report.deadlock_ns.is_some() {
        return parts;
    }
    match report.outcome {
        OutcomeKind::Interrupted => {
            parts.push("stopped by you".to_owned());
            return parts;
        }
        OutcomeKind::Deadlocked => parts.push("deadlock".to_owned()),
        OutcomeKind::Crashed | OutcomeKind::Panicked | OutcomeKind::Ok => {}
    }
    parts.extend(panics(facts));
    parts
}

/// The first panic, and how many came after.
fn panics(facts: &Facts<'_>) -> Option<String> {
    let panics = &facts.snapshot.panics;
    let first = panics.first()?;
    let more = match panics.len() as u64 - 1 {
        0 => String::new(),
        n => format!(" (and {})", counted(n, "more panic")),
    };
    Some(format!(
        "{} panicked{}: “{}”{more}",
        facts.who_panicked(first),
        facts.at_suffix(first.at),
        names::clean(first.message.trim(), 100),
    ))
}

/// While the cell runs: who has waited longest, and for what. That main joins or waits while others
/// work is how most programs are made, so it comes last.
fn waiting_now(facts: &Facts<'_>) -> Option<String> {
    let snapshot = facts.snapshot;
    let (_, since, index, waiting) = snapshot
        .threads
        .iter()
        .filter(|thread| facts.thread_id(thread.index).is_some())
        .filter(|thread| thread.state == ThreadState::Blocked)
        .filter_map(|thread| {
            let waiting = thread.waiting?;
            Some((thread.is_main, waiting.since_ns, thread.index, waiting))
        })
        .filter(|(is_main, _, _, waiting)| {
            waiting.kind != WaitKind::Sleep && !(*is_main && waiting.kind == WaitKind::Join)
        })
        .min_by_key(|(is_main, since, index, _)| (*is_main, *since, *index))?;
    let length = snapshot.wall_ns.saturating_sub(since);
    let holder = facts
        .object(waiting.target.object())
        .filter(|_| waiting.kind == WaitKind::Lock)
        .and_then(|object| object.held_by.first().copied())
        .map(|holder| format!(", held by {}", facts.who(holder)))
        .unwrap_or_default();
    let (who, at, length_words) = (
        facts.who(index),
        facts.at_suffix(waiting.at),
        duration(length),
    );
    let words = facts.wait_words(&waiting);
    let words = match words.split_once(' ') {
        Some(("waits", what)) => format!("has waited {length_words} {what}"),
        Some(("joins", what)) => format!("has waited {length_words} for the end of {what}"),
        Some(("is", what)) => format!("has been {what} for {length_words}"),
        _ => format!("{words}, for {length_words} now"),
    };
    (length > 0).then(|| format!("{who} {words}{at}{holder}"))
}

/// Without a wait worth telling: who had a lock between two times that another thread had it.
fn in_between(facts: &Facts<'_>, report: &Report) -> Option<String> {
    let order = report.order.as_ref().filter(|order| order.says_more)?;
    let found = order.outdated?;
    let step = |number| order.steps.iter().find(|step| step.step == number);
    let (seen, changed, again) = (step(found.seen)?, step(found.changed)?, step(found.again)?);
    let mut locks = report.locks.iter();
    let lock = locks.find(|lock| seen.reference == Some(Ref::Lock(lock.id)))?;
    let who = |id| {
        let mut threads = facts.snapshot.threads.iter();
        let thread = threads.find(|it| facts.thread_id(it.index) == Some(id))?;
        Some(facts.who(thread.index))
    };
    let at = |step: &OrderStep| step.at.as_ref().map(|at| at.words(report.cell));
    let (first, second) = (at(seen)?, at(again)?);
    let places = match (first.strip_prefix("line "), second.strip_prefix("line ")) {
        (Some(first), Some(second)) => format!("lines {first} and {second}"),
        _ => format!("{first} and {second}"),
    };
    Some(format!(
        "{} had {} between two times that {} had it ({places})",
        who(changed.thread)?,
        waits::lock_name(lock),
        who(seen.thread)?,
    ))
}

/// Else: how much was locked.
fn locks(facts: &Facts<'_>, report: &Report) -> Option<String> {
    let background: BTreeSet<Ref> = background(facts)
        .into_iter()
        .filter_map(|object| facts.object_ref(object))
        .collect();
    let used = report.locks.iter().filter(|lock| lock.acquisitions > 0);
    let used = used.filter(|lock| !background.contains(&Ref::Lock(lock.id)));
    let [times, contended, failed] = used.clone().fold([0u64; 3], |sums, lock| {
        let of = [lock.acquisitions, lock.contended, lock.failed_tries];
        std::array::from_fn(|index| sums[index].saturating_add(of[index]))
    });
    let first = used.clone().next()?;
    let mut part = match used.count() {
        1 => format!(
            "{} locked {}",
            waits::lock_name(first),
            counted(times, "time")
        ),
        n => format!("{n} locks taken {} in all", counted(times, "time")),
    };
    part += &match contended {
        0 => ", never contended".to_owned(),
        n => format!(", contended {}", counted(n, "time")),
    };
    match failed {
        0 => {}
        1 => part += ", 1 try failed",
        n => part += &format!(", {} tries failed", count(n)),
    }
    Some(part)
}

/// The two channels that say most.
fn channels(report: &Report) -> Vec<String> {
    let mut rows: Vec<&ChannelRow> = report
        .channels
        .iter()
        .filter(|row| row.sent > 0 || row.received > 0 || row.lost > 0)
        .collect();
    rows.sort_by_key(|row| (std::cmp::Reverse((row.lost, row.sent)), row.id));
    rows.iter()
        .take(2)
        .map(|row| {
            let name = row
                .name
                .clone()
                .unwrap_or_else(|| format!("{} {}", row.kind, row.id));
            let mut part = format!(
                "{name}: {} sent, {} received",
                count(row.sent),
                count(row.received)
            );
            // Who sent what was refused has it back.
            let lost = row.lost.saturating_sub(row.refused);
            let rest = [
                (lost, "lost"),
                (row.refused, "refused"),
                (row.queued, "queued"),
            ];
            for (n, what) in rest.into_iter().filter(|(n, _)| *n > 0) {
                part += &format!(", {} {what}", count(n));
            }
            part
        })
        .collect()
}

/// The crate that spawned most of this cell's threads.
fn dependencies(facts: &Facts<'_>, report: &Report) -> Option<String> {
    let spawned = |row: &DependencyRow| {
        let own = facts.snapshot.threads.iter().zip(&facts.thread_ids);
        own.filter(|(thread, id)| **id != 0 && thread.cell == facts.snapshot.cell)
            .filter_map(|(thread, _)| facts.dependency(thread.spawned_at))
            .filter(|krate| names::clean(krate, 80) == row.krate)
            .count()
    };
    let (row, spawned) = report
        .dependencies
        .iter()
        .map(|row| (row, spawned(row)))
        .filter(|(_, spawned)| *spawned > 0)
        .max_by_key(|(_, spawned)| *spawned)?;
    let threads = counted(spawned as u64, "thread");
    Some(format!("{} spawned {threads}", row.krate))
}
