//! Threads that still ran when the cell ended.
//!
//! Asks for a thread of this cell that hadn't ended when the cell's code had, and that nobody can
//! wait for: its handle is gone. A note, since it may be meant; threads of dependencies (a pool's
//! workers) are theirs to keep.

use record::snapshot::{Action, Thread, ThreadSlot, ThreadState};

use super::shared::took_its_course;
use crate::analyse::Facts;
use crate::model::{Finding, FindingKind, Severity};
use crate::words::units::list;

/// One finding for all of them.
pub(super) fn check(facts: &Facts<'_>) -> Vec<Finding> {
    if !took_its_course(facts) || !facts.snapshot.ended {
        return Vec::new();
    }
    let threads = facts.snapshot.threads.iter().enumerate();
    let mut left: Vec<&Thread> = threads
        .filter(|(position, thread)| is_left(facts, *position, thread))
        .map(|(_, thread)| thread)
        .collect();
    if left.is_empty() {
        return Vec::new();
    }
    left.sort_by_key(|thread| thread.ordinal);
    vec![finding(facts, &left)]
}

/// Whether the cell's own code spawned this thread, and it lives.
fn is_left(facts: &Facts<'_>, position: usize, thread: &Thread) -> bool {
    let own = thread.cell == facts.snapshot.cell && facts.thread_ids[position] != 0;
    let lives = matches!(thread.state, ThreadState::Running | ThreadState::Blocked);
    let theirs = thread.is_main || thread.is_foreign || facts.foreign_code[position];
    own && lives
        && !theirs
        && thread.end_ns.is_none()
        && !thread.has_handle
        && thread.parent != ThreadSlot::NONE
        && was_made(facts, thread)
        && !has_delivered(facts, thread)
}

/// Whether the system has made it: not all that is asked for can be. It may not have had a core
/// yet; but the main thread's `spawn` has returned, or the cell would not have ended.
fn was_made(facts: &Facts<'_>, thread: &Thread) -> bool {
    thread.os_tid != 0 || facts.thread(thread.parent).is_some_and(|it| it.is_main)
}

/// Whether a thread that runs has just sent what it was asked for: then it is about to end.
fn has_delivered(facts: &Facts<'_>, thread: &Thread) -> bool {
    let mut events = facts.snapshot.events.iter().rev();
    let last = events.find(|event| event.thread == thread.index);
    thread.state == ThreadState::Running
        && last.is_some_and(|event| matches!(event.action, Action::Send { .. }))
}

fn finding(facts: &Facts<'_>, left: &[&Thread]) -> Finding {
    let names: Vec<String> = left.iter().map(|thread| facts.who(thread.index)).collect();
    let (verb, they) = match left {
        [_] => ("was", "it"),
        _ => ("were", "they"),
    };
    let title = format!(
        "{}{} {verb} still running when the cell ended",
        list(&names, 3),
        spawned(facts, left)
    );
    let detail = format!(
        "{}In a notebook {they} may go on; in a program, threads are ended when `main` returns, in \
         the middle of what they do. Keep the JoinHandle and `join` it, or use `thread::scope`.",
        blocked(facts, left)
    );
    Finding::new(FindingKind::RunningAtEnd, Severity::Note, title, detail)
        .threads(left.iter().map(|thread| facts.thread_id(thread.index)))
        .at(left.iter().map(|thread| facts.at(thread.spawned_at)))
}

/// Where they were spawned: ` (spawned at line 5)`.
fn spawned(facts: &Facts<'_>, left: &[&Thread]) -> String {
    let mut places: Vec<String> = Vec::new();
    for at in left.iter().filter_map(|thread| facts.at(thread.spawned_at)) {
        let words = facts.at_words(&at);
        if !places.contains(&words) {
            places.push(words);
        }
    }
    if places.is_empty() {
        return String::new();
    }
    format!(" (spawned at {})", list(&places, 3))
}

/// What the first of those that wait wait for, a sentence for all that wait alike.
fn blocked(facts: &Facts<'_>, left: &[&Thread]) -> String {
    let mut alike: Vec<(String, Vec<String>)> = Vec::new();
    for thread in left.iter().filter(|it| it.state == ThreadState::Blocked) {
        let Some(waiting) = thread.waiting else {
            continue;
        };
        let does = facts.wait_words(&waiting) + &facts.at_suffix(waiting.at);
        let who = facts.who(thread.index);
        match alike.iter_mut().find(|(known, _)| *known == does) {
            Some((_, all)) => all.push(who),
            None => alike.push((does, vec![who])),
        }
    }
    let sentence = |(does, who): &(String, Vec<String>)| match who.as_slice() {
        [one] => format!("{one} {does}. "),
        all => format!("{} {}. ", list(all, 3), of_many(does)),
    };
    alike.iter().take(3).map(sentence).collect()
}

/// `waits for …` of several: `wait for …`.
fn of_many(does: &str) -> String {
    match does.split_once(' ') {
        Some(("is", rest)) => format!("are {rest}"),
        Some((verb, rest)) => format!("{} {rest}", verb.strip_suffix('s').unwrap_or(verb)),
        None => does.strip_suffix('s').unwrap_or(does).to_owned(),
    }
}
