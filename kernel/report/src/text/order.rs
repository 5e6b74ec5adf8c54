//! The steps in order, in columns of text.

use std::fmt;

use super::pen::{Pen, Style};
use crate::model::{Order, Report};
use crate::steps;
use crate::words::width::pad;

/// Columns of the numbers, and fewest of a thread.
const NUMBER: usize = 3;
const FEWEST: usize = 19;

/// Writes them, unless the timeline says as much.
pub(super) fn write(pen: &mut Pen<'_>, report: &Report, order: &Order) -> fmt::Result {
    if !order.says_more {
        return Ok(());
    }
    pen.cut_line("", Style::Plain)?;
    let threads = steps::threads(report, order);
    let width = pen.width.saturating_sub(NUMBER) / threads.len().max(1);
    let in_columns = steps::has_columns(&threads) && width >= FEWEST;
    if in_columns {
        let heads = threads.iter().map(|(_, label)| pad(label, width, false));
        let heads: String = heads.collect();
        pen.cut_line(&format!("{}{heads}", " ".repeat(NUMBER)), Style::Dim)?;
    }
    for step in &order.steps {
        let number = pad(&steps::number(step.step), NUMBER, false);
        let words = steps::words(report, step);
        let column = threads.iter().position(|(id, _)| *id == step.thread);
        let before = if in_columns {
            " ".repeat(column.unwrap_or(0) * width)
        } else {
            let label = column.map_or("", |column| threads[column].1.as_str());
            format!("{} ", pad(label, 12, false))
        };
        let style = if step.for_ever {
            Style::Error
        } else {
            Style::Plain
        };
        pen.cut_line(&format!("{number}{before}{words}"), style)?;
    }
    if order.omitted > 0 {
        pen.cut_line(&steps::omitted(order), Style::Dim)?;
    }
    Ok(())
}
