//! The one sentence that says how an explored program failed.

use super::places::{Places, short_path};
use super::told::{ToldAccess, ToldPanic, ToldRun, ToldStep};
use crate::programs::repeat::shorten;
use report::explore::{FailureKind, RunOutcome};

/// What it fails with, and how, in one sentence.
pub fn sentence(places: &Places<'_>, run: &ToldRun) -> (FailureKind, String) {
    let error = run.error.as_deref().unwrap_or("");
    let first = shorten(error.lines().next().unwrap_or(""));
    match run.ended() {
        RunOutcome::Deadlocked => (FailureKind::Deadlock, deadlock(places, run)),
        RunOutcome::Raced => (FailureKind::DataRace, data_race(places, run)),
        RunOutcome::UseAfterFree => (FailureKind::UseAfterFree, use_after_free(places, run)),
        RunOutcome::Livelocked => (FailureKind::Livelock, livelock(places, run)),
        RunOutcome::ReturnedError => (
            FailureKind::ReturnedError,
            format!("The program returns the error {first}"),
        ),
        RunOutcome::Crashed => (FailureKind::Crash, crash(run, &first)),
        _ => {
            let who = run.panics.iter().find(|panic| panic.message == error);
            let who = who.map_or_else(|| "A thread".into(), |panic| run.who(panic.thread));
            let after = after(run, run.panicked_first());
            let message = one_line(error);
            (
                FailureKind::Panic,
                format!("{who} panics{after}: {message}"),
            )
        }
    }
}

/// Who looks at what for ever.
fn livelock(places: &Places<'_>, run: &ToldRun) -> String {
    let looks: Vec<String> = run
        .looks_for_ever()
        .into_iter()
        .filter_map(|step| {
            let (cell, line, _) = places.place(step)?;
            let line = match cell == places.cell() {
                true => format!("line {line}"),
                false => format!("[{cell}] line {line}"),
            };
            let name = places.name(step)?;
            Some(format!(
                "{} looks at `{name}` ({line})",
                run.who(step.thread)
            ))
        })
        .collect();
    match looks.as_slice() {
        [] => "Livelock: the threads look at the same thing for ever, and nobody changes it".into(),
        [look] => format!("Livelock: {look} for ever, and nobody changes it"),
        looks => format!(
            "Livelock: {} for ever, and nobody changes what they look at",
            looks.join(", and ")
        ),
    }
}

/// By whom the program was ended, and why: a signal's name, or a stack overflow.
fn crash(run: &ToldRun, why: &str) -> String {
    let Some(thread) = run.thread else {
        return format!("The program crashes with {why}");
    };
    let name = run.name_of(thread);
    let name = name.map_or_else(String::new, |name| format!(" (`{name}`)"));
    let panics = run.panics.iter().any(|panic| panic.thread == thread);
    match why {
        "a stack overflow" => format!("T{thread}{name} overflows its stack"),
        "SIGABRT" if panics => {
            let first = run.panics.first().filter(|panic| panic.thread != thread);
            let after = after(run, first);
            format!(
                "T{thread}{name} panics{after} where nothing can unwind, and the program aborts"
            )
        }
        "SIGABRT" => format!("T{thread}{name} aborts the program"),
        _ => format!("T{thread}{name} crashes the program with {why}"),
    }
}

fn data_race(places: &Places<'_>, run: &ToldRun) -> String {
    let accesses: Vec<String> = run
        .accesses()
        .map(|access| access_at(places, access))
        .collect();
    let name = run.accesses().find_map(|access| access.name.as_deref());
    let what = name.map_or_else(|| "the same memory".into(), |name| format!("`{name}`"));
    let is_in_crate = |access: &ToldAccess| {
        let step = access.as_step();
        places.place(&step).is_none() && places.source(&step).is_some()
    };
    let whose = match run.accesses().all(is_in_crate) {
        true => "; both are the crate's own, which the language allows no crate either",
        false => "",
    };
    format!(
        "Data race on {what}: {}, and nothing orders the two (a lock, a channel, or a store with \
         `Release` that a load with `Acquire` sees would){whose}",
        accesses.join(" and ")
    )
}

fn use_after_free(places: &Places<'_>, run: &ToldRun) -> String {
    let accesses: Vec<String> = run
        .accesses()
        .map(|access| {
            let (verb, line) = (verb_of(access), line_of(places, access));
            format!("T{} {verb} it{line}", access.thread)
        })
        .collect();
    let again = run.accesses().all(|access| access.frees);
    let what = if again {
        "Double free"
    } else {
        "Use after free"
    };
    format!("{what}: {}", accesses.join(", and then "))
}

/// Who does what to the memory, and where.
fn access_at(places: &Places<'_>, access: &ToldAccess) -> String {
    let (verb, line) = (verb_of(access), line_of(places, access));
    let freed = if access.frees { " it" } else { "" };
    format!("T{} {verb}{freed}{line}", access.thread)
}

/// In brackets.
fn line_of(places: &Places<'_>, access: &ToldAccess) -> String {
    let step = access.as_step();
    match places.place(&step) {
        Some((cell, line, _)) if cell == places.cell() => format!(" (line {line})"),
        Some((cell, line, _)) => format!(" ([{cell}] line {line})"),
        None => places
            .source(&step)
            .map_or_else(String::new, |(file, line, _)| {
                format!(" ({}, line {line})", short_path(file))
            }),
    }
}

fn verb_of(access: &ToldAccess) -> &'static str {
    match (access.atomic, access.writes) {
        _ if access.frees => "frees",
        (true, true) => "atomically writes",
        (true, false) => "atomically reads",
        (false, true) => "writes",
        (false, false) => "reads",
    }
}

fn deadlock(places: &Places<'_>, run: &ToldRun) -> String {
    // Who only waits for the others to end has no part in it, if they have.
    let waits = |step: &&ToldStep| run.holder_for(step.thread).is_some();
    let is_ring = run.blocked().iter().any(|step| waits(&step));
    let holds = |it: &ToldStep| run.holders.iter().any(|(_, holder)| *holder == it.thread);
    let has_part = |step: &&ToldStep| waits(step) || holds(step);
    let parts = run.blocked().iter();
    let waits: Vec<String> = parts
        .filter(|step| !is_ring || has_part(step))
        .map(|step| {
            let name = places.name(step);
            let name = name.map_or_else(String::new, |name| format!(" `{name}`"));
            let who = run.who(step.thread);
            match run.holder_for(step.thread) {
                Some(holder) if holder == step.thread => {
                    format!("{who} waits for{name}, which it has itself")
                }
                Some(holder) => format!("{who} waits for{name}, which {} has", run.who(holder)),
                None => {
                    let words = for_readers(run, step, &name)
                        .or_else(|| within_a_crate(places, step))
                        .or_else(|| for_who_initialises(run, step, &name));
                    let words = words.unwrap_or_else(|| waits_for(&step.operation, &name));
                    format!("{who} {words}")
                }
            }
        })
        .collect();
    let after = after(run, run.panicked_before());
    format!("Deadlock{after}: {}", waits.join("; "))
}

/// That a thread panicked before.
fn after(run: &ToldRun, panic: Option<&ToldPanic>) -> String {
    panic.map_or_else(String::new, |panic| {
        let (who, message) = (run.who(panic.thread), one_line(&panic.message));
        format!(" after {who} panicked ({message})")
    })
}

/// How a thread waits for a lock that somebody reads, or waits to write.
fn for_readers(run: &ToldRun, step: &ToldStep, name: &str) -> Option<String> {
    let wants = match step.operation.as_str() {
        "lock" => "write",
        "read lock" => "read",
        _ => return None,
    };
    let name = if name.is_empty() { " a lock" } else { name };
    let holds = run.holds_of(&step.object);
    let has = |reads: bool| if reads { "reads" } else { "has" };
    if let Some((_, reads)) = holds.iter().find(|(thread, _)| *thread == step.thread) {
        let again = if *reads && wants == "read" {
            " again"
        } else {
            ""
        };
        return Some(format!(
            "waits to {wants}{name}{again}, which it {} itself",
            has(*reads)
        ));
    }
    let first = holds.iter().find(|(_, reads)| !reads || wants == "write");
    if let Some((thread, reads)) = first {
        let who = run.who(*thread);
        return Some(format!(
            "waits to {wants}{name}, which {who} {}",
            has(*reads)
        ));
    }
    let waits_before = |it: &&ToldStep| {
        it.object == step.object && it.operation == "lock" && it.thread != step.thread
    };
    let writer = run
        .blocked()
        .iter()
        .find(waits_before)
        .filter(|_| wants == "read")?;
    Some(format!(
        "waits to read{name} after {}, which waits to write it",
        run.who(writer.thread)
    ))
}

/// How a thread waits in what a crate does.
fn within_a_crate(places: &Places<'_>, step: &ToldStep) -> Option<String> {
    let call = places.call_of_crate(step).filter(|_| step.sleeps())?;
    Some(match call.is_empty() {
        true => "waits within a crate".into(),
        false => format!("waits within `{call}`"),
    })
}

/// How a thread waits for what another one, or itself, is about to initialise.
fn for_who_initialises(run: &ToldRun, step: &ToldStep, name: &str) -> Option<String> {
    let who = run
        .who_initialises(&step.object)
        .filter(|_| step.operation == "once")?;
    let name = if name.is_empty() { " something" } else { name };
    Some(match who == step.thread {
        true => format!("waits until{name} is initialised, which it does itself"),
        false => format!(
            "waits until{name} is initialised, which {} does",
            run.who(who)
        ),
    })
}

/// A message in one line: `assertion failed (left: 1, right: 2)`, as a table has room for.
pub fn one_line(message: &str) -> String {
    let mut lines = message
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty());
    let first = lines.next().unwrap_or("").to_owned();
    let rest: Vec<&str> = lines.collect();
    shorten(&match rest.as_slice() {
        [] => first,
        rest => format!("{first} ({})", rest.join(", ")),
    })
}

/// What a thread waits for that is blocked in an operation; `name` begins with a blank, or is
/// empty.
fn waits_for(operation: &str, name: &str) -> String {
    match operation {
        "receive" if name.is_empty() => "waits for a message".into(),
        "receive" => format!("waits for a message from{name}"),
        "send" if name.is_empty() => "waits for room in a channel".into(),
        "send" => format!("waits for room in{name}"),
        "join" if name.is_empty() => "waits for the end of a thread".into(),
        "join" => format!("waits for the end of{}", name.replace('`', "")),
        "wait" if name.is_empty() => "waits to be notified".into(),
        "wait" => format!("waits at{name} to be notified"),
        "park" => "is parked".into(),
        "barrier" if name.is_empty() => "waits at a barrier".into(),
        "barrier" => format!("waits at barrier{name}"),
        "once" if name.is_empty() => "waits until something is initialised".into(),
        "once" => format!("waits until{name} is initialised"),
        "wait word" if name.is_empty() => "sleeps until it is woken".into(),
        "wait word" => format!("waits for{name}"),
        "lock" | "read lock" if name.is_empty() => "waits for a lock".into(),
        "lock" | "read lock" => format!("waits for{name}"),
        _ => format!("waits in {operation}{name}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_name_is_waited_for_all_the_same() {
        for (operation, words) in [
            ("wait", "waits to be notified"),
            ("lock", "waits for a lock"),
            ("receive", "waits for a message"),
        ] {
            assert_eq!(waits_for(operation, ""), words);
        }
        assert_eq!(
            waits_for("wait", " `bell`"),
            "waits at `bell` to be notified"
        );
    }

    #[test]
    fn a_message_of_lines_is_told_in_one() {
        assert_eq!(
            one_line("assertion `left == right` failed\n  left: 1\n right: 2"),
            "assertion `left == right` failed (left: 1, right: 2)"
        );
    }
}
