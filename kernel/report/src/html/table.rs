//! The tables: real ones, with captions and heads, folded where they are long.

use std::fmt::{self, Write};

use crate::columns::{self, Table};
use crate::model::{At, Report};
use crate::words::escape::escaped;

/// Longer tables are folded.
const OPEN: usize = 3;
/// Most rows.
const ROWS: usize = 40;

/// Writes all tables that have rows.
pub(super) fn all(out: &mut String, report: &Report) -> fmt::Result {
    let place = |at: &Option<At>| match at {
        None => String::new(),
        Some(at) => at.words(report.cell),
    };
    for table in columns::all(report, place) {
        write(out, &table)?;
    }
    Ok(())
}

fn write(out: &mut String, table: &Table) -> fmt::Result {
    let rows = &table.rows[..table.rows.len().min(ROWS)];
    let used: Vec<usize> = (0..table.heads.len())
        .filter(|&column| {
            rows.iter()
                .any(|row| !row[column].is_empty() && row[column] != "0")
        })
        .collect();
    let open = if table.rows.len() <= OPEN {
        " open"
    } else {
        ""
    };
    let caption = escaped(&table.caption);
    write!(
        out,
        "<details{open}><summary>{caption}</summary><div class=\"fl-scroll\" tabindex=\"0\" \
         role=\"group\" aria-label=\"{caption}\"><table>"
    )?;
    write!(out, "<caption>{caption}</caption><thead><tr>")?;
    let class = |column: usize| {
        let head = &table.heads[column];
        match (head.is_number, head.is_type) {
            (true, _) => " class=\"fl-n\"",
            (_, true) => " class=\"fl-type\"",
            (false, false) => "",
        }
    };
    for &column in &used {
        let title = match table.heads[column].title {
            "" => "lock",
            title => title,
        };
        write!(
            out,
            "<th scope=\"col\"{}>{}</th>",
            class(column),
            escaped(title)
        )?;
    }
    out.push_str("</tr></thead><tbody>");
    for row in rows {
        out.push_str("<tr>");
        for &column in &used {
            write!(out, "<td{}>{}</td>", class(column), escaped(&row[column]))?;
        }
        out.push_str("</tr>");
    }
    out.push_str("</tbody></table>");
    let more = (table.rows.len() - rows.len()) as u64 + table.omitted;
    if more > 0 {
        write!(out, "<p class=\"fl-foot\">… and {more} more</p>")?;
    }
    out.push_str("</div></details>");
    Ok(())
}
