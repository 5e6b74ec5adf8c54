//! Threads: who they are, how long they lived, what they waited for.

use super::cells::time;
use super::reference::reference;
use super::table::{Table, heads};
use crate::model::{At, Blocked, OutcomeKind, Ref, Report, ThreadRow, ThreadStatus};
use crate::words::names;
use crate::words::units::{counted, duration};

/// The table.
pub(super) fn table(report: &Report, place: &impl Fn(&Option<At>) -> String) -> Table {
    let rows: Vec<Vec<String>> = report
        .threads
        .iter()
        .map(|row| {
            let main = if row.is_main { "main" } else { "" };
            let life = row
                .end_ns
                .unwrap_or(report.told_ns())
                .saturating_sub(row.start_ns);
            vec![
                row.label.clone(),
                row.name
                    .as_deref()
                    .map_or_else(|| main.to_owned(), names::isolated),
                row.os_tid.map(|tid| tid.to_string()).unwrap_or_default(),
                place(&row.spawned_at),
                time(life),
                row.cpu_ns.map(time).unwrap_or_default(),
                waited(&row.blocked_ns),
                row.lines_printed.to_string(),
                state(report, row),
            ]
        })
        .collect();
    let omitted = report.omitted_in.map_or(0, |omitted| omitted.threads);
    Table {
        caption: counted(rows.len() as u64 + omitted, "thread"),
        heads: heads(&[
            "id", "name", "#OS id--", "spawned", "#life", "#CPU", "waited", "#lines-", "state",
        ]),
        rows,
        omitted,
    }
}

/// The two kinds of waiting that took longest: `lock 30 ms, join 2 ms`.
fn waited(blocked: &Blocked) -> String {
    let mut kinds = [
        ("lock", blocked.lock),
        ("channel", blocked.channel),
        ("join", blocked.join),
        ("condvar", blocked.condvar),
        ("barrier", blocked.barrier),
        ("once", blocked.once),
        ("park", blocked.park),
        ("sleep", blocked.sleep),
    ];
    kinds.sort_by_key(|(_, ns)| std::cmp::Reverse(*ns));
    let parts: Vec<String> = kinds
        .iter()
        .filter(|(_, ns)| *ns > 0)
        .take(2)
        .map(|(kind, ns)| format!("{kind} {}", duration(*ns)))
        .collect();
    parts.join(", ")
}

/// A thread's state, and what it waits for.
fn state(report: &Report, row: &ThreadRow) -> String {
    let for_ever = if row.for_ever { " for ever" } else { "" };
    let state = match row.state {
        ThreadStatus::Finished => "finished".to_owned(),
        ThreadStatus::Panicked => "panicked".to_owned(),
        ThreadStatus::Stopped => "stopped".to_owned(),
        // It runs the next cell; what ended this one is the outcome.
        ThreadStatus::Running if row.is_main && report.outcome == OutcomeKind::Panicked => {
            "panicked".to_owned()
        }
        ThreadStatus::Running if row.is_main && !report.live => String::new(),
        ThreadStatus::Running if row.hardly_ran(report.wall_ns) => "runs or waits".to_owned(),
        ThreadStatus::Running => "running".to_owned(),
        ThreadStatus::Blocked => match row.waiting_for {
            Some(Ref::Sleep(_)) => "sleeps".to_owned(),
            Some(Ref::Park(_)) => "parked".to_owned(),
            Some(what @ Ref::Thread(_)) => format!("joins {}", reference(report, what)),
            Some(what) => format!("waits for {}", reference(report, what)),
            None => "waits".to_owned(),
        },
    };
    state + for_ever
}
