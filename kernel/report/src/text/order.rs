//! The steps in order, in columns of text.

use std::fmt;

use unicode_width::UnicodeWidthStr;

use super::pen::{Pen, Style};
use crate::model::{Order, Report};
use crate::steps;
use crate::words::width::pad;

/// Columns of the numbers, and between two threads.
const NUMBER: usize = 3;
const BETWEEN: usize = 2;

/// Writes them, unless the timeline says as much.
pub(super) fn write(pen: &mut Pen<'_>, report: &Report, order: &Order) -> fmt::Result {
    if !order.says_more {
        return Ok(());
    }
    pen.cut_line("", Style::Plain)?;
    let threads = steps::threads(report, order);
    let widths = widths(pen.width, report, order, &threads);
    if let Some(widths) = &widths {
        let heads = threads.iter().zip(widths);
        let heads: String = heads
            .map(|((_, label), width)| pad(label, *width, false))
            .collect();
        pen.cut_line(&format!("{}{heads}", " ".repeat(NUMBER)), Style::Dim)?;
    }
    for step in &order.steps {
        let number = pad(&steps::number(step.step), NUMBER, false);
        let words = steps::words(report, step);
        let column = threads.iter().position(|(id, _)| *id == step.thread);
        let before = match &widths {
            Some(widths) => " ".repeat(widths[..column.unwrap_or(0)].iter().sum()),
            None => {
                let label = column.map_or("", |column| threads[column].1.as_str());
                format!("{} ", pad(label, 12, false))
            }
        };
        let style = if step.for_ever {
            Style::Error
        } else {
            Style::Plain
        };
        pen.cut_line(&format!("{number}{before}{words}"), style)?;
    }
    if let Some(words) = steps::left_out(order) {
        pen.paragraph(&words, "", "", Style::Dim)?;
    }
    Ok(())
}

/// How wide each thread's column is; `None` where there is no room for them all: a step that is cut
/// loses its line, which stands last.
fn widths(
    page: usize,
    report: &Report,
    order: &Order,
    threads: &[(u32, String)],
) -> Option<Vec<usize>> {
    let needed = |(id, label): &(u32, String)| {
        let own = order.steps.iter().filter(|step| step.thread == *id);
        let longest = own.map(|step| steps::words(report, step).width()).max();
        longest.unwrap_or(0).max(label.width()) + BETWEEN
    };
    let mut widths: Vec<usize> = threads.iter().map(needed).collect();
    let room = (page + BETWEEN).saturating_sub(NUMBER);
    let spare = room.checked_sub(widths.iter().sum())?;
    for width in &mut widths {
        *width += spare / threads.len().max(1);
    }
    steps::has_columns(threads).then_some(widths)
}
