//! `:repeat N`: how often each outcome comes, when the same program runs many times.

use super::execute::Run;
use super::program::{Finished, Shape};
use super::{Session, errors};
use crate::engine::{CellError, MimeBundle, Stream};
use report::{Outcome, escaped};
use serde_json::json;

/// Distinct outcomes that are told apart; the rest is counted together.
const MOST_OUTCOMES: usize = 20;
/// Reports shown, one for each of the most frequent outcomes.
const MOST_REPORTS: usize = 4;

/// One way in which the program ended.
struct Kind {
    /// `prints "400"`, `panics: index out of bounds`, `deadlock`.
    title: String,
    times: u32,
    /// The report of the first run that ended so.
    report: Option<MimeBundle>,
}

impl Session {
    /// Runs a cell many times; why that failed, if it did. A panic or deadlock of a run is an outcome, no failure.
    pub(super) fn repeat(&mut self, run: &Run<'_>, times: u32) -> Option<CellError> {
        let shape = if run.code.contains("fn main(") {
            Shape::Main
        } else {
            Shape::Body
        };
        let program = match self.compile_program(run, shape) {
            Ok(program) => program,
            Err(mut error) => {
                error.traceback.push("   = note: a repeated cell is a program of its own: it does not see variables and items of other cells".into());
                return Some(error);
            }
        };
        let mut kinds: Vec<Kind> = Vec::new();
        let mut done = 0;
        while done < times && !self.controls.interrupted() {
            let finished = self.run_program(&program, run, false);
            if self.controls.interrupted() {
                break;
            }
            done += 1;
            note(&mut kinds, finished);
        }
        self.output.set_hidden(run.request.execution_count, false);
        kinds.sort_by(|a, b| b.times.cmp(&a.times).then_with(|| a.title.cmp(&b.title)));
        run.show(table(&kinds, done));
        for kind in kinds.iter().take(MOST_REPORTS) {
            if let Some(report) = &kind.report {
                run.say(
                    Stream::Stdout,
                    &format!("one of the runs that {}:\n", kind.title),
                );
                run.show(report.clone());
            }
        }
        self.controls.interrupted().then(|| {
            errors::plain(
                "interrupted",
                &format!("stopped after {done} of {times} runs"),
            )
        })
    }
}

fn note(kinds: &mut Vec<Kind>, finished: Finished) {
    let mut title = title(&finished);
    if kinds.len() >= MOST_OUTCOMES && !kinds.iter().any(|kind| kind.title == title) {
        title = "ended in other ways".into();
    }
    match kinds.iter_mut().find(|kind| kind.title == title) {
        Some(kind) => kind.times += 1,
        None => kinds.push(Kind {
            title,
            times: 1,
            report: finished.shown,
        }),
    }
}

fn title(finished: &Finished) -> String {
    let first = |text: &str| -> String {
        let line: String = text.lines().last().unwrap_or("").chars().take(60).collect();
        line
    };
    match &finished.outcome {
        Outcome::Ok if finished.printed.trim().is_empty() => "printed nothing".into(),
        Outcome::Ok => format!("printed {:?}", first(&finished.printed)),
        Outcome::Panicked => {
            let message = finished.error.as_ref().map(|error| error.evalue.clone());
            format!("panicked: {}", first(&message.unwrap_or_default()))
        }
        Outcome::Deadlocked => "deadlocked".into(),
        Outcome::Interrupted => "were stopped".into(),
        Outcome::Crashed { what } => format!("crashed with {what}"),
    }
}

fn table(kinds: &[Kind], runs: u32) -> MimeBundle {
    let share = |times: u32| f64::from(times) / f64::from(runs.max(1));
    let ways = kinds.len();
    let head = format!(
        "{runs} runs, {ways} {}",
        if ways == 1 {
            "outcome"
        } else {
            "different outcomes"
        }
    );
    let mut text = format!("{head}\n");
    let mut rows = String::new();
    for kind in kinds {
        let bar = "█".repeat((share(kind.times) * 30.0).round().max(1.0) as usize);
        text.push_str(&format!("{:6} × {:<30} {}\n", kind.times, bar, kind.title));
        rows.push_str(&format!(
            "<tr><td style=\"text-align:right\">{} ×</td><td><meter min=\"0\" max=\"{runs}\" value=\"{}\">{:.0} %</meter></td><td style=\"text-align:left\">{}</td></tr>",
            kind.times,
            kind.times,
            share(kind.times) * 100.0,
            escaped(&kind.title)
        ));
    }
    let html = format!(
        "<table><caption>{head}</caption><thead><tr><th scope=\"col\">times</th><th scope=\"col\">share</th><th scope=\"col\">the run</th></tr></thead><tbody>{rows}</tbody></table>"
    );
    MimeBundle::from_iter([
        ("text/plain".to_owned(), json!(text)),
        ("text/html".to_owned(), json!(html)),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(title: &str, times: u32) -> Kind {
        Kind {
            title: title.into(),
            times,
            report: None,
        }
    }

    #[test]
    fn outcomes_are_counted_and_escaped() {
        let bundle = table(&[kind("printed \"<b>\"", 3), kind("deadlocked", 1)], 4);
        let text = bundle["text/plain"].as_str().unwrap();
        assert!(
            text.starts_with("4 runs, 2 different outcomes\n     3 × ███████████████████████"),
            "{text}"
        );
        let html = bundle["text/html"].as_str().unwrap();
        assert!(html.contains("printed &quot;&lt;b&gt;&quot;") && !html.contains("<b>"));
    }
}
