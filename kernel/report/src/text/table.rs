//! The tables in columns.
//!
//! A page of text has few columns, and a number that is cut says less than none: where a table is
//! too wide, heads are broken and types shortened, then whole columns go (HTML and JSON have them
//! all), then words are shortened.

use std::fmt;

use unicode_width::UnicodeWidthStr;

use super::pen::{Pen, Style};
use crate::columns::{self, Head, Table};
use crate::model::{At, Report};
use crate::words::width::pad;

/// Most rows of a table.
const ROWS: usize = 20;
/// To how many columns a type may be shortened, and a word.
const TYPE: usize = 12;
const WORD: usize = 8;

/// Writes all tables that have rows.
pub(super) fn all(pen: &mut Pen<'_>, report: &Report) -> fmt::Result {
    for table in columns::all(report, |at| place(at, report.cell)) {
        write(pen, &table)?;
    }
    Ok(())
}

/// A column that is shown.
struct Column {
    /// Its position in the table.
    index: usize,
    head: Head,
    width: usize,
    /// How wide its cells are.
    cells: usize,
}

fn write(pen: &mut Pen<'_>, table: &Table) -> fmt::Result {
    pen.out.write_char('\n')?;
    let rows = &table.rows[..table.rows.len().min(ROWS)];
    let columns = fitted(table, rows, pen.width);
    pen.cut_line(&table.caption, Style::Bold)?;
    let line = |cells: &dyn Fn(&Column) -> String| {
        let parts: Vec<String> = columns
            .iter()
            .map(|column| pad(&cells(column), column.width, column.head.is_number))
            .collect();
        parts.join("  ")
    };
    let heads: Vec<Vec<String>> = columns
        .iter()
        .map(|column| broken(column.head.title, column.width))
        .collect();
    let high = heads.iter().map(Vec::len).max().unwrap_or(0);
    for row in 0..high {
        // A head of fewer lines stands right above its cells.
        let words = |column: &Column| {
            let position = columns.iter().position(|it| it.index == column.index);
            let lines = &heads[position.unwrap_or(0)];
            let above = high - lines.len();
            row.checked_sub(above)
                .map(|row| lines[row].clone())
                .unwrap_or_default()
        };
        pen.cut_line(&line(&words), Style::Dim)?;
    }
    for row in rows {
        pen.cut_line(&line(&|column| row[column.index].clone()), Style::Plain)?;
    }
    let more = table.rows.len() - rows.len() + table.omitted as usize;
    if more > 0 {
        pen.cut_line(&format!("… and {more} more"), Style::Dim)?;
    }
    Ok(())
}

/// The columns that have content, made to fit `width`.
fn fitted(table: &Table, rows: &[Vec<String>], width: usize) -> Vec<Column> {
    let column = |(index, &head): (usize, &Head)| {
        let has_content = |row: &Vec<String>| !row[index].is_empty() && row[index] != "0";
        let cells = rows.iter().map(|row| row[index].width()).max().unwrap_or(0);
        rows.iter().any(has_content).then(|| Column {
            index,
            head,
            width: cells.max(head.title.width()),
            cells,
        })
    };
    let mut columns: Vec<Column> = table.heads.iter().enumerate().filter_map(column).collect();
    let excess = |columns: &[Column]| {
        let used: usize = columns.iter().map(|column| column.width + 2).sum();
        used.saturating_sub(width + 2)
    };
    if excess(&columns) > 0 {
        for column in &mut columns {
            let words = column.head.title.split(' ').map(UnicodeWidthStr::width);
            column.width = column.cells.max(words.max().unwrap_or(0));
        }
    }
    shrink(&mut columns, &excess, TYPE, |head| head.is_type);
    while excess(&columns) > 0 {
        let most = columns.iter().map(|column| column.head.dispensable).max();
        let Some(most) = most.filter(|&most| most > 0) else {
            break;
        };
        columns.retain(|column| column.head.dispensable < most);
    }
    shrink(&mut columns, &excess, WORD, |head| !head.is_number);
    shrink(&mut columns, &excess, WORD, |_| true);
    columns
}

/// Makes the widest of the `chosen` columns narrower until all fit, none narrower than `least`.
fn shrink(
    columns: &mut [Column],
    excess: &dyn Fn(&[Column]) -> usize,
    least: usize,
    chosen: impl Fn(&Head) -> bool,
) {
    while excess(columns) > 0 {
        let widest = columns
            .iter_mut()
            .filter(|column| chosen(&column.head) && column.width > least)
            .max_by_key(|column| (column.width, column.index));
        match widest {
            Some(column) => column.width -= 1,
            None => break,
        }
    }
}

/// A head in lines of at most `width`, broken between words.
fn broken(title: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in title.split(' ') {
        match lines.last_mut() {
            Some(line) if line.width() + 1 + word.width() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// A place in the few columns of a table: `line 7`, `[3] line 7`, `latch.rs:244`.
fn place(at: &Option<At>, cell: u32) -> String {
    let Some(at) = at else {
        return String::new();
    };
    match (at.in_cell(), at) {
        (None, At::Dependency { file, line, .. }) => {
            format!("{}:{line}", file.rsplit('/').next().unwrap_or(file))
        }
        (Some(place), _) => place.words(cell),
        (None, _) => String::new(),
    }
}
