//! Locks: how often taken and waited for.

use super::cells::{name_or, sum};
use super::reference::reference;
use super::table::{Table, heads};
use crate::model::{At, LockKind, LockRow, Ref, Report};
use crate::words::units::{count, counted};

/// The table.
pub(super) fn table(report: &Report, place: &impl Fn(&Option<At>) -> String) -> Table {
    let rows = report.locks.iter().map(|row| {
        vec![
            row.letter.clone(),
            name_or(&row.name, row.kind.name()),
            kind_of(row.kind, &row.type_name),
            place(&row.created_at),
            locked(row),
            count(row.contended),
            sum(row.wait_ns),
            sum(row.hold_ns),
            count(row.failed_tries),
            state(report, row),
        ]
    });
    let omitted = report.omitted_in.map_or(0, |omitted| omitted.locks);
    Table {
        caption: counted(report.locks.len() as u64 + omitted, "lock"),
        heads: heads(&[
            "",
            "name",
            "type-",
            "created--",
            "#locked",
            "#contended",
            "#waited (max)",
            "#held (max)",
            "#tries failed",
            "state",
        ]),
        rows: rows.collect(),
        omitted,
    }
}

/// How often it was taken: `8`, `8 (6 r, 2 w)`.
fn locked(row: &LockRow) -> String {
    let times = count(row.acquisitions);
    match (row.reads, row.writes) {
        (Some(reads), Some(writes)) => {
            format!("{times} ({} r, {} w)", count(reads), count(writes))
        }
        _ => times,
    }
}

/// Whether it is poisoned, and who holds it.
fn state(report: &Report, row: &LockRow) -> String {
    let mut state = Vec::new();
    if row.poisoned {
        state.push("poisoned".to_owned());
    }
    if !row.held_by.is_empty() {
        let holders = row.held_by.iter();
        let holders: Vec<String> = holders
            .map(|&id| reference(report, Ref::Thread(id)))
            .collect();
        state.push(format!("held by {}", holders.join(", ")));
    }
    if let Some(id) = row.held_by_task {
        state.push(format!("held by {}", reference(report, Ref::Task(id))));
    }
    state.join(", ")
}

fn kind_of(kind: LockKind, type_name: &Option<String>) -> String {
    match type_name {
        Some(type_name) => format!("{kind}<{type_name}>"),
        None => kind.to_string(),
    }
}
