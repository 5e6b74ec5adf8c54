//! What threads waited for when the user stopped the cell.
//!
//! A deadlock that can't be proved, since another thread still runs, looks like this: the user
//! presses stop, and wants to know where the threads were. Asks for a wait of a second or more, and
//! for most of the cell's time, that was cut off by the stop; not for sleeping, nor for a cell that
//! only waits for its own threads.

use record::snapshot::{
    Action, Event, Task, TaskKind, TaskWait, ThreadSlot, ThreadState, WaitKind, WaitOutcome,
    Waiting,
};

use crate::analyse::Facts;
use crate::input::Outcome;
use crate::model::{Finding, FindingKind, Ref, Severity};
use crate::words::units::{counted, duration, list};

/// Least length of a wait.
const FLOOR: u64 = 1_000_000_000;

/// A thread's last wait, and how long it was.
struct Stuck {
    thread: ThreadSlot,
    waiting: Waiting,
    length: u64,
}

/// One finding for all threads.
pub(super) fn check(facts: &Facts<'_>) -> Vec<Finding> {
    // Who was in a deadlock of tasks has been told why.
    let is_told = !facts.context.deadlocks_before_stop.is_empty();
    if !matches!(facts.context.outcome, Outcome::Interrupted) || is_told {
        return Vec::new();
    }
    let floor = FLOOR.max(facts.snapshot.wall_ns / 2);
    let mut stuck: Vec<Stuck> = facts
        .snapshot
        .events
        .iter()
        .filter_map(cut_off)
        .filter(|stuck| stuck.length >= floor && facts.thread_id(stuck.thread).is_some())
        .collect();
    stuck.sort_by_key(|stuck| facts.thread_id(stuck.thread));
    stuck.dedup_by_key(|stuck| stuck.thread);
    // Who joins waits for what the others wait for.
    let is_cause = |stuck: &Stuck| match block_on(facts, stuck) {
        Some(task) => !matches!(task.waits, TaskWait::Timer(_)),
        None => !matches!(stuck.waiting.kind, WaitKind::Join | WaitKind::Sleep),
    };
    let causes: Vec<&Stuck> = stuck.iter().filter(|stuck| is_cause(stuck)).collect();
    if causes.is_empty() {
        return Vec::new();
    }
    vec![finding(facts, &stuck, &causes)]
}

/// A wait that the stop has ended.
fn cut_off(event: &Event) -> Option<Stuck> {
    match event.action {
        Action::Wait {
            kind,
            target,
            shared_or_send,
            outcome: WaitOutcome::Cancelled,
            ..
        } => Some(Stuck {
            thread: event.thread,
            waiting: Waiting {
                kind,
                target,
                shared_or_send,
                timed: false,
                at: event.at,
                since_ns: event.start_ns,
            },
            length: event.end_ns.saturating_sub(event.start_ns),
        }),
        _ => None,
    }
}

fn finding(facts: &Facts<'_>, stuck: &[Stuck], causes: &[&Stuck]) -> Finding {
    let longest = causes.iter().map(|stuck| stuck.length).max().unwrap_or(0);
    let title = match causes {
        [one] => {
            let who = facts.who(one.thread);
            let (within, at) = match block_on(facts, one) {
                Some(task) => (" in `block_on`", facts.at_suffix(task.spawned_at)),
                None => ("", facts.at_suffix(one.waiting.at)),
            };
            let length = duration(one.length);
            format!("When you stopped the cell, {who} had been waiting{within} for {length}{at}")
        }
        causes => format!(
            "When you stopped the cell, {} had been waiting for up to {}",
            counted(causes.len() as u64, "thread"),
            duration(longest)
        ),
    };
    let mut detail = String::new();
    for stuck in causes.iter().take(4) {
        detail += &match block_on(facts, stuck) {
            Some(task) => facts
                .task_wait_words(task.waits)
                .map(|waits| format!("{} {waits}. ", facts.task_words(task.index)))
                .unwrap_or_default(),
            None => format!(
                "{} {}{}. ",
                facts.who(stuck.thread),
                facts.wait_words(&stuck.waiting),
                facts.at_suffix(stuck.waiting.at)
            ),
        };
    }
    detail += "Nothing proved that it would last for ever";
    let others = could_act(facts, stuck);
    if !others.is_empty() {
        detail += &format!(": {} could still have ended it", list(&others, 3));
    }
    detail += ". If it lasts too long, look for who should send, notify or unlock there, and \
               whether that thread waits itself.";
    let places = causes.iter().map(|stuck| match block_on(facts, stuck) {
        Some(task) => facts.at(task.spawned_at),
        None => facts.at(stuck.waiting.at),
    });
    let wanted = |stuck: &&Stuck| {
        facts
            .wait_ref(stuck.waiting.kind, stuck.waiting.target)
            .filter(|what| !matches!(what, Ref::Park(_) | Ref::Scope(_) | Ref::Stdio(_)))
    };
    Finding::new(FindingKind::StoppedWaiting, Severity::Note, title, detail)
        .threads(causes.iter().map(|stuck| facts.thread_id(stuck.thread)))
        .objects(causes.iter().map(wanted))
        .at(places)
}

/// The future of the `block_on` in which a thread waited: where that lies within the runtime is
/// nothing to its caller.
fn block_on<'f>(facts: &Facts<'f>, stuck: &Stuck) -> Option<&'f Task> {
    let since = stuck.waiting.since_ns;
    facts.snapshot.tasks.iter().find(|task| {
        task.kind == TaskKind::BlockOn
            && task.polled_by == stuck.thread
            && task.start_ns <= since
            && task.end_ns.is_none_or(|end| end >= since + stuck.length)
    })
}

/// Threads that did something else when the cell was stopped.
fn could_act(facts: &Facts<'_>, stuck: &[Stuck]) -> Vec<String> {
    let since = stuck.iter().map(|stuck| stuck.waiting.since_ns).max();
    let waits = |thread: ThreadSlot| {
        stuck
            .iter()
            .any(|stuck| stuck.thread == thread && stuck.waiting.kind != WaitKind::Sleep)
    };
    let ran_then = |end: Option<u64>| end.is_none_or(|end| Some(end) > since);
    facts
        .snapshot
        .threads
        .iter()
        .filter(|thread| !waits(thread.index) && ran_then(thread.end_ns))
        .filter(|thread| {
            thread.state != ThreadState::Blocked && facts.thread_id(thread.index).is_some()
        })
        .map(|thread| facts.who(thread.index))
        .collect()
}
