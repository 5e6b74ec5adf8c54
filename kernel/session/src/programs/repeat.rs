//! `:repeat N`: how often each outcome comes, when the same program runs many times.

use super::difference::differences;
use super::ended::Ended;
use super::fork_server::Repeater;
use super::wrap::Shape;
use crate::commands::check::Runs;
use crate::diagnostics::errors;
use crate::run::Run;
use crate::session::Session;
use jupyter::{CellError, MimeBundle};
use report::{Outcome, Report, escaped, framed};
use serde_json::json;
use std::time::{Duration, Instant};
use toolchain::program::Purpose;

/// Distinct outcomes that are told apart; the rest is counted together.
const MOST_OUTCOMES: usize = 20;
/// What the rest did.
const OTHER_WAYS: &str = "ended in other ways";
/// Most characters of what was printed that are shown.
const LONGEST_TITLE: usize = 60;
/// Reports shown, one for each of the most frequent outcomes.
const MOST_REPORTS: usize = 4;
/// Time between two tables while the program still runs.
const INTERVAL: Duration = Duration::from_secs(1);

/// One way in which the program ended.
struct Kind {
    /// What tells it from others: all that was printed, or the title.
    mark: String,
    /// All that was printed, where it ran to its end.
    printed: Option<String>,
    /// `printed "400"`, `panicked: index out of bounds`, `deadlocked`.
    title: String,
    times: u32,
    /// Whether the program is to blame for it.
    is_wrong: bool,
    /// The report of the first run that ended so.
    report: Option<Report>,
}

impl Session {
    /// Runs a cell many times.
    ///
    /// # Errors
    /// When it doesn't compile or is interrupted. A panic or deadlock of a run is an outcome, no
    /// failure.
    pub(crate) fn repeat(&mut self, run: &Run<'_>, times: u32) -> Result<Runs, CellError> {
        let program = self.compile_program(run, Shape::of(&run.code), Purpose::Run)?;
        let cell = run.request.execution_count;
        let display = format!("fearless-repeat-{cell}-{}", uuid::Uuid::new_v4().simple());
        let mut shown: Option<Instant> = None;
        let began = Instant::now();
        let mut kinds: Vec<Kind> = Vec::new();
        let mut done = 0;
        let mut repeater = Repeater::new(self, &program);
        while done < times {
            let baseline = self.begin_run(&program, run, false);
            let status = repeater.run(self, &program, run, &baseline);
            let ended = self.end_run(&program, run, status);
            if self.controls.interrupted() {
                break;
            }
            done += 1;
            let kind = note(&mut kinds, &ended);
            // A report for each kind, and of the last run, which `:check` asks about.
            if kind.times == 1 || done == times {
                let report = self.report_on(&program, run, &baseline, ended).report;
                kind.report = kind.report.take().or(report);
            }
            if done < times && shown.unwrap_or(began).elapsed() > INTERVAL {
                let progress = progress(done, times, began.elapsed());
                let table = table(&mut kinds, done, times, &progress);
                run.show_table(table, &display, shown.is_some());
                shown = Some(Instant::now());
            }
        }
        repeater.end(self);
        self.output.set_hidden(cell, false);
        if done > 0 {
            run.show_table(
                table(&mut kinds, done, times, ""),
                &display,
                shown.is_some(),
            );
        }
        for kind in kinds.iter().take(MOST_REPORTS) {
            let folded = kind.report.as_ref().and_then(|report| {
                let summary = format!("One of the runs that {}", kind.title);
                self.reporter.show_folded(report, &summary)
            });
            if let Some(bundle) = folded {
                run.show(bundle);
            }
        }
        if self.controls.interrupted() {
            return Err(errors::plain(
                "interrupted",
                &format!("stopped after {done} of {times} runs"),
            ));
        }
        Ok(Runs {
            runs: done,
            outcomes: kinds.len(),
        })
    }
}

impl Run<'_> {
    pub(super) fn show_table(&self, table: MimeBundle, display: &str, again: bool) {
        let (parent, nothing) = (&self.request.parent, MimeBundle::new());
        if again {
            self.io
                .update_display_data(parent, table, nothing, display.to_owned());
        } else {
            self.io
                .display_data(parent, table, nothing, Some(display.to_owned()));
        }
    }
}

/// How fast it goes, and what is left of the runs.
fn progress(runs: u32, all: u32, since: Duration) -> String {
    let per_second = f64::from(runs) / since.as_secs_f64().max(1e-9);
    let left = (f64::from(all - runs) / per_second).ceil();
    let digits = if per_second < 10.0 { 1 } else { 0 };
    let time = match left {
        ..100.0 => format!("{left:.0} s"),
        _ => format!("{:.0} min", (left / 60.0).ceil()),
    };
    format!(" ({per_second:.digits$} runs/s, {time} left)")
}

/// Counts a run; its kind.
fn note<'k>(kinds: &'k mut Vec<Kind>, ended: &Ended) -> &'k mut Kind {
    let mut title = title(ended);
    let is_ok = ended.outcome == Outcome::Ok && ended.error.is_none();
    let mut printed = is_ok.then(|| ended.printed.clone());
    let mut mark = match &printed {
        Some(printed) => format!("printed {printed}"),
        None => title.clone(),
    };
    if kinds.len() >= MOST_OUTCOMES && !kinds.iter().any(|kind| kind.mark == mark) {
        title = OTHER_WAYS.into();
        mark = OTHER_WAYS.into();
        printed = None;
    }
    let known = kinds.iter().position(|kind| kind.mark == mark);
    let index = known.unwrap_or_else(|| {
        kinds.push(Kind {
            is_wrong: is_wrong(ended) && mark != OTHER_WAYS,
            mark,
            printed,
            title,
            times: 0,
            report: None,
        });
        kinds.len() - 1
    });
    kinds[index].times += 1;
    &mut kinds[index]
}

/// Text of at most `LONGEST_TITLE` characters.
pub(super) fn shorten(text: &str) -> String {
    let mut short: String = text.chars().take(LONGEST_TITLE).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

/// What was printed, in a few words.
pub(super) fn printed(text: &str) -> String {
    let lines: Vec<&str> = text.trim_end().lines().collect();
    let joined = lines.join(" ⏎ ");
    match lines.as_slice() {
        [.., last] if lines.len() > 1 && joined.chars().count() > LONGEST_TITLE => {
            format!(
                "printed {} lines, the last {:?}",
                lines.len(),
                shorten(last)
            )
        }
        [] => "printed nothing".into(),
        _ => format!("printed {:?}", shorten(&joined)),
    }
}

fn title(ended: &Ended) -> String {
    let error = ended
        .error
        .as_ref()
        .map_or("", |error| error.evalue.as_str());
    let error = error.lines().next().unwrap_or_default();
    match &ended.outcome {
        Outcome::Ok if ended.error.is_some() => shorten(error.trim_start_matches("main ")),
        Outcome::Ok => printed(&ended.printed),
        Outcome::Panicked => format!("panicked: {}", shorten(error)),
        Outcome::Deadlocked => "deadlocked".into(),
        Outcome::Interrupted => "were stopped".into(),
        Outcome::Crashed { what } if what.starts_with("exit code") => format!("ended with {what}"),
        Outcome::Crashed { what } => format!("crashed with {what}"),
    }
}

/// Whether a run ended as no program should.
fn is_wrong(ended: &Ended) -> bool {
    match &ended.outcome {
        Outcome::Ok => ended.error.is_some(),
        Outcome::Panicked | Outcome::Deadlocked => true,
        Outcome::Interrupted => false,
        Outcome::Crashed { what } => !what.starts_with("exit code"),
    }
}

/// How often each outcome came in the first `runs` of `all`; the most frequent first.
fn table(kinds: &mut [Kind], runs: u32, all: u32, progress: &str) -> MimeBundle {
    kinds.sort_by(|a, b| b.times.cmp(&a.times).then_with(|| a.title.cmp(&b.title)));
    let share = |times: u32| f64::from(times) / f64::from(runs.max(1));
    let ways = kinds.len();
    let uncounted = kinds.iter().any(|kind| kind.mark == OTHER_WAYS);
    let printed: Vec<Option<&str>> = kinds.iter().map(|it| it.printed.as_deref()).collect();
    let prints = differences(&printed);
    let head = format!(
        "{} {}, {}{}{progress}",
        if runs < all {
            format!("{runs} of {all}")
        } else {
            runs.to_string()
        },
        if all == 1 { "run" } else { "runs" },
        if uncounted { "more than " } else { "" },
        match ways - usize::from(uncounted) {
            1 => "1 outcome".to_owned(),
            ways => format!("{ways} different outcomes"),
        }
    );
    let mut text = format!("{head}\n");
    let mut rows = String::new();
    for (kind, print) in kinds.iter().zip(prints) {
        let bar = "█".repeat((share(kind.times) * 30.0).round().max(1.0) as usize);
        let (title, shown) = match print {
            Some(print) => (print.text(), print.html()),
            None => (kind.title.clone(), escaped(&kind.title)),
        };
        text.push_str(&format!("{:6} × {:<30} {title}\n", kind.times, bar));
        let class = match kind.is_wrong {
            true => " class=\"fl-bad-text\"",
            false => "",
        };
        rows.push_str(&format!(
            "<tr><td class=\"fl-n\">{} ×</td><td><meter min=\"0\" max=\"{runs}\" value=\"{}\">{:.0} %</meter></td><td{class}>{shown}</td></tr>",
            kind.times,
            kind.times,
            share(kind.times) * 100.0,
        ));
    }
    let html = format!(
        "<p class=\"fl-story\"><b>{head}</b></p><div class=\"fl-scroll\" tabindex=\"0\" role=\"group\" aria-label=\"{head}\"><table><caption>{head}</caption><thead><tr><th scope=\"col\" class=\"fl-n\">times</th><th scope=\"col\">share</th><th scope=\"col\">the run</th></tr></thead><tbody>{rows}</tbody></table></div>"
    );
    let html = framed(&text, &html);
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
            mark: title.into(),
            printed: None,
            title: title.into(),
            times,
            is_wrong: title == "deadlocked",
            report: None,
        }
    }

    #[test]
    fn outcomes_are_counted_and_escaped() {
        let mut kinds = [kind("deadlocked", 1), kind("printed \"<b>\"", 3)];
        let bundle = table(&mut kinds, 4, 4, "");
        let text = bundle["text/plain"].as_str().unwrap();
        assert!(
            text.starts_with("4 runs, 2 different outcomes\n     3 × ███████████████████████"),
            "{text}"
        );
        let html = bundle["text/html"].as_str().unwrap();
        assert!(html.contains("printed &quot;&lt;b&gt;&quot;") && !html.contains("\"<b>"));
        assert!(html.contains("<meter min=\"0\" max=\"4\" value=\"3\">75 %</meter>"));
        let red = "<td class=\"fl-bad-text\">deadlocked</td>";
        assert!(html.contains(red) && html.matches("fl-bad-text\">").count() == 1);
        let stopped = table(&mut kinds, 4, 100, "");
        let text = stopped["text/plain"].as_str().unwrap();
        assert!(
            text.starts_with("4 of 100 runs, 2 different outcomes"),
            "{text}"
        );
    }

    #[test]
    fn the_rest_is_told_while_it_runs() {
        let said = |runs, seconds| progress(runs, 1000, Duration::from_secs_f64(seconds));
        assert_eq!(said(500, 1.0), " (500 runs/s, 1 s left)");
        assert_eq!(said(3, 2.0), " (1.5 runs/s, 12 min left)");
        let bundle = table(&mut [kind("a", 500)], 500, 1000, &said(500, 1.0));
        let text = bundle["text/plain"].as_str().unwrap();
        assert!(
            text.starts_with("500 of 1000 runs, 1 outcome (500 runs/s, 1 s left)\n"),
            "{text}"
        );
    }

    #[test]
    fn what_was_printed_is_told_in_a_few_words() {
        assert_eq!(printed("\n"), "printed nothing");
        assert_eq!(printed("a\nb\n"), "printed \"a ⏎ b\"");
        assert_eq!(
            printed(&"x".repeat(70)),
            format!("printed \"{}…\"", "x".repeat(60))
        );
        let many: String = (0..50).map(|n| format!("{n}\n")).collect();
        assert_eq!(printed(&many), "printed 50 lines, the last \"49\"");
    }

    #[test]
    fn outputs_differ_by_any_of_their_lines() {
        let run = |printed: &str| Ended {
            printed: printed.into(),
            ..Ended::default()
        };
        let mut kinds = Vec::new();
        for printed in ["a\nb\n", "b\na\n", "a\nb\n"] {
            note(&mut kinds, &run(printed));
        }
        assert_eq!(
            kinds.iter().map(|kind| kind.times).collect::<Vec<_>>(),
            [2, 1]
        );
        for number in 0..100 {
            note(&mut kinds, &run(&number.to_string()));
        }
        let bundle = table(&mut kinds, 103, 103, "");
        let text = bundle["text/plain"].as_str().unwrap();
        assert!(
            text.starts_with("103 runs, more than 20 different outcomes\n    82 ×"),
            "{text}"
        );
    }
}
