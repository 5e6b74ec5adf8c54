//! The story's wait: the one that says most, and who kept the thread waiting.

use std::collections::{BTreeSet, HashMap};

use record::snapshot::{
    Action, Event, LocationSlot, ObjectSlot, ThreadSlot, WaitKind, WaitOutcome, WaitTarget,
};

use crate::analyse::events::{ended_well, length};
use crate::analyse::facts::Facts;
use crate::input::Outcome;
use crate::model::{LockRow, OutcomeKind, Ref, Report};
use crate::words::names;
use crate::words::units::{counted, duration, list};

/// The wait that says most: the lock that cost most, or else the longest wait for a condition
/// variable, a barrier, an initialiser or room in a channel. When the user stopped the cell, waits
/// for a message count as well: that is what it hung in.
pub(super) fn longest_wait(facts: &Facts<'_>, report: &Report) -> Option<String> {
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
    if let Some(krate) = crate_of(facts, target.object()) {
        return wait_in_crate(facts, event.thread, krate);
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

/// The crate whose own a nameless object is.
fn crate_of<'a>(facts: &Facts<'a>, object: ObjectSlot) -> Option<&'a str> {
    facts
        .object(object)
        .filter(|_| facts.source_name(object).is_none())
        .and_then(|object| facts.dependency(object.created_at))
}

/// All of a thread's waits in a crate: each of them is one step of what the crate does.
fn wait_in_crate(facts: &Facts<'_>, thread: ThreadSlot, krate: &str) -> String {
    let waits: Vec<&Event> = facts
        .events_at(&facts.scan.waits)
        .filter(|event| {
            event.thread == thread
                && matches!(event.action, Action::Wait { kind, target, outcome, .. }
                    if kind != WaitKind::Lock && counts(facts, outcome)
                        && crate_of(facts, target.object()) == Some(krate))
        })
        .collect();
    let mut lines: HashMap<Option<u32>, u64> = HashMap::new();
    for wait in &waits {
        let spent = lines.entry(facts.own_line(wait.at)).or_default();
        *spent = spent.saturating_add(length(wait));
    }
    let sum = lines
        .values()
        .fold(0, |sum: u64, spent| sum.saturating_add(*spent));
    let main = lines.into_iter().max_by_key(|&(line, spent)| (spent, line));
    let called = match main {
        Some((Some(line), spent)) if spent == sum => format!(" at line {line},"),
        Some((Some(line), spent)) if most(spent, sum) => format!(", mostly at line {line},"),
        _ => String::new(),
    };
    let (who, lasted) = (facts.who(thread), duration(sum));
    let krate = names::clean(krate, 80);
    match waits.len() {
        1 => format!("{who} waited {lasted}{called} in {krate}"),
        times => {
            let times = counted(times as u64, "time");
            format!("{who} waited {times}{called} in {krate}, {lasted} in all")
        }
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
    let over = facts
        .scan
        .lock_waits
        .iter()
        .filter(|&(_, position, _)| is_it(facts.snapshot.objects[position].index))
        .map(|(thread, ..)| thread);
    let threads = facts.snapshot.threads.iter().enumerate();
    let going_on = threads.filter(|(_, thread)| {
        thread
            .waiting
            .is_some_and(|waiting| waiting.kind == WaitKind::Lock && is_it(waiting.target.object()))
    });
    let waiters: BTreeSet<usize> = over.chain(going_on.map(|(position, _)| position)).collect();
    let waiters = Vec::from_iter(waiters);
    // Where events are missing, nobody knows how many threads it were. Who began to wait before the
    // cell is not counted among the times.
    let is_known = facts.snapshot.gaps.is_empty() && waiters.len() as u64 <= lock.contended;
    match waiters.as_slice() {
        [one] if is_known => {
            let who = facts.who(facts.snapshot.threads[*one].index);
            format!("{name} locked {locked}; {who} waited {times} for it, {in_all} in all")
        }
        [_, _, ..] if is_known => {
            let who = counted(waiters.len() as u64, "thread");
            format!("{name} locked {locked}; {who} waited {times} for it, {in_all} in all")
        }
        _ => format!("{name} locked {locked}, contended {times}, {in_all} waited in all"),
    }
}

/// Who held a lock while a thread waited for it: one for most of the time, or several in turn.
fn held_meanwhile(facts: &Facts<'_>, wait: &Event, lock: ObjectSlot) -> String {
    let mut holders: Vec<(ThreadSlot, u64, LocationSlot)> = Vec::new();
    for hold in facts.events_at(&facts.scan.holds) {
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
    if most(*held, all) {
        let mostly = match u128::from(*held) * 20 >= u128::from(all) * 19 {
            true => "",
            false => "mostly ",
        };
        return format!(
            ", held {mostly}by {}{}",
            facts.who(*thread),
            facts.at_suffix(*at)
        );
    }
    let names: Vec<String> = holders
        .iter()
        .map(|(thread, ..)| facts.who(*thread))
        .collect();
    // Readers hold it at once.
    let in_turn = if all <= length(wait) { "in turn " } else { "" };
    format!(", held {in_turn}by {}", list(&names, 3))
}

/// Whether a wait is one to speak of: it ended well, or the end of a stopped cell cut it short.
fn counts(facts: &Facts<'_>, outcome: WaitOutcome) -> bool {
    let was_stopped = facts.context.outcome == Outcome::Interrupted;
    ended_well(outcome) || was_stopped && outcome == WaitOutcome::Cancelled
}

/// Whether a part is most of the whole.
fn most(part: u64, whole: u64) -> bool {
    u128::from(part) * 10 >= u128::from(whole) * 7
}

/// The longest wait that counts, of those that `is_wanted`.
fn longest<'a>(
    facts: &Facts<'a>,
    is_wanted: impl Fn(WaitKind, bool, ObjectSlot) -> bool,
) -> Option<&'a Event> {
    facts
        .events_at(&facts.scan.waits)
        .filter(|event| {
            // What a dependency's own threads wait for is their business.
            facts.thread_position(event.thread).is_some_and(|position| {
                facts.thread_ids[position] != 0 && !facts.foreign_code[position]
            }) && matches!(event.action, Action::Wait { kind, target, shared_or_send, outcome, .. }
                    if counts(facts, outcome) && is_wanted(kind, shared_or_send, target.object()))
        })
        // Of equals the first.
        .max_by_key(|event| (length(event), std::cmp::Reverse(event.start_ns)))
}

/// `` `counter` ``, or `Mutex 1`.
pub(super) fn lock_name(lock: &LockRow) -> String {
    match &lock.name {
        Some(name) => format!("`{}`", names::in_prose(name)),
        None => format!("{} {}", lock.kind, lock.id),
    }
}
