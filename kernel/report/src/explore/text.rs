//! The tables as text, no wider than a terminal.

use std::fmt;

use super::cause::help;
use super::model::{Exploration, ExploredStep, Failure};
use super::words;
use crate::text::pen::{Pen, Style};
use crate::words::units::counted;
use crate::words::width::{fit, pad};

/// Columns of the page.
const WIDTH: usize = 80;
/// Most threads with a column of their own, where all steps fit into them.
const COLUMNS: usize = 3;
/// What stands before the threads' columns.
const MARGIN: usize = 7;

/// What was found, as text.
pub fn text(it: &Exploration) -> String {
    let mut out = String::new();
    let mut pen = Pen {
        out: &mut out,
        ansi: false,
        width: WIDTH,
    };
    write(&mut pen, it).expect("a string takes what is written");
    out
}

fn write(pen: &mut Pen<'_>, it: &Exploration) -> fmt::Result {
    paragraph(pen, &words::headline(it))?;
    if let Some(failure) = &it.failure {
        paragraph(pen, &words::account(it, failure))?;
        if let Some(help) = help(failure) {
            paragraph(pen, &format!("{} {help}", words::HELP))?;
        }
        if !failure.steps.is_empty() {
            line(pen, "")?;
            steps(pen, it.cell, failure)?;
        }
        if failure.omitted > 0 {
            line(
                pen,
                &format!("      … {}", counted(failure.omitted.into(), "more step")),
            )?;
        }
        if let Some(token) = &failure.token {
            // A token may be longer than a line, and must not be broken: it is copied.
            let replay = words::replay(it, token);
            write!(pen.out, "\n{}\n{replay}\n", words::to_see_it_again(it))?;
        }
        if let Some(passing) = &failure.passing {
            let [words, replay] = words::passing(it, failure, passing);
            paragraph(pen, &words)?;
            writeln!(pen.out, "{replay}")?;
        }
    }
    if it.failure.is_none() || it.outcomes.len() > 1 {
        line(pen, "")?;
        for outcome in &it.outcomes {
            line(pen, &format!("{:8} × {}", outcome.times, outcome.title))?;
        }
    }
    for note in &it.notes {
        line(pen, "")?;
        paragraph(pen, note)?;
    }
    line(pen, "")?;
    paragraph(pen, &words::foot(it))
}

fn line(pen: &mut Pen<'_>, text: &str) -> fmt::Result {
    pen.cut_line(text, Style::Plain)
}

fn paragraph(pen: &mut Pen<'_>, text: &str) -> fmt::Result {
    pen.paragraph(text, "", "", Style::Plain)
}

fn steps(pen: &mut Pen<'_>, cell: u32, failure: &Failure) -> fmt::Result {
    let columns = failure.threads.len().max(1);
    let width = (WIDTH - MARGIN) / columns;
    let column = |thread: u32| {
        let mut threads = failure.threads.iter();
        threads.position(|it| it.id == thread).unwrap_or(0)
    };
    let told: Vec<String> = (0..failure.steps.len())
        .map(|at| words::step(cell, &failure.steps, at))
        .collect();
    let fits =
        failure.steps.iter().zip(&told).all(|(step, words)| {
            MARGIN + width * column(step.thread) + words.chars().count() <= WIDTH
        });
    let in_columns = columns <= COLUMNS && fits;
    if in_columns {
        let heads = failure
            .threads
            .iter()
            .map(|thread| pad(&fit(&words::thread(thread), width - 1), width, false));
        line(pen, &format!("step   {}", heads.collect::<String>()))?;
    }
    let row = |step: &ExploredStep, mark: &str, words: &str| {
        let place = match in_columns {
            true => " ".repeat(width * column(step.thread)),
            false => format!("T{:<3}", step.thread),
        };
        format!("{:>4} {mark} {place}{words}", step.step)
    };
    let mut elsewhere = words::elsewhere(failure);
    for (step, words) in failure.steps.iter().zip(&told) {
        if let Some(instead) = elsewhere.take_if(|it| it.step <= step.step) {
            let words = words::instead(cell, instead);
            line(pen, &row(instead, words::ELSEWHERE.trim(), &words))?;
        }
        let mark = if step.preempted { "⇄" } else { " " };
        line(pen, &row(step, mark, words))?;
    }
    Ok(())
}
