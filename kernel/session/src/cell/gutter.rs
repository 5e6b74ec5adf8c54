//! The column before each printed line that says which thread or task printed it: `T2│ text`.

use record::frame;

/// Who printed something: a thread or a task, by its number in the cell, or C code and the system,
/// whose thread nobody knows.
pub type Writer = Option<u32>;

/// Decorates one stream of one cell. Text may come in any pieces; a piece that leaves its line open
/// is shown at once.
#[derive(Debug, Default)]
pub struct Gutter {
    /// Who wrote the line that is still open.
    open: Option<Writer>,
}

impl Gutter {
    /// `text` as printed by `writer`, with gutters if `show`.
    pub fn decorate(&mut self, writer: Writer, show: bool, text: &str) -> String {
        let mut out = String::with_capacity(text.len() + 8);
        let continues = self.open == Some(writer);
        if self.open.is_some() && !continues {
            // Another thread's unfinished line: this one must not be taken for its end.
            if show {
                out.push('\n');
            }
            self.open = None;
        }
        for (index, line) in text.split_inclusive('\n').enumerate() {
            if let Some(ordinal) = writer
                && show
                && !(index == 0 && continues)
            {
                out.push_str(&frame::name(ordinal));
                out.push_str("│ ");
            }
            out.push_str(line);
            self.open = (!line.ends_with('\n')).then_some(writer);
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(pieces: &[(u32, &str)], expected: &str) {
        let mut gutter = Gutter::default();
        let shown: String = pieces
            .iter()
            .map(|(thread, text)| gutter.decorate(Some(*thread), true, text))
            .collect();
        assert_eq!(shown, expected);
    }

    #[test]
    fn each_line_says_who_printed_it() {
        check(&[(1, "a\nb\n"), (2, "c\n")], "T1│ a\nT1│ b\nT2│ c\n");
    }

    #[test]
    fn a_task_is_called_so() {
        check(
            &[(1, "a\n"), (2 | frame::OF_TASK, "b\n")],
            "T1│ a\ntask 2│ b\n",
        );
    }

    #[test]
    fn an_open_line_goes_on_without_a_second_gutter() {
        check(&[(2, "a"), (2, "b\n"), (2, "c\n")], "T2│ ab\nT2│ c\n");
    }

    #[test]
    fn an_open_line_is_ended_when_another_thread_prints() {
        check(&[(2, "a"), (3, "b\n"), (2, "c\n")], "T2│ a\nT3│ b\nT2│ c\n");
    }

    #[test]
    fn what_comes_from_nobody_known_has_no_gutter() {
        let mut gutter = Gutter::default();
        let pieces = [(Some(1), "a\n"), (None, "c\n"), (Some(2), "b"), (None, "c")];
        let shown = pieces.map(|(writer, text)| gutter.decorate(writer, true, text));
        assert_eq!(shown.concat(), "T1│ a\nc\nT2│ b\nc");
    }

    #[test]
    fn without_gutters_text_is_untouched() {
        let mut gutter = Gutter::default();
        let shown = [(1, "a"), (2, "b\n"), (1, "\n")]
            .map(|(thread, text)| gutter.decorate(Some(thread), false, text))
            .concat();
        assert_eq!(shown, "ab\n\n");
    }
}
