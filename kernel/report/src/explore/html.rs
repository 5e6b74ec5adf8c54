//! The tables as HTML, which needs no script.

use super::cause::help;
use super::model::{Exploration, ExploredStep, Failure, StepThread};
use super::{stale, text::text, words};
use crate::html::framed;
use crate::steps;
use crate::words::escape::{escaped, prose};
use crate::words::units::counted;

/// Most threads with a column of their own.
const COLUMNS: usize = 6;

/// A store that was made and not seen.
const MISSED: &str = " style=\"color:var(--fl-mut)\"";
/// What the order that passes does there.
const INSTEAD: &str = " style=\"color:var(--fl-sig)\"";

/// Of a token, which is as long as its run.
const WRAPPED: &str = " style=\"overflow-wrap:anywhere\"";

/// What was found, as HTML that holds in every viewer.
pub fn html(it: &Exploration) -> String {
    let headline = prose(&words::headline(it));
    let mut out = match &it.failure {
        Some(failure) => found(it, failure, &headline),
        None => format!("<p class=\"fl-story\"><b>{headline}</b></p>"),
    };
    if let Some(failure) = &it.failure {
        if !failure.steps.is_empty() {
            steps_table(&mut out, it.cell, failure);
        }
        if let Some(token) = &failure.token {
            out += &format!(
                "<p class=\"fl-foot\">{} <code{WRAPPED}>{}</code></p>",
                words::to_see_it_again(it),
                escaped(&words::replay(it, token))
            );
        }
        if let Some(passing) = &failure.passing {
            let [words, replay] = words::passing(it, failure, passing);
            out += &format!(
                "<p class=\"fl-foot\">{} <code{WRAPPED}>{}</code></p>",
                prose(&words),
                escaped(&replay)
            );
        }
    }
    if it.failure.is_none() || it.outcomes.len() > 1 {
        outcomes(&mut out, it);
    }
    for note in &it.notes {
        out += &format!("<p class=\"fl-foot\">{}</p>", escaped(note));
    }
    out += &format!("<p class=\"fl-foot\">{}</p>", escaped(&words::foot(it)));
    framed(&text(it), &out)
}

/// What fails, how it came to that, and what would help, as findings stand.
fn found(it: &Exploration, failure: &Failure, headline: &str) -> String {
    let account = prose(&words::account(it, failure));
    let help = help(failure).map_or_else(String::new, |help| {
        format!("<p><b>{}</b> {}</p>", words::HELP, prose(&help))
    });
    format!("<div class=\"fl-find fl-error\"><b>{headline}</b><p>{account}</p>{help}</div>")
}

fn steps_table(out: &mut String, cell: u32, failure: &Failure) {
    let caption = "The order that fails";
    *out += &format!(
        "<div class=\"fl-scroll\" tabindex=\"0\" role=\"group\" aria-label=\"{caption}\">\
         <table class=\"fl-order\"><caption>{caption}</caption><thead><tr><th scope=\"col\">step</th>"
    );
    let columns = failure.threads.len() <= COLUMNS;
    if columns {
        for thread in &failure.threads {
            *out += &format!("<th scope=\"col\">{}</th>", escaped(&words::thread(thread)));
        }
    } else {
        out.push_str("<th scope=\"col\">thread</th><th scope=\"col\"></th>");
    }
    out.push_str("</tr></thead><tbody>");
    let threads = columns.then_some(failure.threads.as_slice());
    let mut elsewhere = words::elsewhere(failure);
    for (position, step) in failure.steps.iter().enumerate() {
        if let Some(instead) = elsewhere.take_if(|it| it.step <= step.step) {
            let words = prose(&words::instead(cell, instead));
            row(out, threads, instead, words::ELSEWHERE, (INSTEAD, &words));
        }
        let mark = if step.preempted {
            " <span title=\"the thread before could have gone on\">⇄</span>"
        } else {
            ""
        };
        let class = match words::is_bad(failure, position) {
            true => " class=\"fl-bad-text\"",
            false if stale::is_missed(&failure.steps, position) => MISSED,
            false => "",
        };
        let words = prose(&words::step(cell, &failure.steps, position));
        let words = format!("{}{words}", hue(step));
        row(out, threads, step, mark, (class, &words));
    }
    out.push_str("</tbody></table>");
    if failure.omitted > 0 {
        *out += &format!(
            "<p class=\"fl-foot\">… {}</p>",
            counted(u64::from(failure.omitted), "more step")
        );
    }
    out.push_str("</div>");
}

/// The lock's hue, as in ordinary reports.
fn hue(step: &ExploredStep) -> String {
    step.lock.map_or_else(String::new, steps::hue)
}

/// A step's row; `threads` are those with columns, if they have some.
fn row(
    out: &mut String,
    threads: Option<&[StepThread]>,
    step: &ExploredStep,
    mark: &str,
    (class, words): (&str, &str),
) {
    *out += &format!("<tr><td>{}{mark}</td>", step.step);
    match threads {
        Some(threads) => {
            for thread in threads {
                if thread.id == step.thread {
                    *out += &format!("<td{class}>{words}</td>");
                } else {
                    out.push_str("<td></td>");
                }
            }
        }
        None => *out += &format!("<td>T{}</td><td{class}>{words}</td>", step.thread),
    }
    out.push_str("</tr>");
}

fn outcomes(out: &mut String, it: &Exploration) {
    let all = it.schedules.max(1);
    let caption = "How the runs ended";
    *out += &format!(
        "<div class=\"fl-scroll\" tabindex=\"0\" role=\"group\" aria-label=\"{caption}\"><table>\
         <caption>{caption}</caption><thead><tr><th scope=\"col\" class=\"fl-n\">times</th>\
         <th scope=\"col\">share</th><th scope=\"col\">the run</th></tr></thead><tbody>"
    );
    for outcome in &it.outcomes {
        let share = outcome.times as f64 / all as f64 * 100.0;
        let class = match outcome.outcome.is_failure() {
            true => " class=\"fl-bad-text\"",
            false => "",
        };
        *out += &format!(
            "<tr><td class=\"fl-n\">{} ×</td><td><meter min=\"0\" max=\"{all}\" value=\"{}\">\
             {share:.0} %</meter></td><td{class}>{}</td></tr>",
            outcome.times,
            outcome.times,
            prose(&outcome.title)
        );
    }
    out.push_str("</tbody></table></div>");
}
