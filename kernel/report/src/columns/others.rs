//! Condition variables, barriers, initialisers and dependencies.

use super::cells::{name_or, sum, time};
use super::table::{Table, heads};
use crate::model::{At, CondvarRow, Report, SignalKind};
use crate::words::units::{count, counted};

/// The five tables.
pub(super) fn tables(report: &Report, place: &impl Fn(&Option<At>) -> String) -> [Table; 5] {
    let mut dependencies = dependencies(report);
    if dependencies.rows.len() > 1 {
        dependencies.caption = format!("{} dependencies", dependencies.rows.len());
    }
    [
        condvars(report, place),
        barriers(report, place),
        semaphores(report, place),
        initialisers(report, place),
        dependencies,
    ]
}

fn table(noun: &str, titles: &[&'static str], rows: Vec<Vec<String>>) -> Table {
    Table {
        caption: counted(rows.len() as u64, noun),
        heads: heads(titles),
        rows,
        omitted: 0,
    }
}

fn condvars(report: &Report, place: &impl Fn(&Option<At>) -> String) -> Table {
    let titles = [
        "name",
        "created",
        "#waits",
        "#notified",
        "#unheard",
        "#waited (max)",
    ];
    let rows = report.condvars.iter().map(|row| {
        vec![
            name_or(&row.name, kind_of(row)),
            place(&row.created_at),
            count(row.waits),
            count(row.notifies),
            count(row.notifies_unheard),
            sum(row.wait_ns),
        ]
    });
    let is_standard = |row: &CondvarRow| row.kind == SignalKind::Standard;
    let noun = match report.condvars.iter().all(is_standard) {
        true => "condition variable",
        false if report.condvars.iter().any(is_standard) => "Condvar or Notify",
        false => "Notify object",
    };
    table(noun, &titles, rows.collect())
}

/// What it is called without a name of its own.
fn kind_of(row: &CondvarRow) -> &'static str {
    match row.kind {
        SignalKind::Standard => "Condvar",
        _ => "Notify",
    }
}

fn barriers(report: &Report, place: &impl Fn(&Option<At>) -> String) -> Table {
    let titles = [
        "name",
        "created",
        "#size",
        "#waits",
        "#opened",
        "#waited (max)",
    ];
    let rows = report.barriers.iter().map(|row| {
        vec![
            name_or(&row.name, "Barrier"),
            place(&row.created_at),
            row.size.map(count).unwrap_or_default(),
            count(row.waits),
            count(row.generations),
            sum(row.wait_ns),
        ]
    });
    table("barrier", &titles, rows.collect())
}

fn semaphores(report: &Report, place: &impl Fn(&Option<At>) -> String) -> Table {
    let titles = [
        "name",
        "created",
        "#permits",
        "#acquired",
        "#contended",
        "#waited (max)",
        "#tries failed",
    ];
    let rows = report.semaphores.iter().map(|row| {
        vec![
            name_or(&row.name, "Semaphore"),
            place(&row.created_at),
            row.permits.map(count).unwrap_or_default(),
            count(row.acquisitions),
            count(row.contended),
            sum(row.wait_ns),
            count(row.failed_tries),
        ]
    });
    table("semaphore", &titles, rows.collect())
}

fn initialisers(report: &Report, place: &impl Fn(&Option<At>) -> String) -> Table {
    let titles = ["name", "kind", "created", "#ran", "#waited (max)"];
    let rows = report.initialisers.iter().map(|row| {
        vec![
            name_or(&row.name, row.kind.name()),
            row.kind.to_string(),
            place(&row.created_at),
            count(row.initialisations),
            sum(row.wait_ns),
        ]
    });
    table("initialiser", &titles, rows.collect())
}

fn dependencies(report: &Report) -> Table {
    let titles = ["crate", "#threads", "#locks", "#channels", "#waited"];
    let rows = report.dependencies.iter().map(|row| {
        vec![
            row.krate.clone(),
            count(row.threads),
            count(row.locks),
            count(row.channels),
            time(row.wait_ns),
        ]
    });
    table("dependency", &titles, rows.collect())
}
