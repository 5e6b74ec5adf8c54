//! Condition variables, barriers, initialisers and dependencies.

use super::cells::{name_or, sum, time};
use super::table::{Table, heads};
use crate::model::{At, Report};
use crate::words::units::{count, counted};

pub(super) fn tables(report: &Report, place: &impl Fn(&Option<At>) -> String) -> Vec<Table> {
    let condvars = report.condvars.iter().map(|row| {
        vec![
            name_or(&row.name, "Condvar"),
            place(&row.created_at),
            count(row.waits),
            count(row.notifies),
            count(row.notifies_unheard),
            sum(row.wait_ns),
        ]
    });
    let barriers = report.barriers.iter().map(|row| {
        vec![
            name_or(&row.name, "Barrier"),
            place(&row.created_at),
            row.size.map(count).unwrap_or_default(),
            count(row.waits),
            count(row.generations),
            sum(row.wait_ns),
        ]
    });
    let initialisers = report.initialisers.iter().map(|row| {
        vec![
            name_or(&row.name, row.kind.name()),
            row.kind.to_string(),
            place(&row.created_at),
            count(row.initialisations),
            sum(row.wait_ns),
        ]
    });
    let dependencies = report.dependencies.iter().map(|row| {
        vec![
            row.krate.clone(),
            count(row.threads),
            count(row.locks),
            count(row.channels),
            time(row.wait_ns),
        ]
    });
    let table = |noun: &str, titles: &[&'static str], rows: Vec<Vec<String>>| Table {
        caption: counted(rows.len() as u64, noun),
        heads: heads(titles),
        rows,
        omitted: 0,
    };
    let mut tables = vec![
        table(
            "condition variable",
            &[
                "name",
                "made",
                "#waits",
                "#notified",
                "#unheard",
                "#waited (max)",
            ],
            condvars.collect(),
        ),
        table(
            "barrier",
            &[
                "name",
                "made",
                "#size",
                "#waits",
                "#opened",
                "#waited (max)",
            ],
            barriers.collect(),
        ),
        table(
            "initialiser",
            &["name", "kind", "made", "#ran", "#waited (max)"],
            initialisers.collect(),
        ),
        table(
            "dependency",
            &["crate", "#threads", "#locks", "#channels", "#waited"],
            dependencies.collect(),
        ),
    ];
    if tables[3].rows.len() > 1 {
        tables[3].caption = format!("{} dependencies", tables[3].rows.len());
    }
    tables
}
