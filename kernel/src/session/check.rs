//! `:check`: conditions on the last report, for exercises.
//!
//! ```text
//! :check threads >= 4              # the work is shared
//! :check contended < 10
//! :check no finding deadlock
//! :check output contains "total 400"
//! :check outcome is ok
//! ```
//!
//! A number is compared with what the report's data says; nothing is run again.

use serde_json::Value;

/// The names that stand for a number of the report.
pub const METRICS: [&str; 13] = [
    "threads",
    "panics",
    "deadlocks",
    "acquisitions",
    "contended",
    "sent",
    "received",
    "lost",
    "unreceived",
    "findings",
    "wait_ms",
    "max_wait_ms",
    "running_together",
];

/// One line that says whether the condition holds, and if not, what was seen.
pub fn check(condition: &str, report: Option<&Value>, printed: &str) -> String {
    let (condition, note) = match condition.split_once('#') {
        Some((condition, note)) => (condition.trim(), format!(" ({})", note.trim())),
        None => (condition.trim(), String::new()),
    };
    match evaluate(condition, report, printed) {
        Ok(None) => format!("✓ {condition}{note}\n"),
        Ok(Some(seen)) => format!("✗ not yet: {condition}{note}; {seen}\n"),
        Err(problem) => format!("? {condition}: {problem}\n"),
    }
}

/// `None` when it holds, else what was seen instead.
fn evaluate(
    condition: &str,
    report: Option<&Value>,
    printed: &str,
) -> Result<Option<String>, String> {
    if let Some(wanted) = condition.strip_prefix("output contains ") {
        let wanted = wanted.trim().trim_matches('"');
        let seen = || "the cell did not print it".to_owned();
        return Ok((!printed.contains(wanted)).then(seen));
    }
    let report = report.ok_or("no cell has had a report yet: run the cell above first")?;
    if let Some(wanted) = condition.strip_prefix("outcome is ") {
        let outcome = report["outcome"].as_str().unwrap_or("unknown");
        return Ok((outcome != wanted.trim()).then(|| format!("the outcome is {outcome}")));
    }
    if let Some(kind) = condition.strip_prefix("no finding ") {
        return Ok(finding(report, kind.trim()).map(|title| format!("the report says: {title}")));
    }
    if let Some(kind) = condition.strip_prefix("finding ") {
        let kind = kind.trim();
        let missing = || format!("the report has no finding `{kind}`");
        return Ok(finding(report, kind).is_none().then(missing));
    }
    compare(condition, report)
}

fn compare(condition: &str, report: &Value) -> Result<Option<String>, String> {
    let words: Vec<&str> = condition.split_whitespace().collect();
    let [metric, operator, wanted] = words.as_slice() else {
        return Err("write `METRIC OPERATOR NUMBER`, `[no] finding KIND`, `outcome is OUTCOME` or `output contains \"TEXT\"`".into());
    };
    let seen = measure(metric, report)
        .ok_or_else(|| format!("there is no `{metric}`; there are {}", METRICS.join(", ")))?;
    // The other side may be a metric, too: `received == sent`.
    let wanted = match wanted.parse::<f64>() {
        Ok(number) => number,
        Err(_) => measure(wanted, report).ok_or_else(|| format!("`{wanted}` is no number"))?,
    };
    let holds = match *operator {
        "<" => seen < wanted,
        "<=" => seen <= wanted,
        ">" => seen > wanted,
        ">=" => seen >= wanted,
        "==" | "=" => seen == wanted,
        "!=" => seen != wanted,
        other => return Err(format!("`{other}` is no comparison: use < <= == != >= >")),
    };
    Ok((!holds).then(|| format!("{metric} is {seen}")))
}

fn finding<'a>(report: &'a Value, kind: &'a str) -> Option<&'a str> {
    list(report, "findings")
        .find(|finding| finding["kind"] == kind)
        .map(|finding| finding["title"].as_str().unwrap_or(kind))
}

fn list<'a>(report: &'a Value, name: &str) -> impl Iterator<Item = &'a Value> {
    report[name].as_array().into_iter().flatten()
}

fn sum(report: &Value, table: &str, column: &str) -> f64 {
    list(report, table)
        .filter_map(|row| row[column].as_f64())
        .sum()
}

const NANOSECONDS_PER_MILLISECOND: f64 = 1e6;

fn measure(metric: &str, report: &Value) -> Option<f64> {
    let waits = |part: &str| {
        list(report, "locks")
            .filter_map(|lock| lock["wait_ns"][part].as_f64())
            .collect::<Vec<_>>()
    };
    Some(match metric {
        // Those that the cell spawned, without the one that runs it.
        "threads" => list(report, "threads")
            .filter(|thread| thread["is_main"] != true)
            .count() as f64,
        "panics" => list(report, "threads")
            .filter(|thread| thread["state"] == "panicked")
            .count() as f64,
        "deadlocks" => list(report, "findings")
            .filter(|finding| finding["kind"] == "deadlock")
            .count() as f64,
        "acquisitions" | "contended" => sum(report, "locks", metric),
        "sent" | "received" | "lost" => sum(report, "channels", metric),
        "unreceived" => sum(report, "channels", "lost") + sum(report, "channels", "queued"),
        "findings" => list(report, "findings")
            .filter(|finding| finding["severity"] != "note")
            .count() as f64,
        "wait_ms" => waits("total").iter().sum::<f64>() / NANOSECONDS_PER_MILLISECOND,
        "max_wait_ms" => {
            waits("max").iter().copied().fold(0.0, f64::max) / NANOSECONDS_PER_MILLISECOND
        }
        "running_together" => running_together(report),
        _ => return None,
    })
}

/// The most threads, without the main one, that were alive at the same moment.
fn running_together(report: &Value) -> f64 {
    let wall = report["wall_ns"].as_i64().unwrap_or(i64::MAX);
    let mut changes: Vec<(i64, i64)> = Vec::new();
    for thread in list(report, "threads").filter(|thread| thread["is_main"] != true) {
        changes.push((thread["start_ns"].as_i64().unwrap_or(0), 1));
        changes.push((thread["end_ns"].as_i64().unwrap_or(wall), -1));
    }
    // At equal times an end comes before a start.
    changes.sort_unstable();
    let (mut now, mut most) = (0, 0);
    for (_, change) in changes {
        now += change;
        most = most.max(now);
    }
    most as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn report() -> Value {
        json!({
            "outcome": "ok", "wall_ns": 100,
            "threads": [
                {"is_main": true, "state": "running", "start_ns": 0, "end_ns": null},
                {"is_main": false, "state": "finished", "start_ns": 10, "end_ns": 50},
                {"is_main": false, "state": "panicked", "start_ns": 50, "end_ns": null},
            ],
            "locks": [{"acquisitions": 8, "contended": 3, "wait_ns": {"total": 5_000_000, "max": 2_000_000}}],
            "channels": [{"sent": 10, "received": 8, "lost": 2, "queued": 0}],
            "findings": [{"kind": "convoy", "severity": "warning", "title": "a convoy at `m`"}],
        })
    }

    #[track_caller]
    fn says(condition: &str, expected: &str) {
        assert_eq!(
            check(condition, Some(&report()), "total 400\n"),
            format!("{expected}\n")
        );
    }

    #[test]
    fn numbers_are_the_reports() {
        says("threads == 2", "✓ threads == 2");
        says(
            "contended < 3 # few waits",
            "✗ not yet: contended < 3 (few waits); contended is 3",
        );
        says(
            "received == sent",
            "✗ not yet: received == sent; received is 8",
        );
        says("unreceived == 2", "✓ unreceived == 2");
        says("wait_ms <= 5", "✓ wait_ms <= 5");
        says("max_wait_ms == 2", "✓ max_wait_ms == 2");
        says("running_together == 1", "✓ running_together == 1");
        says("panics == 1", "✓ panics == 1");
        says("deadlocks == 0", "✓ deadlocks == 0");
    }

    #[test]
    fn words_are_the_reports() {
        says("outcome is ok", "✓ outcome is ok");
        says(
            "no finding convoy",
            "✗ not yet: no finding convoy; the report says: a convoy at `m`",
        );
        says(
            "finding deadlock",
            "✗ not yet: finding deadlock; the report has no finding `deadlock`",
        );
        says(
            "output contains \"total 400\"",
            "✓ output contains \"total 400\"",
        );
        says(
            "output contains \"x\"",
            "✗ not yet: output contains \"x\"; the cell did not print it",
        );
    }

    #[test]
    fn mistakes_are_explained() {
        assert!(
            check("thread > 1", Some(&report()), "")
                .contains("there is no `thread`; there are threads")
        );
        assert!(check("threads ~ 1", Some(&report()), "").contains("is no comparison"));
        assert!(check("threads > 1", None, "").contains("run the cell above first"));
        assert!(check("nonsense", Some(&report()), "").starts_with("? nonsense: write"));
    }
}
