//! Where what several runs printed begins to differ.

use report::escaped;

/// Stands for the end of a line.
const LINE_END: char = '⏎';
/// Characters shown before the first difference, and of what differs and follows.
const BEFORE: usize = 24;
const AFTER: usize = 36;

/// What a run printed, around the first place at which another one printed something else.
pub(super) struct Print {
    before: String,
    /// Empty where the run has nothing more to print.
    differs: String,
    after: String,
}

impl Print {
    /// For text: what differs stands between marks.
    pub(super) fn text(&self) -> String {
        let Print {
            before,
            differs,
            after,
        } = self;
        format!("printed \"{before}»{differs}«{after}\"")
    }

    /// For HTML.
    pub(super) fn html(&self) -> String {
        let [before, differs, after] =
            [&self.before, &self.differs, &self.after].map(|part| escaped(part));
        format!("printed <code>{before}<mark>{differs}</mark>{after}</code>")
    }

    fn around(text: &str, at: usize) -> Print {
        let characters: Vec<char> = text.chars().collect();
        let is_between = |it: &char| it.is_whitespace() || *it == LINE_END;
        let gap = characters[at.min(characters.len())..].iter();
        let at = (at + gap.take_while(|&it| is_between(it)).count()).min(characters.len());
        let is_end = |it: &char| it.is_whitespace() || matches!(it, ',' | ';' | ')' | ']' | '}');
        let length = characters[at..].iter().take_while(|it| !is_end(it)).count();
        let end = (at + length.max(1)).min(characters.len());
        let start = at.saturating_sub(BEFORE);
        let last = (at + AFTER).max(end).min(characters.len());
        let part = |from: usize, to: usize| -> String { characters[from..to].iter().collect() };
        let cut = |is_cut: bool| if is_cut { "…" } else { "" };
        Print {
            before: cut(start > 0).to_owned() + &part(start, at),
            differs: part(at, end),
            after: part(end, last) + cut(last < characters.len()),
        }
    }
}

/// By way of ending: what it printed, around the first difference from the first print, of which
/// the others are told apart; `None` for what did not print, or where there is nothing to compare.
pub(super) fn differences(printed: &[Option<&str>]) -> Vec<Option<Print>> {
    let in_one_line = |text: &str| {
        let lines: Vec<&str> = text.trim_end().lines().collect();
        let one = lines.join(&format!(" {LINE_END} "));
        // That nothing was printed is said in words.
        (!one.is_empty()).then_some(one)
    };
    let prints: Vec<Option<String>> = printed.iter().map(|it| it.and_then(in_one_line)).collect();
    let mut known = prints.iter().flatten();
    let (Some(first), Some(second)) = (known.next(), known.next()) else {
        return prints.iter().map(|_| None).collect();
    };
    let mut is_first = true;
    let around = |print: &Option<String>| {
        let print = print.as_ref()?;
        let other = if std::mem::take(&mut is_first) {
            second
        } else {
            first
        };
        Some(Print::around(print, first_difference(print, other)))
    };
    prints.iter().map(around).collect()
}

/// The number of characters that two texts begin with alike, back to the beginning of a word.
fn first_difference(one: &str, other: &str) -> usize {
    let alike = one
        .chars()
        .zip(other.chars())
        .take_while(|(a, b)| a == b)
        .count();
    let is_word = |it: &char| it.is_alphanumeric() || matches!(it, '.' | '-');
    let goes_on = |text: &str| text.chars().nth(alike).is_some_and(|it| is_word(&it));
    if !goes_on(one) && !goes_on(other) {
        return alike;
    }
    let begin: Vec<char> = one.chars().take(alike).collect();
    alike - begin.iter().rev().take_while(|&it| is_word(it)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(one: &str, other: &str) -> (String, String) {
        let around = |print: &str, other| Print::around(print, first_difference(print, other));
        (around(one, other).text(), around(other, one).text())
    }

    #[test]
    fn the_first_word_that_differs_is_marked() {
        let (one, other) = shown("[0, 1, 2]", "[0, 2, 1]");
        assert_eq!(one, "printed \"[0, »1«, 2]\"");
        assert_eq!(other, "printed \"[0, »2«, 1]\"");
        // A number differs as a whole.
        let (one, other) = shown("total 1199", "total 1200");
        assert_eq!(one, "printed \"total »1199«\"");
        assert_eq!(other, "printed \"total »1200«\"");
    }

    #[test]
    fn what_ends_early_differs_at_its_end() {
        let (one, other) = shown("a ⏎ b", "a ⏎ b ⏎ c");
        assert_eq!(one, "printed \"a ⏎ b»«\"");
        assert_eq!(other, "printed \"a ⏎ b ⏎ »c«\"");
    }

    #[test]
    fn long_prints_are_cut_around_the_difference() {
        let many = |last: &str| "line ⏎ ".repeat(40) + last;
        let (one, _) = shown(&many("x"), &many("y"));
        assert!(one.contains("»x«") && one.chars().count() < 60, "{one}");
    }
}
