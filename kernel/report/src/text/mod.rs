//! The report as plain text: for consoles, Markdown and PDF exports, and viewers that drop HTML.

mod lanes;
mod table;

use std::fmt::{self, Write};

use unicode_width::UnicodeWidthStr;

use crate::facts::at_words;
use crate::findings;
use crate::model::{At, Report, Severity};
use crate::notes;
use crate::options::{Level, TextOptions};
use crate::timeline::State;
use crate::width::{fit, prefix};

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
            for line in findings::ring(finding, report.cell).lines() {
                pen.cut_line(&format!("    {line}"), Style::Plain)?;
            }
        }
        pen.paragraph(finding.besides_edges(), "  ", "  ", Style::Dim)?;
    }
    if options.level == Level::Full {
        if let Some(timeline) = &report.timeline {
            pen.out.write_char('\n')?;
            lanes::draw(&mut pen, timeline)?;
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

/// A place in the few columns of a table: `7`, `[3] 7`, `latch.rs:244`.
fn place(at: &Option<At>, cell: u32) -> String {
    match at {
        None => String::new(),
        Some(At::Dependency { file, line, .. }) => {
            format!("{}:{line}", file.rsplit('/').next().unwrap_or(file))
        }
        Some(at) => at_words(at, cell),
    }
}

/// How a piece of text looks where colours are allowed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    Plain,
    Bold,
    Dim,
    Error,
    Warning,
    State(State),
}

impl Style {
    /// The escape sequence that turns it on. Colours 16–255 look alike on dark and light grounds.
    fn code(self) -> &'static str {
        match self {
            Style::Plain => "",
            Style::Bold => "\x1b[1m",
            Style::Dim => "\x1b[2m",
            Style::Error => "\x1b[1;31m",
            Style::Warning => "\x1b[1;33m",
            Style::State(State::Running) => "\x1b[38;5;32m",
            Style::State(State::Lock) => "\x1b[38;5;166m",
            Style::State(State::Channel) => "\x1b[38;5;178m",
            Style::State(State::Join) => "\x1b[38;5;175m",
            Style::State(State::Condvar | State::Barrier | State::Once | State::Park) => {
                "\x1b[38;5;36m"
            }
            Style::State(State::Sleep | State::Starting | State::Gap) => "\x1b[38;5;245m",
        }
    }
}

/// Writes lines no wider than the page.
struct Pen<'o> {
    out: &'o mut dyn Write,
    ansi: bool,
    width: usize,
}

impl Pen<'_> {
    fn styled(&mut self, text: &str, style: Style) -> fmt::Result {
        if self.ansi && !style.code().is_empty() && !text.is_empty() {
            write!(self.out, "{}{text}\x1b[0m", style.code())
        } else {
            self.out.write_str(text)
        }
    }

    /// One line, cut at the page's edge.
    fn cut_line(&mut self, line: &str, style: Style) -> fmt::Result {
        let line = fit(line.trim_end(), self.width);
        self.styled(&line, style)?;
        self.out.write_char('\n')
    }

    /// Text broken at spaces.
    fn paragraph(&mut self, text: &str, first: &str, indent: &str, style: Style) -> fmt::Result {
        let mut line = first.to_owned();
        let mut is_empty = true;
        for word in text.split_whitespace() {
            let mut word = word.to_owned();
            if !is_empty && line.width() + 1 + word.width() > self.width {
                self.styled(&line, style)?;
                self.out.write_char('\n')?;
                line = indent.to_owned();
                is_empty = true;
            }
            // A word that fits on no line is cut to pieces.
            while line.width() + word.width() > self.width {
                let room = self.width - line.width().min(self.width - 1);
                let piece = prefix(&word, room);
                word = word[piece.len()..].to_owned();
                line += &piece;
                self.styled(&line, style)?;
                self.out.write_char('\n')?;
                line = indent.to_owned();
            }
            if !is_empty {
                line.push(' ');
            }
            line += &word;
            is_empty = false;
        }
        if is_empty {
            return Ok(());
        }
        self.styled(&line, style)?;
        self.out.write_char('\n')
    }
}
