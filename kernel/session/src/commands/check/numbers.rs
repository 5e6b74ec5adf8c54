//! The numbers that conditions compare.

use super::subject::Runs;
use report::{
    ChannelRow, CondvarRow, FindingKind, LockRow, OverflowRow, Report, Severity, ThreadRow,
    ThreadStatus,
};

/// What a number is counted over.
enum Metric {
    /// The cell as a whole.
    Cell(fn(&Numbers<'_>) -> f64),
    /// The locks, or the one that is named.
    Locks(Column<LockRow>),
    /// The channels, or the one that is named.
    Channels(Column<ChannelRow>),
    /// The condition variables, or the one that is named.
    Condvars(Column<CondvarRow>),
}

/// How the rows of a table make one number.
enum Column<R> {
    /// Added up.
    Sum(fn(&R) -> u64),
    /// Added up, together with what did not fit into the recording's tables.
    All(fn(&R) -> u64, fn(&OverflowRow) -> u64),
    /// Nanoseconds, added up, in milliseconds.
    SumOfTimes(fn(&R) -> u64),
    /// The longest of so many nanoseconds, in milliseconds.
    Longest(fn(&R) -> u64),
}

/// The names that stand for a number.
const METRICS: [(&str, Metric); 19] = [
    ("threads", Metric::Cell(|it| it.threads())),
    ("running_together", Metric::Cell(|it| it.running_together())),
    ("panics", Metric::Cell(|it| it.panics())),
    ("deadlocks", Metric::Cell(|it| it.deadlocks())),
    ("findings", Metric::Cell(|it| it.findings())),
    ("runs", Metric::Cell(|it| f64::from(it.runs.runs))),
    ("outcomes", Metric::Cell(|it| it.runs.outcomes as f64)),
    (
        "locks",
        Metric::Cell(|it| rows(it, |report| &report.locks).len() as f64),
    ),
    (
        "channels",
        Metric::Cell(|it| rows(it, |report| &report.channels).len() as f64),
    ),
    (
        "acquisitions",
        Metric::Locks(Column::All(
            |lock| lock.acquisitions,
            |more| more.acquisitions,
        )),
    ),
    (
        "contended",
        Metric::Locks(Column::Sum(|lock| lock.contended)),
    ),
    (
        "wait_ms",
        Metric::Locks(Column::SumOfTimes(|lock| lock.wait_ns.total)),
    ),
    (
        "max_wait_ms",
        Metric::Locks(Column::Longest(|lock| lock.wait_ns.max)),
    ),
    (
        "sent",
        Metric::Channels(Column::All(|channel| channel.sent, |more| more.sent)),
    ),
    (
        "received",
        Metric::Channels(Column::All(
            |channel| channel.received,
            |more| more.received,
        )),
    ),
    (
        "lost",
        Metric::Channels(Column::Sum(|channel| channel.lost)),
    ),
    (
        "unreceived",
        Metric::Channels(Column::Sum(|channel| channel.lost + channel.queued)),
    ),
    (
        "waits",
        Metric::Condvars(Column::Sum(|condvar| condvar.waits)),
    ),
    (
        "notifies",
        Metric::Condvars(Column::Sum(|condvar| condvar.notifies)),
    ),
];

/// The names of all numbers.
pub(crate) fn names() -> [&'static str; METRICS.len()] {
    METRICS.map(|(name, _)| name)
}

/// What a cell's report counted, and how often the cell ran.
pub(crate) struct Numbers<'a> {
    /// `None` for a cell without one, which counted nothing.
    pub report: Option<&'a Report>,
    pub runs: Runs,
}

/// The rows of one of the report's lists.
fn rows<'a, R>(numbers: &Numbers<'a>, list: fn(&'a Report) -> &'a Vec<R>) -> &'a [R] {
    numbers.report.map_or(&[], |report| list(report))
}

impl Numbers<'_> {
    /// A number of the report; `None` when nothing in it has this name.
    pub(crate) fn measure(&self, metric: &str, name: Option<&str>) -> Result<Option<f64>, String> {
        let Some((_, found)) = METRICS.iter().find(|(known, _)| *known == metric) else {
            return Err(format!(
                "the report has no number `{metric}`; it has {}",
                names().join(", ")
            ));
        };
        Ok(match found {
            Metric::Cell(_) if name.is_some() => {
                return Err(format!(
                    "`{metric}` is a number of the cell, not of one object in it"
                ));
            }
            Metric::Cell(count) => Some(count(self)),
            Metric::Locks(column) => {
                let locks = rows(self, |report| &report.locks).iter();
                self.over(column, locks.map(|row| (row.name.as_deref(), row)), name)
            }
            Metric::Channels(column) => {
                let channels = rows(self, |report| &report.channels).iter();
                self.over(column, channels.map(|row| (row.name.as_deref(), row)), name)
            }
            Metric::Condvars(column) => {
                let condvars = rows(self, |report| &report.condvars).iter();
                self.over(column, condvars.map(|row| (row.name.as_deref(), row)), name)
            }
        })
    }

    /// A column over the rows that are called `name`, or over all.
    fn over<'r, R: 'r>(
        &self,
        column: &Column<R>,
        rows: impl Iterator<Item = (Option<&'r str>, &'r R)>,
        name: Option<&str>,
    ) -> Option<f64> {
        let rows: Vec<&R> = rows
            .filter(|(row, _)| name.is_none() || *row == name)
            .map(|(_, row)| row)
            .collect();
        if name.is_some() && rows.is_empty() {
            return None;
        }
        let sum = |of: &fn(&R) -> u64| rows.iter().map(|row| of(row)).sum::<u64>() as f64;
        Some(match column {
            Column::Sum(of) => sum(of),
            // What of it is the named object's is not known.
            Column::All(of, more) if name.is_none() => sum(of) + self.overflow(*more),
            Column::All(of, _) => sum(of),
            Column::SumOfTimes(of) => milliseconds(sum(of)),
            Column::Longest(of) => {
                milliseconds(rows.iter().map(|row| of(row)).max().unwrap_or(0) as f64)
            }
        })
    }

    /// What did not fit into the recording's tables, and was counted together.
    fn overflow(&self, column: fn(&OverflowRow) -> u64) -> f64 {
        let overflow = self.report.and_then(|report| report.recording.overflow);
        overflow.as_ref().map_or(0, column) as f64
    }

    /// The threads that the cell spawned.
    fn spawned(&self) -> impl Iterator<Item = &ThreadRow> {
        rows(self, |report| &report.threads)
            .iter()
            .filter(|thread| thread.is_spawned_here())
    }

    fn threads(&self) -> f64 {
        self.spawned().count() as f64 + self.overflow(|more| more.threads)
    }

    fn panics(&self) -> f64 {
        let panicked = |thread: &&ThreadRow| thread.state == ThreadStatus::Panicked;
        self.spawned().filter(panicked).count() as f64
    }

    fn deadlocks(&self) -> f64 {
        let findings = rows(self, |report| &report.findings).iter();
        let deadlocks = findings.filter(|finding| finding.kind == FindingKind::Deadlock);
        deadlocks.count() as f64
    }

    fn findings(&self) -> f64 {
        let findings = rows(self, |report| &report.findings).iter();
        let told = findings.filter(|finding| finding.severity != Severity::Note);
        told.count() as f64
    }

    /// The most threads, without the main one, that were alive at the same moment.
    fn running_together(&self) -> f64 {
        let mut changes: Vec<(u64, bool)> = Vec::new();
        for thread in self.spawned() {
            changes.push((thread.start_ns, true));
            changes.push((thread.end_ns.unwrap_or(u64::MAX), false));
        }
        // At equal times an end comes before a start.
        changes.sort_unstable();
        let (mut now, mut most) = (0_u32, 0);
        for (_, begins) in changes {
            now = if begins { now + 1 } else { now - 1 };
            most = most.max(now);
        }
        f64::from(most)
    }
}

const NANOSECONDS_PER_MILLISECOND: f64 = 1e6;

fn milliseconds(nanoseconds: f64) -> f64 {
    nanoseconds / NANOSECONDS_PER_MILLISECOND
}

#[cfg(test)]
mod tests {
    use super::super::subject::fixture::report;
    use super::*;

    #[track_caller]
    fn counts(metric: &str, name: Option<&str>, expected: Result<Option<f64>, &str>) {
        let report = report();
        let numbers = Numbers {
            report: Some(&report),
            runs: Runs::default(),
        };
        let seen = numbers.measure(metric, name);
        assert_eq!(
            seen,
            expected.map_err(str::to_owned),
            "{metric} of {name:?}"
        );
    }

    #[test]
    fn main_and_threads_of_other_cells_do_not_count() {
        counts("threads", None, Ok(Some(2.0)));
        counts("panics", None, Ok(Some(1.0)));
    }

    #[test]
    fn an_end_comes_before_a_start_at_the_same_time() {
        counts("running_together", None, Ok(Some(1.0)));
    }

    #[test]
    fn locks_are_added_up_or_called_by_name() {
        counts("acquisitions", None, Ok(Some(9.0)));
        counts("acquisitions", Some("copy #1"), Ok(Some(1.0)));
        counts("max_wait_ms", None, Ok(Some(2.05)));
        counts("contended", Some("account"), Ok(None));
        let not_of_one = "`threads` is a number of the cell, not of one object in it";
        counts("threads", Some("total"), Err(not_of_one));
    }

    #[test]
    fn what_did_not_fit_into_the_tables_counts() {
        let mut report = report();
        report.recording.overflow = Some(OverflowRow {
            threads: 3,
            tasks: 0,
            objects: 0,
            acquisitions: 5,
            sent: 0,
            received: 0,
        });
        let numbers = Numbers {
            report: Some(&report),
            runs: Runs::default(),
        };
        assert_eq!(numbers.measure("threads", None), Ok(Some(5.0)));
        assert_eq!(numbers.measure("acquisitions", None), Ok(Some(14.0)));
        // What of it is the named lock's is not known.
        assert_eq!(
            numbers.measure("acquisitions", Some("total")),
            Ok(Some(8.0))
        );
    }
}
