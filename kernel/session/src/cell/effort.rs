//! Cells that compute for long. Cells are compiled unoptimised, which is quickest to wait for; code
//! of crates and iterators can be many times slower so. A cell that is run again after it computed
//! for long is worth optimising.

use std::collections::HashSet;
use std::time::Duration;

/// What optimising a cell may cost, several times over.
const LONG: Duration = Duration::from_secs(1);
/// The ticks per second in which Linux counts processor time for programs.
const TICKS: u64 = 100;

/// Which cells computed for long.
#[derive(Debug, Default)]
pub(crate) struct Effort {
    long: HashSet<String>,
    /// Whether the person chose how cells are optimised.
    chosen: bool,
}

impl Effort {
    /// Whether a cell is to be optimised.
    pub(crate) fn is_optimised(&self, code: &str) -> bool {
        !self.chosen && self.long.contains(code)
    }

    /// Notes `:opt` among a cell's commands.
    pub(crate) fn note_commands(&mut self, code: &str) {
        self.chosen |= code.lines().any(|line| {
            let mut words = line.split_whitespace();
            words.next() == Some(":opt")
        });
    }

    /// Notes how long a cell computed, in all its threads; what to tell of it, once.
    pub(crate) fn note_run(&mut self, code: &str, computed: Duration) -> Option<String> {
        if self.chosen || computed < LONG || !self.long.insert(code.to_owned()) {
            return None;
        }
        Some(format!(
            "This cell computed for {:.1} s, unoptimised. Run again, it is optimised; `:opt 2` optimises all cells.\n",
            computed.as_secs_f64()
        ))
    }
}

/// The processor time that a process has used; `None` where the system doesn't tell.
pub(crate) fn processor_time(process: u32) -> Option<Duration> {
    let text = std::fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    ticks(&text).map(|ticks| Duration::from_millis(ticks * 1000 / TICKS))
}

/// User and system time in `/proc/<process>/stat`. The second field may hold anything, in
/// parentheses.
fn ticks(text: &str) -> Option<u64> {
    let (_, fields) = text.rsplit_once(") ")?;
    let mut fields = fields.split(' ').skip(11).map(str::parse::<u64>);
    Some(fields.next()?.ok()? + fields.next()?.ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_cell_is_optimised_the_next_time_and_told_once() {
        let mut effort = Effort::default();
        assert_eq!(effort.note_run("short", Duration::from_millis(900)), None);
        assert!(!effort.is_optimised("short"));
        let told = effort.note_run("long", Duration::from_millis(2100));
        assert!(told.is_some_and(|it| it.contains("2.1 s")));
        assert!(effort.is_optimised("long"));
        assert_eq!(effort.note_run("long", Duration::from_secs(2)), None);
        effort.note_commands("\n:opt 0\nlong");
        assert!(!effort.is_optimised("long"));
    }

    #[test]
    fn a_process_name_may_hold_parentheses() {
        let text = "7 (a) b) S 1 7 7 0 -1 4194560 1 0 0 0 30 12 0 0 20 0 1 0 5\n";
        assert_eq!(ticks(text), Some(42));
        assert!(processor_time(std::process::id()).is_some());
    }
}
