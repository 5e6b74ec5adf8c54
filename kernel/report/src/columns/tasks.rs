//! The table of tasks.

use super::cells::time;
use super::reference::reference;
use super::table::{Table, heads};
use crate::model::{At, Ref, Report, SpawnKind, TaskRow};
use crate::words::names;
use crate::words::units::{count, counted};

pub(super) fn table(report: &Report, place: &impl Fn(&Option<At>) -> String) -> Table {
    let rows: Vec<Vec<String>> = report
        .tasks
        .iter()
        .map(|row| {
            vec![
                row.label.clone(),
                name(row),
                place(&row.spawned_at),
                row.spawned_by
                    .map(|by| reference(report, by))
                    .unwrap_or_default(),
                count(row.polls),
                time(row.busy_ns),
                time(row.longest_poll_ns),
                time(row.scheduled_ns),
                time(row.idle_ns),
                woken_by(report, row),
                workers(report, row),
                state(row),
            ]
        })
        .collect();
    let omitted = report.omitted_in.map_or(0, |omitted| omitted.tasks);
    Table {
        caption: counted(rows.len() as u64 + omitted, "task"),
        heads: heads(&[
            "id",
            "name",
            "spawned",
            "by---",
            "#polls",
            "#busy",
            "#longest poll-",
            "#scheduled",
            "#idle",
            "woken by----",
            "on-----",
            "state",
        ]),
        rows,
        omitted,
    }
}

/// Its name, or as what it was spawned if that says something.
fn name(row: &TaskRow) -> String {
    match (&row.name, row.kind) {
        (Some(name), _) => names::isolated(name),
        (None, SpawnKind::Spawn) => String::new(),
        (None, kind) => kind.name().to_owned(),
    }
}

/// Who woke it most often: `task 2 ×4, T1`.
fn woken_by(report: &Report, row: &TaskRow) -> String {
    let parts: Vec<String> = row
        .woken_by
        .iter()
        .take(2)
        .map(|it| match it.times {
            1 => reference(report, it.by),
            times => format!("{} ×{}", reference(report, it.by), count(times)),
        })
        .collect();
    parts.join(", ")
}

/// The threads that polled it.
fn workers(report: &Report, row: &TaskRow) -> String {
    let labels: Vec<String> = row
        .workers
        .iter()
        .take(3)
        .map(|&id| reference(report, Ref::Thread(id)))
        .collect();
    let more = if row.workers.len() > 3 { " …" } else { "" };
    labels.join(" ") + more
}

/// What it does, or waits for.
fn state(row: &TaskRow) -> String {
    match &row.waits {
        // Names stand without backticks in tables.
        Some(waits) => waits.replace('`', ""),
        None => row.state.name().to_owned(),
    }
}
