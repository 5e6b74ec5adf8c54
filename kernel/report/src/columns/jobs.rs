//! The table of jobs.

use super::cells::{sum, time};
use super::reference::reference;
use super::table::{Table, heads};
use crate::model::{At, JobsOfThread, Ref, Report};
use crate::words::units::{count, counted};

/// Most threads named of one line.
const THREADS: usize = 8;

pub(super) fn table(report: &Report, place: &impl Fn(&Option<At>) -> String) -> Table {
    let rows = report.jobs.iter().map(|row| {
        let threads = &row.threads;
        vec![
            place(&row.at),
            count(row.jobs),
            count(row.stolen),
            count(row.handed_in),
            named(
                report,
                threads,
                |it| it.jobs,
                |it| format!("×{}", count(it.jobs)),
            ),
            sum(row.wait_ns),
            named(report, threads, |it| it.waits, |it| time(it.wait_ns.total)),
        ]
    });
    let jobs = report.jobs.iter().map(|row| row.jobs).sum();
    Table {
        caption: format!("{} in pools", counted(jobs, "job")),
        heads: heads(&[
            "asked for at",
            "#jobs",
            "#stolen",
            "#handed in-",
            "run by",
            "#waited (max)",
            "waited there--",
        ]),
        rows: rows.collect(),
        omitted: 0,
    }
}

/// Threads of which there is something to tell, the most first: `T3 ×40, T2 ×3`.
fn named(
    report: &Report,
    threads: &[JobsOfThread],
    much: impl Fn(&JobsOfThread) -> u64,
    words: impl Fn(&JobsOfThread) -> String,
) -> String {
    let mut told: Vec<&JobsOfThread> = threads.iter().filter(|it| much(it) > 0).collect();
    told.sort_by_key(|it| std::cmp::Reverse(much(it)));
    let more = if told.len() > THREADS { " …" } else { "" };
    let parts: Vec<String> = told
        .into_iter()
        .take(THREADS)
        .map(|it| {
            format!(
                "{} {}",
                reference(report, Ref::Thread(it.thread)),
                words(it)
            )
        })
        .collect();
    parts.join(", ") + more
}
