//! The tables as text, 80 columns wide where threads are few.

use super::model::{Exploration, Failure};
use super::words;

/// Columns of the table.
const WIDTH: usize = 80;
/// Most threads with a column of their own.
const COLUMNS: usize = 3;

/// What was found, as text.
pub fn text(it: &Exploration) -> String {
    let mut out = words::headline(it) + "\n";
    if let Some(failure) = &it.failure {
        out.push('\n');
        steps(&mut out, it.cell, failure);
        if failure.omitted > 0 {
            out += &format!("      … {} more steps\n", failure.omitted);
        }
        if let Some(token) = &failure.token {
            out += &format!(
                "\nTo see it again, above the same cell: {}\n",
                words::replay(token)
            );
        }
        if let Some(passing) = &failure.passing {
            out += &format!("{}\n", words::passing(it.cell, passing));
        }
    }
    if it.failure.is_none() || it.outcomes.len() > 1 {
        out.push('\n');
        for outcome in &it.outcomes {
            out += &format!("{:8} × {}\n", outcome.times, outcome.title);
        }
    }
    for note in &it.notes {
        out += &format!("\n{note}\n");
    }
    out + &format!("\n{}\n", words::foot(it))
}

fn steps(out: &mut String, cell: u32, failure: &Failure) {
    let columns = failure.threads.len().clamp(1, COLUMNS + 1);
    if columns > COLUMNS {
        for step in &failure.steps {
            let mark = if step.preempted { "⇄" } else { " " };
            let line = words::step(cell, step);
            *out += &format!("{:>4} {mark} T{:<2} {line}\n", step.step, step.thread);
        }
        return;
    }
    let width = (WIDTH - 7) / columns;
    out.push_str("step  ");
    for thread in &failure.threads {
        *out += &pad(&format!(" T{}{}", thread.id, main(thread.id)), width);
    }
    out.push('\n');
    for step in &failure.steps {
        let column = failure
            .threads
            .iter()
            .position(|thread| thread.id == step.thread);
        let mark = if step.preempted { "⇄" } else { " " };
        let words = words::step(cell, step);
        let space = " ".repeat(width * column.unwrap_or(0));
        let line = format!("{:>4} {mark}{space} {words}", step.step);
        *out += line.trim_end();
        out.push('\n');
    }
}

fn main(thread: u32) -> &'static str {
    if thread == 1 { " main" } else { "" }
}

fn pad(text: &str, width: usize) -> String {
    let length = text.chars().count();
    text.to_owned() + &" ".repeat(width.saturating_sub(length))
}
