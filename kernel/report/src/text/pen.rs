//! What text is written with: lines no wider than the page, coloured where that is wanted.

use std::fmt::{self, Write};

use unicode_width::UnicodeWidthStr;

use crate::model::Activity;
use crate::words::width::{fit, prefix};

/// How a piece of text looks where colours are allowed.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Style {
    Plain,
    Bold,
    Dim,
    Error,
    Warning,
    Activity(Activity),
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
            Style::Activity(Activity::Running) => "\x1b[38;5;32m",
            Style::Activity(Activity::Lock) => "\x1b[38;5;166m",
            Style::Activity(Activity::Channel) => "\x1b[38;5;178m",
            Style::Activity(Activity::Join) => "\x1b[38;5;175m",
            Style::Activity(
                Activity::Condvar | Activity::Barrier | Activity::Once | Activity::Park,
            ) => "\x1b[38;5;36m",
            Style::Activity(Activity::Scheduled) => "\x1b[38;5;74m",
            Style::Activity(
                Activity::Sleep | Activity::Starting | Activity::Idle | Activity::Gap,
            ) => "\x1b[38;5;245m",
        }
    }
}

/// Writes lines no wider than the page.
pub(crate) struct Pen<'o> {
    pub(crate) out: &'o mut dyn Write,
    /// Whether to colour.
    pub(crate) ansi: bool,
    /// Columns.
    pub(crate) width: usize,
}

impl Pen<'_> {
    /// A piece of a line.
    pub(crate) fn styled(&mut self, text: &str, style: Style) -> fmt::Result {
        if self.ansi && !style.code().is_empty() && !text.is_empty() {
            write!(self.out, "{}{text}\x1b[0m", style.code())
        } else {
            self.out.write_str(text)
        }
    }

    /// One line, cut at the page's edge.
    pub(crate) fn cut_line(&mut self, line: &str, style: Style) -> fmt::Result {
        let line = fit(line.trim_end(), self.width);
        self.styled(&line, style)?;
        self.out.write_char('\n')
    }

    /// Text broken at spaces.
    pub(crate) fn paragraph(
        &mut self,
        text: &str,
        first: &str,
        indent: &str,
        style: Style,
    ) -> fmt::Result {
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
