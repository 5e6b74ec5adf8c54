//! Where the parts of cells stand in generated source.

/// How documentation of an item begins.
pub(super) const DOCUMENTATION: &str = "///";
/// What stands before documentation that begins a cell.
pub(super) const INDENT: &str = " ";

/// Finds texts that begin a line, each stretch at most once.
pub(super) struct Finder<'a> {
    text: &'a str,
    taken: Vec<(usize, usize)>,
}

impl<'a> Finder<'a> {
    pub fn new(text: &'a str) -> Finder<'a> {
        Finder {
            text,
            taken: Vec::new(),
        }
    }

    /// The 0-based line of the first free occurrence of `part`.
    pub fn take(&mut self, part: &str) -> Option<u32> {
        // Blanks at a cell's end don't reach evcxr.
        let part = part.trim_end();
        if part.is_empty() {
            return None;
        }
        let mut from = 0;
        while let Some(found) = self.text[from..].find(part) {
            let start = from + found;
            let end = start + part.len();
            let begins_line = self.begins_line(start)
                || part.starts_with(DOCUMENTATION)
                    && self.text[..start].ends_with(INDENT)
                    && self.begins_line(start - INDENT.len());
            let rest = self.text[end..].lines().next().unwrap_or_default();
            let ends_line = rest.trim().is_empty() || is_export(rest);
            let free = self.taken.iter().all(|&(s, e)| end <= s || e <= start);
            if begins_line && ends_line && free {
                self.taken.push((start, end));
                return Some(self.text[..start].matches('\n').count() as u32);
            }
            from = start + part.chars().next().map_or(1, char::len_utf8);
        }
        None
    }

    fn begins_line(&self, at: usize) -> bool {
        at == 0 || self.text.as_bytes()[at - 1] == b'\n'
    }
}

/// Where a word stands in a text last.
pub(super) fn word(text: &str, word: &str) -> Option<usize> {
    let in_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut places = text.rmatch_indices(word).map(|(at, _)| at);
    places
        .find(|at| !text[..*at].ends_with(in_word) && !text[at + word.len()..].starts_with(in_word))
}

/// Whether a line's rest is what the kernel puts behind a macro, so that it can be used above, too.
fn is_export(rest: &str) -> bool {
    let name = rest.strip_prefix(" pub(crate) use ");
    let name = name.and_then(|it| it.trim_end().strip_suffix(';'));
    name.is_some_and(|it| it.chars().all(|c| c.is_alphanumeric() || c == '_'))
}
