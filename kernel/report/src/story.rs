//! The report's first sentence: what happened, with its numbers.
//!
//! `main + 4 threads, 41 ms; worker-2 waited 30 ms for `counter`, held by worker-1 at line 7; tx → rx: 300 sent,
//! 250 received, 50 lost.`

use record::snapshot::{Action, Event, ThreadState, WaitKind};

use crate::facts::Facts;
use crate::model::{ChannelRow, LockRow, OutcomeName, Ref, Report, ThreadRow};
use crate::scan::length;
use crate::timeline::ended_well;
use crate::units::{count, counted, duration};

/// Tells the story.
pub(crate) fn tell(facts: &Facts<'_>, report: &Report) -> String {
    let mut parts = vec![opening(facts, report)];
    parts.extend(ending(facts, report));
    if report.live {
        parts.extend(waiting_now(facts));
    }
    let is_deadlock = report
        .findings
        .iter()
        .any(|finding| finding.kind == "deadlock");
    let waited = if is_deadlock {
        None
    } else {
        longest_wait(facts, report)
    };
    if waited.is_none() && !is_deadlock {
        parts.extend(busiest_lock(report));
    }
    parts.extend(waited);
    parts.extend(channels(report));
    if let Some(part) = dependencies(report) {
        parts.push(part);
    }
    let mut story = parts.join("; ");
    story.push('.');
    story
}

fn opening(facts: &Facts<'_>, report: &Report) -> String {
    let own = |row: &&ThreadRow| row.of_cell.is_none() && !row.is_main;
    let spawned = (report.threads.iter().filter(own).count() as u64)
        .saturating_add(facts.snapshot.overflow.threads);
    let threads = match spawned {
        0 => "main alone".to_owned(),
        n => format!("main + {}", counted(n, "thread")),
    };
    let so_far = if report.live { " so far" } else { "" };
    format!("{threads}, {}{so_far}", duration(report.wall_ns))
}

/// What ended the cell, when it didn't end well.
fn ending(facts: &Facts<'_>, report: &Report) -> Vec<String> {
    let snapshot = facts.snapshot;
    let mut parts = Vec::new();
    if let Some(deadlock) = report
        .findings
        .iter()
        .find(|finding| finding.kind == "deadlock")
    {
        let title = deadlock
            .title
            .strip_prefix("Deadlock: ")
            .unwrap_or(&deadlock.title);
        // The finding right below names the objects.
        let title = title.rsplit_once(" (").map_or(title, |(title, _)| title);
        parts.push(format!("deadlock: {title}"));
        return parts;
    }
    match report.outcome {
        OutcomeName::Crashed => {
            parts.push(format!(
                "crashed: {}",
                report.crash.as_deref().unwrap_or("unknown cause")
            ));
        }
        OutcomeName::Interrupted => parts.push("stopped by you".to_owned()),
        OutcomeName::Deadlocked => parts.push("deadlock".to_owned()),
        OutcomeName::Panicked | OutcomeName::Ok => {}
    }
    if report.outcome != OutcomeName::Interrupted {
        for panic in snapshot.panics.iter().take(1) {
            let more = match snapshot.panics.len() {
                1 => String::new(),
                n => format!(" (and {})", counted(n as u64 - 1, "more panic")),
            };
            parts.push(format!(
                "{} panicked{}: “{}”{more}",
                facts.who(panic.thread),
                facts.at_suffix(panic.at),
                crate::names::clean(panic.message.trim(), 100),
            ));
        }
    }
    parts
}

/// While the cell runs: who has waited longest, and for what.
fn waiting_now(facts: &Facts<'_>) -> Option<String> {
    let snapshot = facts.snapshot;
    let (since, index, waiting) = snapshot
        .threads
        .iter()
        .filter(|thread| facts.thread_id(thread.index).is_some())
        .filter(|thread| thread.state == ThreadState::Blocked && !thread.is_main)
        .filter_map(|thread| Some((thread.waiting?.since_ns, thread.index, thread.waiting?)))
        .filter(|(_, _, waiting)| waiting.kind != WaitKind::Sleep)
        .min_by_key(|(since, index, _)| (*since, *index))?;
    let length = snapshot.wall_ns.saturating_sub(since);
    let holder = facts
        .object(waiting.target)
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
        _ => format!("{words} since {length_words}"),
    };
    (length > 0).then(|| format!("{who} {words}{at}{holder}"))
}

/// The wait that says most: the lock that cost most, or else the longest wait for a condition
/// variable, a barrier or room in a channel.
fn longest_wait(facts: &Facts<'_>, report: &Report) -> Option<String> {
    let floor = report.wall_ns / 50;
    let lock = report
        .locks
        .iter()
        .max_by_key(|lock| (lock.wait_ns.total, u32::MAX - lock.id));
    if let Some(lock) = lock.filter(|lock| lock.wait_ns.total > floor && lock.contended > 0) {
        return Some(lock_wait(facts, lock));
    }
    let event = longest(facts, |kind, shared_or_send, _| {
        matches!(kind, WaitKind::Condvar | WaitKind::Barrier | WaitKind::Once)
            || kind == WaitKind::Channel && shared_or_send
    })?;
    let Action::Wait { kind, target, .. } = event.action else {
        return None;
    };
    let lasted = length(event);
    let what = facts.what(target);
    (lasted > floor).then(|| {
        let how = match kind {
            WaitKind::Channel => format!("for room in {what}"),
            WaitKind::Barrier => format!("at {what}"),
            WaitKind::Once => format!("for {what} to be initialised"),
            _ => format!("to be notified on {what}"),
        };
        format!(
            "{} waited {} {how}",
            facts.who(event.thread),
            duration(lasted)
        )
    })
}

/// Without a wait worth telling: the lock that was used most.
fn busiest_lock(report: &Report) -> Option<String> {
    let used = report.locks.iter().filter(|lock| lock.acquisitions > 0);
    let lock = used.max_by_key(|lock| (lock.acquisitions, u32::MAX - lock.id))?;
    let contended = match lock.contended {
        0 => "never contended".to_owned(),
        n => format!("{} of them contended", count(n)),
    };
    let times = counted(lock.acquisitions, "time");
    Some(format!("{} locked {times}, {contended}", lock_name(lock)))
}

/// `` `counter` ``, or `Mutex 1`.
fn lock_name(lock: &LockRow) -> String {
    match &lock.name {
        Some(name) => format!("`{name}`"),
        None => format!("{} {}", lock.kind, lock.id),
    }
}

fn lock_wait(facts: &Facts<'_>, lock: &LockRow) -> String {
    let longest = longest(facts, |kind, _, target| {
        kind == WaitKind::Lock && facts.object_ref(target) == Some(Ref::Lock(lock.id))
    });
    if let Some(event) = longest
        && let Action::Wait { target, waker, .. } = event.action
        && length(event).saturating_mul(4) >= lock.wait_ns.total
    {
        let held = if waker == 0 {
            String::new()
        } else {
            let at = hold_before(facts, event, target, waker)
                .map(|hold| facts.at_suffix(hold.at))
                .unwrap_or_default();
            format!(", held by {}{at}", facts.who(waker))
        };
        let lasted = duration(length(event));
        return format!(
            "{} waited {lasted} for {}{held}",
            facts.who(event.thread),
            facts.what(target)
        );
    }
    let name = lock_name(lock);
    format!(
        "{name} locked {} times, {} of them contended, {} waited in all",
        count(lock.acquisitions),
        count(lock.contended),
        duration(lock.wait_ns.total)
    )
}

/// The hold of `waker` whose end let `wait` go on, if it was long enough to be kept.
pub(crate) fn hold_before<'a>(
    facts: &Facts<'a>,
    wait: &Event,
    object: u32,
    waker: u32,
) -> Option<&'a Event> {
    facts
        .scan
        .holds
        .iter()
        .map(|&position| &facts.snapshot.events[position as usize])
        .filter(|hold| {
            hold.thread == waker
                && matches!(hold.action, Action::Hold { object: held, .. } if held == object)
                && hold.start_ns < wait.end_ns
                && hold.end_ns >= wait.start_ns
        })
        .max_by_key(|hold| {
            hold.end_ns.min(wait.end_ns)
                - hold
                    .start_ns
                    .max(wait.start_ns)
                    .min(hold.end_ns.min(wait.end_ns))
        })
}

/// The longest wait that ended well, of those that `is_wanted`.
fn longest<'a>(
    facts: &Facts<'a>,
    is_wanted: impl Fn(WaitKind, bool, u32) -> bool,
) -> Option<&'a Event> {
    facts
        .scan
        .waits
        .iter()
        .map(|&position| &facts.snapshot.events[position as usize])
        .filter(|event| {
            // What a dependency's own threads wait for is their business.
            facts
                .threads
                .get(event.thread)
                .is_some_and(|slot| facts.thread_ids[slot] != 0 && !facts.foreign_code[slot])
                && matches!(event.action, Action::Wait { kind, target, shared_or_send, outcome, .. }
                    if ended_well(outcome) && is_wanted(kind, shared_or_send, target))
        })
        // Of equals the first.
        .max_by_key(|event| (length(event), std::cmp::Reverse(event.start_ns)))
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
            if row.lost > 0 {
                part += &format!(", {} lost", count(row.lost));
            } else if row.queued > 0 {
                part += &format!(", {} queued", count(row.queued));
            }
            part
        })
        .collect()
}

fn dependencies(report: &Report) -> Option<String> {
    let row = report
        .dependencies
        .iter()
        .filter(|row| row.threads > 0)
        .max_by_key(|row| row.threads)?;
    Some(format!(
        "{} spawned {}",
        row.krate,
        counted(row.threads, "thread")
    ))
}
