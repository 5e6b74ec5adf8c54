//! The tables as people read them: captions, heads and cells, the same in text and HTML.

mod cells;
mod channels;
mod jobs;
mod locks;
mod others;
mod reference;
mod table;
mod tasks;
mod threads;

use crate::model::{At, Report};

pub(crate) use reference::reference;
pub(crate) use table::{Head, Table};

/// All tables that have rows. `place` words a place.
pub(crate) fn all(report: &Report, place: impl Fn(&Option<At>) -> String) -> Vec<Table> {
    let place = &place;
    let mut tables = vec![
        tasks::table(report, place),
        threads::table(report, place),
        jobs::table(report, place),
        locks::table(report, place),
        channels::table(report, place),
    ];
    tables.extend(others::tables(report, place));
    tables.retain(|table| !table.rows.is_empty());
    for table in &mut tables {
        for (column, head) in table.heads.iter_mut().enumerate() {
            // Where no cell has a maximum in parentheses, the head needs none either.
            let has_most = table.rows.iter().any(|row| row[column].ends_with(')'));
            if let Some(title) = head.title.strip_suffix(" (max)").filter(|_| !has_most) {
                head.title = title;
            }
        }
    }
    tables
}
