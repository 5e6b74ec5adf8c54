//! How much a renderer shows, and how.

/// How much a report shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Level {
    /// The story and the findings.
    Summary,
    /// Timeline and tables as well.
    #[default]
    Full,
}

/// How [`text`](crate::text) writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TextOptions {
    /// Whether to colour with ANSI escape sequences.
    pub ansi: bool,
    /// Columns; less than 40 is taken as 40.
    pub width: usize,
    /// How much.
    pub level: Level,
}

impl Default for TextOptions {
    /// 80 columns, no colour, everything.
    fn default() -> Self {
        TextOptions {
            ansi: false,
            width: 80,
            level: Level::Full,
        }
    }
}

/// How [`html`](crate::html) writes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HtmlOptions<'a> {
    /// How much.
    pub level: Level,
    /// A line under which the report is folded away.
    pub summary: Option<&'a str>,
    /// How often this report has been shown before. Two showings of one report on a page would
    /// otherwise have the same ids, and the second would lose its patterns when the first is folded
    /// away.
    pub shown_before: u32,
    /// Whether the lessons lie in the notebook's folder, so that a link to one works.
    pub lessons_beside: bool,
}

/// How [`svg`](crate::svg) draws.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SvgOptions {
    /// Whether the picture stands alone (in an `<img>`, in a file), on a light ground of its own,
    /// rather than inline in a page whose theme it follows.
    pub standalone: bool,
}
