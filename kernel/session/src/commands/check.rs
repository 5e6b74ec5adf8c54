//! `:check`: conditions on the last cell that ran, for exercises.
//!
//! ```text
//! :check threads >= 4   # the work is shared
//! :check contended of total < 10
//! :check received == sent
//! :check no finding deadlock
//! :check output contains "total 400"
//! :check outcome is ok
//! ```
//!
//! Nothing is run again: a number is compared with what the report counted, and a cell that used no
//! thread, lock or channel counted none. What is said after ` # ` is repeated to the person.

mod numbers;
mod subject;
mod syntax;

pub(crate) use subject::{Explored, Runs, Subject};

use self::numbers::Numbers;
use self::subject::Ended;
use self::syntax::{one_of, split_hint, unquoted};
use report::{FindingKind, OutcomeKind, Report};

/// What begins conditions on what `:explore` found.
const EXPLORED: &str = "explored.";

const OPERATORS: [&str; 7] = ["<", "<=", "==", "=", "!=", ">=", ">"];

/// One line for each condition, under one that names the cell that is looked at. Nothing of a
/// report that is not that cell's counts; `report` is `None` for a cell without one.
pub fn all(conditions: &[String], subject: Option<&Subject>, report: Option<&Report>) -> String {
    let Some(subject) = subject else {
        return "? nothing to check yet: run the cell above first, then this one\n".into();
    };
    let numbers = Numbers {
        report,
        runs: subject.runs,
    };
    let evidence = Evidence { subject, numbers };
    let answers = conditions
        .iter()
        .map(|condition| evidence.answer(condition));
    format!("cell [{}]:\n{}", subject.cell, answers.collect::<String>())
}

/// What conditions can be written, for `:check` alone.
pub fn usage() -> String {
    format!(
        "write `:check` and a condition:\n  NUMBER < 10                (or <= == != >= >, or another number of the report)\n  NUMBER of NAME < 10        (of the lock or channel with this name)\n  no finding KIND            (or finding KIND)\n  outcome is OUTCOME\n  explored.proved            (or explored.failures, explored.outcomes, compared with a number)\n  output contains \"TEXT\"\nand ` # a hint` after it, if you like. There are\n  NUMBER: {}\n  KIND: {}\n  OUTCOME: {}",
        numbers::names().join(", "),
        FindingKind::ALL.map(FindingKind::name).join(", "),
        Ended::all().map(Ended::name).collect::<Vec<_>>().join(", "),
    )
}

/// The numbers that a condition may begin with.
pub fn numbers() -> impl Iterator<Item = String> {
    numbers::names().into_iter().map(str::to_owned)
}

/// Beginnings of conditions that one of a few words follows.
pub fn continuations() -> [(&'static str, Vec<String>); 3] {
    let kinds = || FindingKind::ALL.map(|kind| kind.name().to_owned());
    let endings = Ended::all().map(|ended| ended.name().to_owned());
    [
        ("no finding ", kinds().into()),
        ("finding ", kinds().into()),
        ("outcome is ", endings.collect()),
    ]
}

/// Whether a comparison holds.
fn holds(seen: f64, operator: &str, wanted: f64) -> bool {
    match operator {
        "<" => seen < wanted,
        "<=" => seen <= wanted,
        ">" => seen > wanted,
        ">=" => seen >= wanted,
        "!=" => seen != wanted,
        _ => seen == wanted,
    }
}

struct Evidence<'a> {
    subject: &'a Subject,
    numbers: Numbers<'a>,
}

/// `None` when a condition holds, else what was seen instead; an error for a condition that says
/// nothing.
type Verdict = Result<Option<String>, String>;

impl Evidence<'_> {
    /// Whether a condition holds, in one line.
    fn answer(&self, text: &str) -> String {
        let (condition, hint) = split_hint(text);
        let hint = match hint {
            "" => String::new(),
            hint => format!(" ({hint})"),
        };
        match self.evaluate(condition) {
            Ok(None) => format!("\x1b[32m✓\x1b[0m {condition}{hint}\n"),
            Ok(Some(seen)) => format!("\x1b[31m✗\x1b[0m not yet: {condition}; {seen}{hint}\n"),
            Err(problem) => format!("\x1b[33m?\x1b[0m {condition}: {problem}\n"),
        }
    }

    fn evaluate(&self, condition: &str) -> Verdict {
        if let Some(wanted) = condition.strip_prefix("output contains ") {
            let wanted = unquoted(wanted)?;
            let missing = || match self.failure() {
                Some(failure) => format!("the cell did not print it: {failure}"),
                None => "the cell did not print it".to_owned(),
            };
            return Ok((!self.subject.printed.contains(&wanted)).then(missing));
        }
        if let Some(wanted) = condition.strip_prefix("outcome is ") {
            let wanted = one_of(wanted.trim(), Ended::all(), Ended::name, "outcome")?;
            let seen = || {
                self.failure()
                    .unwrap_or_else(|| "it ran to its end".to_owned())
            };
            return Ok((self.ended() != wanted).then(seen));
        }
        if let Some(wanted) = condition.strip_prefix(EXPLORED) {
            return self.explored(wanted);
        }
        if !self.subject.is_recorded {
            return Err(
                "nothing was recorded: write `:record full`, and run the cell again".into(),
            );
        }
        let finding = |kind: &str| {
            let all = FindingKind::ALL.into_iter();
            one_of(kind.trim(), all, FindingKind::name, "finding")
        };
        if let Some(kind) = condition.strip_prefix("no finding ") {
            let kind = finding(kind)?;
            let told = |title: &str| format!("the report says: {title}");
            return Ok(self.not_run().or_else(|| self.finding(kind).map(told)));
        }
        if let Some(kind) = condition.strip_prefix("finding ") {
            let kind = finding(kind)?;
            let missing = || "the report doesn't say that".to_owned();
            return Ok(self.finding(kind).is_none().then(missing));
        }
        self.compare(condition)
    }

    /// What is asked of `:explore`.
    fn explored(&self, condition: &str) -> Verdict {
        let Some(found) = self.subject.explored else {
            let why = self
                .failure()
                .map_or_else(String::new, |why| format!("{why}; "));
            return Err(format!(
                "{why}the cell was not explored: write `:explore` above it"
            ));
        };
        let words: Vec<&str> = condition.split_whitespace().collect();
        let number = |name: &str| match name {
            "failures" => Ok(found.failures as f64),
            "outcomes" => Ok(found.outcomes as f64),
            _ => Err(format!(
                "`:explore` counts {EXPLORED}failures and {EXPLORED}outcomes, and knows {EXPLORED}proved"
            )),
        };
        match words[..] {
            ["proved"] => {
                let left =
                    "not every order was tried, or one fails; `:explore all` tries them".to_owned();
                Ok((!found.proved).then_some(left))
            }
            [name, operator, wanted] if OPERATORS.contains(&operator) => {
                let seen = number(name)?;
                let wanted = wanted
                    .parse()
                    .map_err(|_| format!("`{wanted}` is no number"))?;
                Ok((!holds(seen, operator, wanted)).then(|| format!("it is {}", readable(seen))))
            }
            _ => Err(format!(
                "write `{EXPLORED}proved`, or compare {EXPLORED}failures or {EXPLORED}outcomes with a number"
            )),
        }
    }

    fn compare(&self, condition: &str) -> Verdict {
        let words: Vec<&str> = condition.split_whitespace().collect();
        let at = words.iter().position(|word| OPERATORS.contains(word));
        let Some((at, [wanted])) = at.map(|at| (at, &words[at + 1..])) else {
            return Err("that is no condition: `:check` alone lists them".into());
        };
        let (metric, name) = match &words[..at] {
            [metric] => (*metric, None),
            [metric, "of", name @ ..] if !name.is_empty() => (*metric, Some(name.join(" "))),
            _ => return Err("left of the comparison stands `NUMBER` or `NUMBER of NAME`".into()),
        };
        let seen = self.numbers.measure(metric, name.as_deref())?;
        // The other side may be a number of the report, too: `received == sent`.
        let wanted = match wanted.replace('_', "").parse::<f64>() {
            Ok(number) if number.is_finite() => Some(number),
            _ => self.numbers.measure(wanted, None)?,
        };
        if let Some(failure) = self.not_run() {
            return Ok(Some(failure));
        }
        let (Some(seen), Some(wanted)) = (seen, wanted) else {
            let name = name.unwrap_or_default();
            return Ok(Some(format!("the report has no `{name}`")));
        };
        Ok((!holds(seen, words[at], wanted)).then(|| format!("it is {}", readable(seen))))
    }

    /// How the cell ended.
    fn ended(&self) -> Ended {
        let reported = self.numbers.report.map(|report| report.outcome);
        let Some(error) = &self.subject.error else {
            return Ended::Ran(reported.unwrap_or_default());
        };
        match (error.ename.as_str(), reported) {
            (_, Some(outcome)) if outcome != OutcomeKind::Ok => Ended::Ran(outcome),
            ("panic", _) => Ended::Ran(OutcomeKind::Panicked),
            ("deadlock", _) => Ended::Ran(OutcomeKind::Deadlocked),
            ("interrupted", _) => Ended::Ran(OutcomeKind::Interrupted),
            ("crashed" | "exit", _) => Ended::Ran(OutcomeKind::Crashed),
            _ => Ended::Failed,
        }
    }

    /// What went wrong, if something did.
    fn failure(&self) -> Option<String> {
        let error = self.subject.error.as_ref();
        let message = error.and_then(|error| error.evalue.lines().next());
        let ended = self.ended();
        Some(match (ended, message) {
            (Ended::Ran(OutcomeKind::Ok), _) => return None,
            (Ended::Failed, Some(message)) => format!("it failed: {message}"),
            (Ended::Ran(OutcomeKind::Panicked | OutcomeKind::Crashed), Some(message)) => {
                format!("it {}: {message}", ended.name())
            }
            (Ended::Ran(OutcomeKind::Interrupted), _) => "it was interrupted".into(),
            _ => format!("it {}", ended.name()),
        })
    }

    /// Why nothing of the cell ran, so that what it would have done is not known.
    fn not_run(&self) -> Option<String> {
        let nothing_ran = self.numbers.report.is_none() && self.ended() == Ended::Failed;
        self.failure().filter(|_| nothing_ran)
    }

    fn finding(&self, kind: FindingKind) -> Option<&str> {
        let finding = self.numbers.report?.finding(kind)?;
        Some(&finding.title)
    }
}

/// A count as it is, a time with one digit.
fn readable(number: f64) -> String {
    if number.fract() == 0.0 {
        format!("{number:.0}")
    } else {
        format!("{number:.1}")
    }
}

#[cfg(test)]
mod tests {
    use super::subject::fixture::report;
    use super::*;
    use jupyter::CellError;

    fn subject(error: Option<(&str, &str)>) -> Subject {
        Subject {
            cell: 7,
            error: error.map(|(ename, evalue)| CellError {
                ename: ename.into(),
                evalue: evalue.into(),
                traceback: Vec::new(),
            }),
            runs: Runs {
                runs: 50,
                outcomes: 2,
            },
            explored: None,
            printed: "total 400\nsaid \"ho\" # 1\n".into(),
            is_recorded: true,
        }
    }

    fn answer(condition: &str, subject: &Subject, report: Option<&Report>) -> String {
        let all = all(&[condition.to_owned()], Some(subject), report);
        let line = all.strip_prefix("cell [7]:\n").unwrap();
        crate::diagnostics::strip_ansi(line.trim_end())
    }

    #[track_caller]
    fn says(condition: &str, expected: &str) {
        assert_eq!(answer(condition, &subject(None), Some(&report())), expected);
    }

    #[track_caller]
    fn holds(condition: &str) {
        says(condition, &format!("✓ {condition}"));
    }

    #[test]
    fn numbers_are_the_reports() {
        holds("threads == 2");
        says(
            "contended < 3 # few waits",
            "✗ not yet: contended < 3; it is 3 (few waits)",
        );
        says("received == sent", "✗ not yet: received == sent; it is 8");
        holds("unreceived == 2");
        holds("wait_ms <= 5");
        says("max_wait_ms == 2", "✗ not yet: max_wait_ms == 2; it is 2.0");
        holds("running_together == 1");
        holds("panics == 1");
        holds("deadlocks == 0");
        holds("notifies == 0");
        holds("locks == 2");
        holds("runs == 50");
        says("outcomes == 1", "✗ not yet: outcomes == 1; it is 2");
        holds("acquisitions < 1_000");
    }

    #[test]
    fn one_lock_or_channel_is_called_by_its_name() {
        holds("acquisitions of total == 8");
        holds("acquisitions of copy #1 == 1");
        holds("sent of tx → rx == 10");
        says(
            "contended of account == 0",
            "✗ not yet: contended of account == 0; the report has no `account`",
        );
        says(
            "threads of total == 0",
            "? threads of total == 0: `threads` is a number of the cell, not of one object in it",
        );
    }

    #[test]
    fn words_are_the_reports() {
        holds("outcome is ok");
        says(
            "outcome is panicked",
            "✗ not yet: outcome is panicked; it ran to its end",
        );
        says(
            "no finding convoy",
            "✗ not yet: no finding convoy; the report says: a convoy at `m`",
        );
        says(
            "finding deadlock",
            "✗ not yet: finding deadlock; the report doesn't say that",
        );
        holds("output contains \"total 400\"");
        holds("output contains total");
        holds("output contains \"said \\\"ho\\\" # 1\"");
        says(
            "output contains \"x\"   # a hint",
            "✗ not yet: output contains \"x\"; the cell did not print it (a hint)",
        );
    }

    #[test]
    fn a_cell_without_a_report_counted_nothing() {
        let without = |condition| answer(condition, &subject(None), None);
        assert_eq!(without("threads == 3"), "✗ not yet: threads == 3; it is 0");
        assert_eq!(
            without("acquisitions >= 1"),
            "✗ not yet: acquisitions >= 1; it is 0"
        );
        assert_eq!(without("deadlocks == 0"), "✓ deadlocks == 0");
        assert_eq!(without("outcome is ok"), "✓ outcome is ok");
    }

    #[test]
    fn a_cell_that_did_not_compile_proves_nothing() {
        let broken = subject(Some(("E0382", "use of moved value: `counter`")));
        for condition in ["deadlocks == 0", "no finding deadlock", "outcome is ok"] {
            assert_eq!(
                answer(condition, &broken, None),
                format!("✗ not yet: {condition}; it failed: use of moved value: `counter`")
            );
        }
        assert_eq!(
            answer("outcome is failed", &broken, None),
            "✓ outcome is failed"
        );
    }

    #[test]
    fn a_failure_is_told() {
        let panicked = subject(Some(("panic", "burnt")));
        assert_eq!(
            answer("outcome is ok", &panicked, None),
            "✗ not yet: outcome is ok; it panicked: burnt"
        );
        // What ran before it counts.
        assert_eq!(answer("threads == 0", &panicked, None), "✓ threads == 0");
        let mut stuck = report();
        stuck.outcome = OutcomeKind::Deadlocked;
        let deadlock = subject(Some(("deadlock", "T1 and T2 wait for each other")));
        assert_eq!(
            answer("outcome is ok", &deadlock, Some(&stuck)),
            "✗ not yet: outcome is ok; it deadlocked"
        );
    }

    #[test]
    fn mistakes_are_explained() {
        for (condition, part) in [
            (
                "thread > 1",
                "the report has no number `thread`; it has threads",
            ),
            ("threads > many", "the report has no number `many`"),
            ("threads ~ 1", "that is no condition"),
            ("threads > NaN", "no number `NaN`"),
            (
                "nonsense",
                "that is no condition: `:check` alone lists them",
            ),
            (
                "no finding dealock",
                "there is no finding `dealock`; there are blocked_worker, convoy",
            ),
            (
                "outcome is fine",
                "there is no outcome `fine`; there are ok",
            ),
            ("output contains \"", "the closing quote is missing"),
            ("output contains \"\"", "every output contains that"),
        ] {
            let line = answer(condition, &subject(None), Some(&report()));
            assert!(line.starts_with('?') && line.contains(part), "{line}");
        }
        assert!(all(&["threads > 1".into()], None, None).contains("run the cell above first"));
        let unrecorded = Subject {
            is_recorded: false,
            ..subject(None)
        };
        assert!(answer("threads > 1", &unrecorded, None).contains(":record full"));
        assert_eq!(
            answer("outcome is ok", &unrecorded, None),
            "✓ outcome is ok"
        );
    }
}
