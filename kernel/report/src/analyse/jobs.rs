//! The jobs of pools, by the lines that asked for them.

use std::collections::BTreeMap;

use record::snapshot::Jobs;

use super::facts::Facts;
use crate::model::{At, JobsOfThread, JobsRow, Sum};

/// A row a line. A line may ask in several ways, and a crate from several places.
pub(crate) fn rows(facts: &Facts<'_>) -> Vec<JobsRow> {
    let mut rows: BTreeMap<Option<At>, JobsRow> = BTreeMap::new();
    for jobs in &facts.snapshot.jobs {
        let at = facts.at(jobs.at).map(line_of);
        let row = rows.entry(at.clone()).or_insert_with(|| JobsRow {
            at,
            ..JobsRow::default()
        });
        add(row, jobs, facts.thread_id(jobs.thread));
    }
    let mut rows: Vec<JobsRow> = rows.into_values().collect();
    rows.retain(|row| row.jobs > 0 || row.waits > 0);
    for row in &mut rows {
        row.threads.sort_by_key(|it| it.thread);
    }
    rows
}

/// Of a place in a cell only the line counts.
fn line_of(at: At) -> At {
    match at.in_cell() {
        Some(call) => At::Cell {
            cell: call.cell,
            line: call.line,
            column: 1,
        },
        None => at,
    }
}

fn add(row: &mut JobsRow, jobs: &Jobs, thread: Option<u32>) {
    row.jobs = row.jobs.saturating_add(jobs.run);
    row.stolen = row.stolen.saturating_add(jobs.stolen);
    row.handed_in = row.handed_in.saturating_add(jobs.handed_in);
    row.waits = row.waits.saturating_add(jobs.waits);
    join(&mut row.wait_ns, jobs.wait_ns.into());
    let Some(thread) = thread else { return };
    let position = row.threads.iter().position(|it| it.thread == thread);
    let position = position.unwrap_or_else(|| {
        row.threads.push(JobsOfThread {
            thread,
            ..JobsOfThread::default()
        });
        row.threads.len() - 1
    });
    let of = &mut row.threads[position];
    of.jobs = of.jobs.saturating_add(jobs.run);
    of.stolen = of.stolen.saturating_add(jobs.stolen);
    of.waits = of.waits.saturating_add(jobs.waits);
    join(&mut of.wait_ns, jobs.wait_ns.into());
}

fn join(sum: &mut Sum, other: Sum) {
    sum.total = sum.total.saturating_add(other.total);
    sum.max = sum.max.max(other.max);
}
