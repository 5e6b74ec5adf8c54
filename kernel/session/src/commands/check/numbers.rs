//! The numbers that conditions compare.

use super::subject::Runs;
use serde_json::Value;

/// What a number is counted over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    /// Of the cell as a whole.
    Cell,
    /// Of the locks, or of the one that is named.
    Locks,
    /// Of the channels, or of the one that is named.
    Channels,
    /// Of the condition variables, or of the one that is named.
    Condvars,
}

/// The names that stand for a number.
const METRICS: [(&str, Source); 19] = [
    ("threads", Source::Cell),
    ("running_together", Source::Cell),
    ("panics", Source::Cell),
    ("deadlocks", Source::Cell),
    ("findings", Source::Cell),
    ("runs", Source::Cell),
    ("outcomes", Source::Cell),
    ("locks", Source::Cell),
    ("channels", Source::Cell),
    ("acquisitions", Source::Locks),
    ("contended", Source::Locks),
    ("wait_ms", Source::Locks),
    ("max_wait_ms", Source::Locks),
    ("sent", Source::Channels),
    ("received", Source::Channels),
    ("lost", Source::Channels),
    ("unreceived", Source::Channels),
    ("waits", Source::Condvars),
    ("notifies", Source::Condvars),
];

/// The names of all numbers.
pub(crate) fn names() -> String {
    METRICS.map(|(name, _)| name).join(", ")
}

/// What a cell's report counted, and how often the cell ran.
pub(crate) struct Numbers<'a> {
    /// `None` for a cell without one, which counted nothing.
    pub report: Option<&'a Value>,
    pub runs: Runs,
}

impl Numbers<'_> {
    /// The rows of one of the report's lists.
    pub(crate) fn rows(&self, table: &str) -> impl Iterator<Item = &Value> {
        self.report
            .and_then(|report| report[table].as_array())
            .into_iter()
            .flatten()
    }

    /// The threads that the cell spawned.
    fn threads(&self) -> impl Iterator<Item = &Value> {
        self.rows("threads")
            .filter(|thread| thread["is_main"] != true && thread["of_cell"].is_null())
    }

    /// What did not fit into the recording's tables, and was counted together.
    fn overflow(&self, column: &str) -> f64 {
        self.report
            .and_then(|report| report["recording"]["overflow"][column].as_f64())
            .unwrap_or(0.0)
    }

    /// A number of the report; `None` when nothing in it has this name.
    pub(crate) fn measure(&self, metric: &str, name: Option<&str>) -> Result<Option<f64>, String> {
        let Some((_, source)) = METRICS.iter().find(|(known, _)| *known == metric) else {
            return Err(format!(
                "the report has no number `{metric}`; it has {}",
                names()
            ));
        };
        let table = match (source, name) {
            (Source::Cell, None) => return Ok(Some(self.of_cell(metric))),
            (Source::Cell, Some(_)) => {
                return Err(format!(
                    "`{metric}` is a number of the cell, not of one object in it"
                ));
            }
            (Source::Locks, _) => "locks",
            (Source::Channels, _) => "channels",
            (Source::Condvars, _) => "condvars",
        };
        let rows: Vec<&Value> = self
            .rows(table)
            .filter(|row| name.is_none_or(|name| row["name"] == name))
            .collect();
        if name.is_some() && rows.is_empty() {
            return Ok(None);
        }
        let sum = |column: &str| sum_of(rows.iter().map(|row| &row[column]));
        let waits = |part: &'static str| rows.iter().map(move |row| &row["wait_ns"][part]);
        let unnamed = |column: &str| {
            if name.is_none() {
                self.overflow(column)
            } else {
                0.0
            }
        };
        Ok(Some(match metric {
            "wait_ms" => milliseconds(sum_of(waits("total"))),
            "max_wait_ms" => {
                let longest = waits("max").filter_map(Value::as_f64).fold(0.0, f64::max);
                milliseconds(longest)
            }
            "unreceived" => sum("lost") + sum("queued"),
            "acquisitions" | "sent" | "received" => sum(metric) + unnamed(metric),
            _ => sum(metric),
        }))
    }

    fn of_cell(&self, metric: &str) -> f64 {
        let count = match metric {
            "threads" => return self.threads().count() as f64 + self.overflow("threads"),
            "runs" => self.runs.runs as usize,
            "outcomes" => self.runs.outcomes,
            "running_together" => self.running_together(),
            "panics" => self
                .threads()
                .filter(|thread| thread["state"] == "panicked")
                .count(),
            "deadlocks" => self
                .rows("findings")
                .filter(|finding| finding["kind"] == "deadlock")
                .count(),
            "findings" => self
                .rows("findings")
                .filter(|finding| finding["severity"] != "note")
                .count(),
            table => self.rows(table).count(),
        };
        count as f64
    }

    /// The most threads, without the main one, that were alive at the same moment.
    fn running_together(&self) -> usize {
        let mut changes: Vec<(u64, bool)> = Vec::new();
        for thread in self.threads() {
            changes.push((thread["start_ns"].as_u64().unwrap_or(0), true));
            changes.push((thread["end_ns"].as_u64().unwrap_or(u64::MAX), false));
        }
        // At equal times an end comes before a start.
        changes.sort_unstable();
        let (mut now, mut most) = (0, 0);
        for (_, begins) in changes {
            now = if begins { now + 1 } else { now - 1 };
            most = most.max(now);
        }
        most
    }
}

fn sum_of<'a>(values: impl Iterator<Item = &'a Value>) -> f64 {
    // The sum of nothing would be -0.
    values
        .filter_map(Value::as_f64)
        .fold(0.0, |sum, value| sum + value)
}

const NANOSECONDS_PER_MILLISECOND: f64 = 1e6;

fn milliseconds(nanoseconds: f64) -> f64 {
    nanoseconds / NANOSECONDS_PER_MILLISECOND
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use serde_json::json;

    /// The report of a cell with two threads.
    pub(crate) fn report() -> Value {
        json!({
            "outcome": "ok",
            "threads": [
                {"is_main": true, "state": "running", "start_ns": 0, "end_ns": null},
                {"is_main": false, "state": "finished", "start_ns": 10, "end_ns": 50},
                {"is_main": false, "state": "panicked", "start_ns": 50, "end_ns": null},
                {"is_main": false, "state": "running", "start_ns": 0, "end_ns": null, "of_cell": 2},
            ],
            "locks": [
                {"name": "total", "acquisitions": 8, "contended": 3, "wait_ns": {"total": 5_000_000, "max": 2_050_000}},
                {"name": "copy #1", "acquisitions": 1, "contended": 0, "wait_ns": {"total": 0, "max": 0}},
            ],
            "channels": [{"name": "tx → rx", "sent": 10, "received": 8, "lost": 2, "queued": 0}],
            "findings": [{"kind": "convoy", "severity": "warning", "title": "a convoy at `m`"}],
            "recording": {},
        })
    }

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
        report["recording"] = json!({"overflow": {"threads": 3, "acquisitions": 5}});
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
