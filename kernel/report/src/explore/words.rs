//! The sentences above the tables, and a step in words.

use super::cause::cause;
use super::model::{Exploration, ExploredStep, Failure, PassingRun, StepThread, Verdict};
use super::stale;
use crate::words::units::{count as thousands, counted};

/// The answer in one sentence: what fails, or how far the search came.
pub(super) fn headline(it: &Exploration) -> String {
    let runs = counted(it.schedules, "schedule");
    let every = match it.schedules {
        1 => format!("{runs} shows every execution, and it passes."),
        _ => format!("{runs} show every execution, and none fails."),
    };
    // What is not controlled may do something else in each.
    let all = match it.schedules {
        1 => format!("{runs}, and it passes. It is all that can be tried here, which is no proof."),
        _ => format!("{runs}, none fails. They are all that can be tried here, which is no proof."),
    };
    match (&it.failure, it.verdict) {
        (Some(failure), _) => failure.title.clone(),
        (None, Verdict::Proved) => format!("Proved: {every}"),
        (None, _) if it.complete => all,
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

/// What led to the failure, where the order of steps tells, and how rare it is.
pub(super) fn account(it: &Exploration, failure: &Failure) -> String {
    let failing = it.outcomes.iter().filter(|it| it.outcome.is_failure());
    let times: u64 = failing.map(|outcome| outcome.times).sum();
    let mut rare = match it.schedules {
        0 | 1 => String::new(),
        all => format!(
            "{} of {}",
            thousands(times.max(1)),
            counted(all, "schedule")
        ),
    };
    if !rare.is_empty() {
        rare += "; ";
    }
    rare += &preemptions(failure);
    match cause(failure) {
        Some(cause) => format!("{} ({rare}).", cause.words),
        None => format!("{}.", capitalised(&rare)),
    }
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().collect::<String>() + letters.as_str()
    })
}

fn preemptions(failure: &Failure) -> String {
    let count = counted(u64::from(failure.preemptions), "preemption") + " (⇄)";
    match (failure.fewest, failure.preemptions) {
        (true, 0) => "fails without any preemption".into(),
        (true, 1) => format!("fails with {count}, never with 0"),
        (true, _) => format!("fails with {count}, never with fewer"),
        (false, _) => format!("fails with {count}"),
    }
}

/// The head of a thread's column.
pub(super) fn thread(thread: &StepThread) -> String {
    let main = (thread.id == 1).then_some("main");
    match thread.name.as_deref().or(main) {
        Some(name) => format!("T{} {name}", thread.id),
        None => format!("T{}", thread.id),
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

/// How to see a run again.
pub(super) fn replay(it: &Exploration, token: &str) -> String {
    match &it.file {
        Some(file) => format!("fearless replay {} {token}", in_a_shell(file)),
        None => format!(":replay {token}"),
    }
}

/// Where that is to be written.
pub(super) fn to_see_it_again(it: &Exploration) -> &'static str {
    match it.file {
        Some(_) => "To see it again:",
        None => "To see it again, above the same cell:",
    }
}

/// A word as a shell takes it for one.
fn in_a_shell(word: &str) -> String {
    let is_plain = |c: char| c.is_alphanumeric() || "/._-+=:,@%".contains(c);
    match word.chars().all(is_plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', r"'\''")),
    }
}

/// The step of a table in words: `n ➜ 0 · line 3` for a load, `n = 1` for a store.
pub(super) fn step(cell: u32, steps: &[ExploredStep], at: usize) -> String {
    written(cell, &steps[at], &stale::mark(steps, at))
}

fn written(cell: u32, step: &ExploredStep, mark: &str) -> String {
    // What a thread does to itself is to end, and to park.
    let itself = format!("T{}", step.thread);
    let object = step.object.as_deref().filter(|name| *name != itself);
    let is_atomic = step.value.is_some() && step.order.is_some();
    let object = object.unwrap_or(if is_atomic { "an atomic" } else { "" });
    let verb = verb(&step.operation);
    let mut words = match (
        step.blocked_on,
        step.operation.as_str(),
        step.value.as_deref(),
    ) {
        (Some(by), _, _) => blocked(step, object, by),
        (None, "load", Some(value)) => format!("{object} ➜ {value}"),
        (None, "store", Some(value)) => format!("{object} = {value}"),
        (None, "compare exchange", Some(value)) if !value.contains(" ➜ ") => {
            format!("{object} ➜ {value}, not exchanged")
        }
        (None, "read modify write" | "compare exchange", Some(value)) => {
            format!("{object}: {value}")
        }
        (None, _, Some(value)) => format!("{verb} {object} {value}"),
        (None, "resume", None) if !object.is_empty() => format!("{verb} after {object}"),
        (None, "timeout", None) => verb.to_owned(),
        (None, "barrier", None) if !object.is_empty() => format!("comes to barrier `{object}`"),
        (None, "is complete", None) if !object.is_empty() => {
            format!("looks whether {object} is initialised")
        }
        (None, "notify one" | "notify all", None) => notified(step, object),
        (None, operation, None) if object.is_empty() => nameless(operation).into(),
        (None, _, None) => format!("{verb} {object}"),
    };
    if step.in_vain {
        words += ", in vain";
    }
    words += mark;
    let words = words.split_whitespace().collect::<Vec<_>>().join(" ");
    match step.at {
        Some(at) if at.cell == cell => format!("{words} · line {}", at.line),
        Some(at) => format!("{words} · [{}] line {}", at.cell, at.line),
        None => words,
    }
}

/// Where the nearest run that passes goes another way, and how to see it.
pub(super) fn passing(it: &Exploration, failure: &Failure, passing: &PassingRun) -> [String; 2] {
    let otherwise = match (elsewhere(failure), &passing.instead) {
        (Some(next), _) => format!("does at step {} what is marked ◇", next.step),
        (None, Some(next)) => format!(
            "goes on with T{}: {}, at step {}",
            next.thread,
            written(it.cell, next, ""),
            next.step
        ),
        (None, None) => "goes another way".to_owned(),
    };
    [
        format!("The nearest order that passes {otherwise}:"),
        replay(it, &passing.token),
    ]
}

/// What stands before [`help`](super::cause::help).
pub(super) const HELP: &str = "What would help:";

/// Marks what the order that passes does.
pub(super) const ELSEWHERE: &str = " ◇";

/// The step by which the nearest order that passes leaves this one, if the table has a place for
/// it.
pub(super) fn elsewhere(failure: &Failure) -> Option<&ExploredStep> {
    let instead = failure.passing.as_ref()?.instead.as_ref()?;
    let has_column = failure.threads.iter().any(|it| it.id == instead.thread);
    let is_within = failure.steps.last()?.step >= instead.step;
    (has_column && is_within).then_some(instead)
}

/// That step in words.
pub(super) fn instead(cell: u32, step: &ExploredStep) -> String {
    format!("passes with: {}", written(cell, step, ""))
}

/// Whether the step at this position is where it fails. Of a ring, only who is in it.
pub(super) fn is_bad(failure: &Failure, position: usize) -> bool {
    let steps = &failure.steps;
    let step = &steps[position];
    match step.blocked_on {
        Some(by) => by != step.thread || !steps.iter().any(is_held_up),
        None => position + 1 == steps.len() || step.stale,
    }
}

/// Whether another thread has what a step waits for.
fn is_held_up(step: &ExploredStep) -> bool {
    step.blocked_on.is_some_and(|by| by != step.thread)
}

fn blocked(step: &ExploredStep, object: &str, by: u32) -> String {
    match (object, step.operation.as_str()) {
        (_, "park") => "is parked".into(),
        ("", "join" | "resume") => "waits for a thread to end".into(),
        (_, "join" | "resume") => format!("waits for the end of {object}"),
        ("", "within") => "waits within a crate".into(),
        (_, "within") => format!("waits within {object}"),
        ("", "wait") => "waits to be notified".into(),
        ("", "receive") => "waits for a message".into(),
        ("", "send") => "waits for room in a channel".into(),
        ("", "lock" | "read lock") if by != step.thread => {
            format!("waits for a lock, held by T{by}")
        }
        ("", "lock" | "read lock") => "waits for a lock".into(),
        ("", _) => "waits".into(),
        (_, "receive") => format!("waits for a message from {object}"),
        (_, "send") => format!("waits for room in {object}"),
        (_, "wait") => format!("waits to be notified at {object}"),
        (_, "barrier") => format!("waits at barrier `{object}`"),
        (_, "once") => format!("waits until {object} is initialised"),
        _ if by == step.thread => format!("waits for {object}"),
        _ => format!("waits for {object}, held by T{by}"),
    }
}

/// Whom a notification reaches.
fn notified(step: &ExploredStep, object: &str) -> String {
    let notifies = match object {
        "" => nameless(&step.operation).to_owned(),
        _ => format!("{} {object}", verb(&step.operation)),
    };
    match step.woke {
        None => format!("{notifies}: nobody waits"),
        Some(woken) if step.operation == "notify one" => format!("{notifies}: T{woken}"),
        Some(_) => notifies,
    }
}

/// What is done to something that has no name.
fn nameless(operation: &str) -> &str {
    match operation {
        "lock" => "locks a lock",
        "try lock" => "tries to lock a lock",
        "unlock" => "unlocks a lock",
        "read lock" => "locks a lock for reading",
        "try read lock" => "tries to lock a lock for reading",
        "read unlock" => "ends reading under a lock",
        "wait" => "waits to be notified",
        "notify one" => "notifies one that waits",
        "notify all" => "notifies all that wait",
        "send" => "sends a message",
        "try send" => "tries to send a message",
        "receive" => "receives a message",
        "try receive" => "tries to receive a message",
        "close" => "drops an end of a channel",
        "join" => "joins a thread",
        "barrier" => "comes to a barrier",
        "once" => "comes to initialise something",
        "end once" => "has initialised something",
        "is complete" => "looks whether something is initialised",
        "unpark" => "unparks a thread",
        "load" => "loads an atomic",
        "store" => "stores to an atomic",
        "within" => "is within a crate",
        other => verb(other),
    }
}

fn verb(operation: &str) -> &str {
    match operation {
        "begin" => "begins",
        "end" => "ends",
        "spawn" => "spawns a thread",
        "join" => "joins",
        "lock" => "locks",
        "try lock" => "tries to lock",
        "unlock" => "unlocks",
        "read lock" => "reads",
        "try read lock" => "tries to read",
        "read unlock" => "ends reading",
        "wait" => "waits at",
        "notify one" => "notifies one at",
        "notify all" => "notifies all at",
        "send" => "sends to",
        "try send" => "tries to send to",
        "receive" => "receives from",
        "try receive" => "tries to receive from",
        "close" => "drops its end of",
        "load" => "loads",
        "store" => "stores",
        "park" => "parks",
        "unpark" => "unparks",
        "within" => "is within",
        "once" => "comes to initialise",
        "end once" => "has initialised",
        "yield" => "yields",
        "spin" => "spins",
        "sleep" => "sleeps",
        "clock" => "looks at the clock",
        "timeout" => "its time is over",
        "wait word" => "sleeps",
        "resume" => "goes on",
        "panic" => "panics:",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::super::model::tests::done;
    use super::*;

    #[test]
    fn a_load_and_a_store_are_told_apart() {
        let steps = [done(2, "load", 3), done(2, "store", 3)];
        assert_eq!(step(1, &steps, 0), "n ➜ 0 · line 3");
        assert_eq!(step(1, &steps, 1), "n = 0 · line 3");
        assert_eq!(step(2, &steps, 1), "n = 0 · [1] line 3");
    }

    #[test]
    fn an_attempt_that_came_to_nothing_says_so() {
        let it = ExploredStep {
            in_vain: true,
            value: None,
            ..done(2, "try lock", 3)
        };
        assert_eq!(step(1, &[it], 0), "tries to lock n, in vain · line 3");
    }

    #[test]
    fn no_word_is_left_hanging_where_something_has_no_name() {
        let told = |operation: &str, object: Option<&str>| {
            let it = ExploredStep {
                thread: 2,
                operation: operation.into(),
                object: object.map(str::to_owned),
                ..ExploredStep::default()
            };
            step(1, &[it], 0)
        };
        assert_eq!(told("wait", None), "waits to be notified");
        assert_eq!(told("unlock", None), "unlocks a lock");
        assert_eq!(told("park", Some("T2")), "parks");
        assert_eq!(told("end", Some("T2")), "ends");
        assert_eq!(told("unpark", Some("T3")), "unparks T3");
        assert_eq!(told("barrier", Some("both")), "comes to barrier `both`");
        assert_eq!(told("once", Some("CONFIG")), "comes to initialise CONFIG");
        let looks = "looks whether CONFIG is initialised";
        assert_eq!(told("is complete", Some("CONFIG")), looks);
        assert_eq!(told("timeout", Some("jobs")), "its time is over");
        let stuck = |operation: &str, by: u32| {
            let it = ExploredStep {
                thread: 2,
                operation: operation.into(),
                blocked_on: Some(by),
                ..ExploredStep::default()
            };
            step(1, &[it], 0)
        };
        assert_eq!(stuck("wait", 2), "waits to be notified");
        assert_eq!(stuck("lock", 3), "waits for a lock, held by T3");
        assert_eq!(stuck("park", 2), "is parked");
        for operation in [
            "barrier",
            "close",
            "join",
            "notify one",
            "receive",
            "send",
            "unpark",
        ] {
            let words = told(operation, None);
            assert!(
                !words.ends_with(" at") && !words.ends_with(" to"),
                "{words}"
            );
            assert!(
                !words.ends_with(" of") && !words.ends_with(" from"),
                "{words}"
            );
        }
    }
}
