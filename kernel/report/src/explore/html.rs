//! The tables as HTML, which needs no script.

use super::model::{Exploration, Failure};
use super::{stale, text::text, words};
use crate::html::framed;
use crate::words::escape::{escaped, prose};
use crate::words::units::counted;

/// Most threads with a column of their own.
const COLUMNS: usize = 6;

/// A store that was made and not seen.
const MISSED: &str = " style=\"color:var(--fl-mut)\"";

/// What was found, as HTML that holds in every viewer.
pub fn html(it: &Exploration) -> String {
    let mut out = format!(
        "<p class=\"fl-story\"><b>{}</b></p>",
        prose(&words::headline(it))
    );
    if let Some(failure) = &it.failure {
        out += &format!("<p>{}</p>", prose(&words::account(it, failure)));
        if !failure.steps.is_empty() {
            steps(&mut out, it.cell, failure);
        }
        if let Some(token) = &failure.token {
            out += &format!(
                "<p class=\"fl-foot\">{} <code>{}</code></p>",
                words::to_see_it_again(it),
                escaped(&words::replay(it, token))
            );
        }
        if let Some(passing) = &failure.passing {
            let [words, replay] = words::passing(it, passing);
            out += &format!(
                "<p class=\"fl-foot\">{} <code>{}</code></p>",
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

fn steps(out: &mut String, cell: u32, failure: &Failure) {
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
    let last = failure.steps.len();
    for (position, step) in failure.steps.iter().enumerate() {
        let mark = if step.preempted {
            " <span title=\"the thread before could have gone on\">⇄</span>"
        } else {
            ""
        };
        *out += &format!("<tr><td>{}{mark}</td>", step.step);
        let bad = position + 1 == last || step.blocked_on.is_some() || step.stale;
        let class = match bad {
            true => " class=\"fl-bad-text\"",
            false if stale::is_missed(&failure.steps, position) => MISSED,
            false => "",
        };
        let words = prose(&words::step(cell, &failure.steps, position));
        if columns {
            for thread in &failure.threads {
                if thread.id == step.thread {
                    *out += &format!("<td{class}>{words}</td>");
                } else {
                    out.push_str("<td></td>");
                }
            }
        } else {
            *out += &format!("<td>T{}</td><td{class}>{words}</td>", step.thread);
        }
        out.push_str("</tr>");
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
        *out += &format!(
            "<tr><td class=\"fl-n\">{} ×</td><td><meter min=\"0\" max=\"{all}\" value=\"{}\">\
             {share:.0} %</meter></td><td>{}</td></tr>",
            outcome.times,
            outcome.times,
            prose(&outcome.title)
        );
    }
    out.push_str("</tbody></table></div>");
}
