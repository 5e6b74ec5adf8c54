//! The tables in columns.

use std::fmt;

use unicode_width::UnicodeWidthStr;

use super::{Pen, Style, pad, place};
use crate::columns;
use crate::model::Report;

/// Most rows of a table.
const ROWS: usize = 40;

/// Writes all tables that have rows.
pub(super) fn all(pen: &mut Pen<'_>, report: &Report) -> fmt::Result {
    for table in columns::all(report, |at| place(at, report.cell)) {
        write(pen, &table)?;
    }
    Ok(())
}

fn write(pen: &mut Pen<'_>, table: &columns::Table) -> fmt::Result {
    pen.out.write_char('\n')?;
    let rows = &table.rows[..table.rows.len().min(ROWS)];
    // A column without any content says nothing.
    let used: Vec<usize> = (0..table.heads.len())
        .filter(|&column| {
            rows.iter()
                .any(|row| !row[column].is_empty() && row[column] != "0")
        })
        .collect();
    let mut widths: Vec<usize> = used
        .iter()
        .map(|&column| {
            let cells = rows
                .iter()
                .map(|row| row[column].width())
                .max()
                .unwrap_or(0);
            cells.max(table.heads[column].title.width())
        })
        .collect();
    let room = pen.width.saturating_sub(2 * widths.len().saturating_sub(1));
    while widths.iter().sum::<usize>() > room {
        let Some(widest) = (0..widths.len()).max_by_key(|&column| (widths[column], column)) else {
            break;
        };
        if widths[widest] <= 6 {
            break;
        }
        widths[widest] -= 1;
    }
    pen.cut_line(&table.caption, Style::Bold)?;
    let line = |cells: &dyn Fn(usize) -> String| {
        let parts: Vec<String> = used
            .iter()
            .zip(&widths)
            .map(|(&column, &width)| pad(&cells(column), width, table.heads[column].is_number))
            .collect();
        parts.join("  ")
    };
    pen.cut_line(
        &line(&|column| table.heads[column].title.to_owned()),
        Style::Dim,
    )?;
    for row in rows {
        pen.cut_line(&line(&|column| row[column].clone()), Style::Plain)?;
    }
    let more = table.rows.len() - rows.len() + table.omitted as usize;
    if more > 0 {
        pen.cut_line(&format!("… and {more} more"), Style::Dim)?;
    }
    Ok(())
}
