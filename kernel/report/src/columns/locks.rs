//! Locks: how often taken and waited for.

use super::cells::{name_or, sum};
use super::reference::reference;
use super::table::{Table, heads};
use crate::model::{At, LockKind, Ref, Report};
use crate::words::units::{count, counted};

pub(super) fn table(report: &Report, place: &impl Fn(&Option<At>) -> String) -> Table {
    let rows: Vec<Vec<String>> = report
        .locks
        .iter()
        .map(|row| {
            let held: Vec<String> = row
                .held_by
                .iter()
                .map(|&id| reference(report, Ref::Thread(id)))
                .collect();
            let mut state = Vec::new();
            if row.poisoned {
                state.push("poisoned".to_owned());
            }
            if !held.is_empty() {
                state.push(format!("held by {}", held.join(", ")));
            }
            vec![
                row.letter.clone(),
                name_or(&row.name, row.kind.name()),
                kind_of(row.kind, &row.type_name),
                place(&row.created_at),
                match (row.reads, row.writes) {
                    (Some(reads), Some(writes)) => {
                        format!(
                            "{} ({} r, {} w)",
                            count(row.acquisitions),
                            count(reads),
                            count(writes)
                        )
                    }
                    _ => count(row.acquisitions),
                },
                count(row.contended),
                sum(row.wait_ns),
                sum(row.hold_ns),
                count(row.failed_tries),
                state.join(", "),
            ]
        })
        .collect();
    let omitted = report.omitted_in.map_or(0, |omitted| omitted.locks);
    Table {
        caption: counted(rows.len() as u64 + omitted, "lock"),
        heads: heads(&[
            "",
            "name",
            "type-",
            "made--",
            "#locked",
            "#contended",
            "#waited (max)",
            "#held (max)",
            "#tries failed",
            "state",
        ]),
        rows,
        omitted,
    }
}

fn kind_of(kind: LockKind, type_name: &Option<String>) -> String {
    match type_name {
        Some(type_name) => format!("{kind}<{type_name}>"),
        None => kind.to_string(),
    }
}
