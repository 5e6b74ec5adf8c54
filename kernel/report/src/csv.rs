//! The tables as comma-separated values (RFC 4180).

use std::fmt::{self, Write};

use serde_json::Value;

use crate::model::Report;

/// Which table [`csv`] writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CsvTable {
    /// [`Report::threads`]
    Threads,
    /// [`Report::locks`]
    Locks,
    /// [`Report::channels`]
    Channels,
    /// [`Report::condvars`]
    Condvars,
    /// [`Report::barriers`]
    Barriers,
    /// All of them that have rows, each under a line with its name and followed by an empty line.
    All,
}

/// Writes a table as comma-separated values with a header line (RFC 4180). Nested values have a
/// column each: `wait_ns.total`, `created_at.line`.
///
/// # Errors
/// Only those of `out`.
pub fn csv(report: &Report, out: &mut dyn Write, table: CsvTable) -> fmt::Result {
    match table {
        CsvTable::Threads => rows(&report.threads, out),
        CsvTable::Locks => rows(&report.locks, out),
        CsvTable::Channels => rows(&report.channels, out),
        CsvTable::Condvars => rows(&report.condvars, out),
        CsvTable::Barriers => rows(&report.barriers, out),
        CsvTable::All => {
            let tables = [
                ("threads", CsvTable::Threads, report.threads.len()),
                ("locks", CsvTable::Locks, report.locks.len()),
                ("channels", CsvTable::Channels, report.channels.len()),
                ("condvars", CsvTable::Condvars, report.condvars.len()),
                ("barriers", CsvTable::Barriers, report.barriers.len()),
            ];
            for (name, table, _) in tables.into_iter().filter(|(_, _, rows)| *rows > 0) {
                write!(out, "{name}\r\n")?;
                csv(report, out, table)?;
                out.write_str("\r\n")?;
            }
            Ok(())
        }
    }
}

/// Writes rows under all columns that any of them has, in order of first appearance.
fn rows<T: serde::Serialize>(rows: &[T], out: &mut dyn Write) -> fmt::Result {
    let mut columns: Vec<String> = Vec::new();
    let mut flat: Vec<Vec<(String, String)>> = Vec::new();
    for row in rows {
        let mut fields = Vec::new();
        flatten(
            "",
            &serde_json::to_value(row).unwrap_or_default(),
            &mut fields,
        );
        for (name, _) in &fields {
            if !columns.contains(name) {
                columns.push(name.clone());
            }
        }
        flat.push(fields);
    }
    // A nested value that is absent from one row has no column of its own beside its parts.
    let is_parent = |column: &String| {
        columns.iter().any(|other| {
            other
                .strip_prefix(column.as_str())
                .is_some_and(|rest| rest.starts_with('.'))
        })
    };
    let columns: Vec<&String> = columns.iter().filter(|column| !is_parent(column)).collect();
    for (position, column) in columns.iter().enumerate() {
        write!(out, "{}{column}", if position > 0 { "," } else { "" })?;
    }
    out.write_str("\r\n")?;
    for fields in flat {
        for (position, column) in columns.iter().enumerate() {
            let value = fields.iter().find(|(name, _)| name == *column);
            let value = value.map(|(_, value)| value.as_str()).unwrap_or_default();
            write!(
                out,
                "{}{}",
                if position > 0 { "," } else { "" },
                quoted(value)
            )?;
        }
        out.write_str("\r\n")?;
    }
    Ok(())
}

fn flatten(prefix: &str, value: &Value, fields: &mut Vec<(String, String)>) {
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                let name = if prefix.is_empty() {
                    key.clone()
                } else {
                    format!("{prefix}.{key}")
                };
                flatten(&name, value, fields);
            }
        }
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(Value::to_string).collect();
            fields.push((prefix.to_owned(), items.join(" ")));
        }
        Value::Null => fields.push((prefix.to_owned(), String::new())),
        Value::String(text) => fields.push((prefix.to_owned(), text.clone())),
        other => fields.push((prefix.to_owned(), other.to_string())),
    }
}

fn quoted(value: &str) -> String {
    if value.contains(['"', ',', '\n', '\r']) {
        format!("\"{}\"", value.replace('"', "\"\""))
    } else {
        value.to_owned()
    }
}
