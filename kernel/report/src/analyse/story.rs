//! The report's first sentence: what happened, with its numbers.
//!
//! > main + 4 threads, 41 ms; worker-2 waited 30 ms for `counter`, held by worker-1 at line 7;
//! > tx → rx: 300 sent, 250 received, 50 lost.

use record::snapshot::{
    Action, Event, LocationSlot, ObjectSlot, ThreadSlot, ThreadState, WaitKind, WaitOutcome,
    WaitTarget,
};

use super::events::{ended_well, length};
use super::facts::Facts;
use crate::input::Outcome;
use crate::model::{ChannelRow, DependencyRow, FindingKind, LockRow, OutcomeKind, Ref, Report};
use crate::words::names;
use crate::words::units::{count, counted, duration, list};

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
        let waited = longest_wait(facts, report);
        parts.extend(waited.or_else(|| locks(report)));
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
        facts.who(first.thread),
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

/// The wait that says most: the lock that cost most, or else the longest wait for a condition
/// variable, a barrier, an initialiser or room in a channel. When the user stopped the cell, waits
/// for a message count as well: that is what it hung in.
fn longest_wait(facts: &Facts<'_>, report: &Report) -> Option<String> {
    let floor = report.wall_ns / 50;
    let lock = report
        .locks
        .iter()
        .max_by_key(|lock| (lock.wait_ns.total, u32::MAX - lock.id));
    if let Some(lock) = lock.filter(|lock| lock.wait_ns.total > floor && lock.contended > 0) {
        return Some(lock_wait(facts, lock));
    }
    let was_stopped = report.outcome == OutcomeKind::Interrupted;
    let event = longest(facts, |kind, shared_or_send, _| {
        matches!(kind, WaitKind::Condvar | WaitKind::Barrier | WaitKind::Once)
            || kind == WaitKind::Channel && (shared_or_send || was_stopped)
    })?;
    (length(event) > floor).then(|| other_wait(facts, event))
}

/// A wait for anything but a lock, in words.
fn other_wait(facts: &Facts<'_>, event: &Event) -> String {
    let (who, lasted) = (facts.who(event.thread), duration(length(event)));
    let Action::Wait {
        kind,
        target,
        shared_or_send,
        waker,
        ..
    } = event.action
    else {
        return String::new();
    };
    let foreign = facts
        .object(target.object())
        .filter(|_| facts.source_name(target.object()).is_none())
        .and_then(|object| facts.dependency(object.created_at));
    if let Some(krate) = foreign {
        let krate = names::clean(krate, 80);
        let called = facts.own_line(event.at);
        let called = called.map(|line| format!("at line {line}, "));
        let called = called.unwrap_or_default();
        return format!("{who} waited {lasted} {called}in {krate}");
    }
    let what = facts.what(target.object());
    let by = |words: &str| match waker {
        ThreadSlot::NONE => String::new(),
        waker => words.replace("{}", &facts.who(waker)),
    };
    let what_for = match kind {
        WaitKind::Channel if shared_or_send => {
            let room = facts.room_words(target.object());
            format!("for {room}{}", by(", until {} received"))
        }
        WaitKind::Channel if target == WaitTarget::Nothing => "on one of its channels".to_owned(),
        WaitKind::Channel => format!("for a message from {what}"),
        WaitKind::Barrier => format!("at {what}{}", by(", until {} came")),
        WaitKind::Once => format!("for {what} to be initialised{}", by(" by {}")),
        _ => format!("to be notified on {what}{}", by(" by {}")),
    };
    format!("{who} waited {lasted} {what_for}")
}

/// Without a wait worth telling: how much was locked.
fn locks(report: &Report) -> Option<String> {
    let used = report.locks.iter().filter(|lock| lock.acquisitions > 0);
    let [times, contended, failed] = used.clone().fold([0u64; 3], |sums, lock| {
        let of = [lock.acquisitions, lock.contended, lock.failed_tries];
        std::array::from_fn(|index| sums[index].saturating_add(of[index]))
    });
    let first = used.clone().next()?;
    let mut part = match used.count() {
        1 => format!("{} locked {}", lock_name(first), counted(times, "time")),
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

/// `` `counter` ``, or `Mutex 1`.
fn lock_name(lock: &LockRow) -> String {
    match &lock.name {
        Some(name) => format!("`{}`", names::in_prose(name)),
        None => format!("{} {}", lock.kind, lock.id),
    }
}

/// The longest wait for a lock, or, where many shared the waiting, all of it.
fn lock_wait(facts: &Facts<'_>, lock: &LockRow) -> String {
    let is_it = |object: ObjectSlot| facts.object_ref(object) == Some(Ref::Lock(lock.id));
    let longest = longest(facts, |kind, _, target| {
        kind == WaitKind::Lock && is_it(target)
    });
    if let Some(event) = longest
        && let Action::Wait { target, .. } = event.action
        && length(event).saturating_mul(4) >= lock.wait_ns.total
    {
        let held = held_meanwhile(facts, event, target.object());
        let lasted = duration(length(event));
        return format!(
            "{} waited {lasted} for {}{held}",
            facts.who(event.thread),
            facts.what(target.object())
        );
    }
    let name = lock_name(lock);
    let locked = counted(lock.acquisitions, "time");
    let times = counted(lock.contended, "time");
    let in_all = duration(lock.wait_ns.total);
    let waiters: Vec<usize> = facts
        .scan
        .lock_waits
        .iter()
        .filter(|&(_, position, _)| is_it(facts.snapshot.objects[position].index))
        .map(|(thread, ..)| thread)
        .collect();
    // Where events are missing, nobody knows how many threads it were.
    match waiters.as_slice() {
        [one] if facts.snapshot.gaps.is_empty() => {
            let who = facts.who(facts.snapshot.threads[*one].index);
            format!("{name} locked {locked}; {who} waited {times} for it, {in_all} in all")
        }
        [_, _, ..] if facts.snapshot.gaps.is_empty() => {
            let who = counted(waiters.len() as u64, "thread");
            format!("{name} locked {locked}; {who} waited {times} for it, {in_all} in all")
        }
        _ => format!("{name} locked {locked}, contended {times}, {in_all} waited in all"),
    }
}

/// Who held a lock while a thread waited for it: one for most of the time, or several in turn.
fn held_meanwhile(facts: &Facts<'_>, wait: &Event, lock: ObjectSlot) -> String {
    let mut holders: Vec<(ThreadSlot, u64, LocationSlot)> = Vec::new();
    for &position in &facts.scan.holds {
        let hold = &facts.snapshot.events[position as usize];
        let overlap = hold.end_ns.min(wait.end_ns);
        let overlap = overlap.saturating_sub(hold.start_ns.max(wait.start_ns));
        let is_it = matches!(hold.action, Action::Hold { object, .. } if object == lock);
        if !is_it || overlap == 0 || hold.thread == wait.thread {
            continue;
        }
        match holders
            .iter_mut()
            .find(|(thread, ..)| *thread == hold.thread)
        {
            Some((_, sum, _)) => *sum = sum.saturating_add(overlap),
            None => holders.push((hold.thread, overlap, hold.at)),
        }
    }
    let all: u64 = holders
        .iter()
        .fold(0, |sum, (_, held, _)| sum.saturating_add(*held));
    let main = holders.iter().max_by_key(|(_, held, _)| *held);
    let Some((thread, held, at)) = main else {
        return String::new();
    };
    if u128::from(*held) * 10 >= u128::from(all) * 7 {
        return format!(", held by {}{}", facts.who(*thread), facts.at_suffix(*at));
    }
    let names: Vec<String> = holders
        .iter()
        .map(|(thread, ..)| facts.who(*thread))
        .collect();
    format!(", held in turn by {}", list(&names, 3))
}

/// The longest wait that ended well, of those that `is_wanted`; in a cell that was stopped also of
/// those that its end cut short.
fn longest<'a>(
    facts: &Facts<'a>,
    is_wanted: impl Fn(WaitKind, bool, ObjectSlot) -> bool,
) -> Option<&'a Event> {
    let was_stopped = facts.context.outcome == Outcome::Interrupted;
    let counts = |outcome| ended_well(outcome) || was_stopped && outcome == WaitOutcome::Cancelled;
    facts
        .scan
        .waits
        .iter()
        .map(|&position| &facts.snapshot.events[position as usize])
        .filter(|event| {
            // What a dependency's own threads wait for is their business.
            facts.thread_position(event.thread).is_some_and(|position| {
                facts.thread_ids[position] != 0 && !facts.foreign_code[position]
            }) && matches!(event.action, Action::Wait { kind, target, shared_or_send, outcome, .. }
                    if counts(outcome) && is_wanted(kind, shared_or_send, target.object()))
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
