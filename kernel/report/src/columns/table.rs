//! A table of words: what text and HTML write.

/// A table ready to be written.
pub(crate) struct Table {
    /// What it lists, and how many: `3 locks`.
    pub(crate) caption: String,
    /// Heads of the columns.
    pub(crate) heads: Vec<Head>,
    /// Cells, row by row.
    pub(crate) rows: Vec<Vec<String>>,
    /// Rows that the report doesn't have.
    pub(crate) omitted: u64,
}

/// A column's head.
#[derive(Clone, Copy)]
pub(crate) struct Head {
    /// Its words.
    pub(crate) title: &'static str,
    /// Whether its cells are numbers, which stand to the right.
    pub(crate) is_number: bool,
    /// Whether its cells are types, which may be long and can be broken anywhere.
    pub(crate) is_type: bool,
    /// Which column goes first where the page is too narrow for all: the one with the highest
    /// number; those with 0 stay.
    pub(crate) dispensable: u8,
}

/// Heads; those that begin with `#` are of numbers, those that end with `-` are dispensable, the
/// more so the more often.
pub(super) fn heads(titles: &[&'static str]) -> Vec<Head> {
    let head = |title: &&'static str| {
        let words = title.trim_end_matches('-');
        let title_words = words.trim_start_matches('#');
        Head {
            title: title_words,
            is_number: words.starts_with('#'),
            is_type: title_words == "type",
            dispensable: (title.len() - words.len()) as u8,
        }
    };
    titles.iter().map(head).collect()
}
