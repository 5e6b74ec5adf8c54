//! The report as plain text: for consoles, Markdown and PDF exports, and viewers that drop HTML.

mod cycle;
mod lanes;
mod order;
pub(crate) mod pen;
mod table;

use std::fmt::{self, Write};

use crate::lessons::Lesson;
use crate::model::{Report, Severity};
use crate::options::{Level, TextOptions};
use crate::{notes, steps};
use pen::{Pen, Style};

pub(crate) use cycle::cycle;

/// Writes the report as plain text.
///
/// # Errors
/// Only those of `out`.
pub fn text(report: &Report, out: &mut dyn Write, options: &TextOptions) -> fmt::Result {
    let mut pen = Pen {
        out,
        ansi: options.ansi,
        width: options.width.max(40),
    };
    pen.paragraph(&report.story, "", "", Style::Bold)?;
    for finding in &report.findings {
        let (sign, style) = match finding.severity {
            Severity::Error => ("✗ ", Style::Error),
            Severity::Warning => ("! ", Style::Warning),
            Severity::Note => ("· ", Style::Plain),
        };
        pen.paragraph(&finding.title, sign, "  ", style)?;
        if !finding.edges.is_empty() {
            for line in cycle(finding, report.cell).lines() {
                pen.cut_line(&format!("    {line}"), Style::Plain)?;
            }
        }
        let lesson = Lesson::on(finding.kind).words();
        let detail = format!("{} {lesson}", finding.besides_edges());
        pen.paragraph(&detail, "  ", "  ", Style::Dim)?;
    }
    if options.level == Level::Full {
        if let Some([title, detail]) = steps::outdated(report).filter(|_| steps::say_more(report)) {
            pen.paragraph(&title, "· ", "  ", Style::Plain)?;
            pen.paragraph(&detail, "  ", "  ", Style::Dim)?;
        }
        if let Some(timeline) = &report.timeline {
            pen.out.write_char('\n')?;
            lanes::draw(&mut pen, report, timeline)?;
        }
        if let Some(order) = &report.order {
            order::write(&mut pen, report, order)?;
        }
        table::all(&mut pen, report)?;
    }
    if !report.last_output.is_empty() {
        pen.paragraph("Last lines printed:", "", "", Style::Dim)?;
        for line in &report.last_output {
            pen.cut_line(&format!("  {line}"), Style::Plain)?;
        }
    }
    for note in notes::all(report) {
        pen.paragraph(&note, "", "  ", Style::Dim)?;
    }
    Ok(())
}
