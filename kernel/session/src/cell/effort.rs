//! Cells that compute for long. Cells are compiled unoptimised, which is quickest to wait for; code
//! of crates and iterators can be many times slower so. A cell that is run again after it computed
//! for long is worth optimising.

use std::collections::HashSet;
use std::time::Duration;

/// What optimising a cell may cost, several times over.
const LONG: Duration = Duration::from_secs(1);
/// From where on the times of a cell that is judged by them are its code's, and not its threads'.
const JUDGED: Duration = Duration::from_millis(100);
/// What measures time in a cell.
const MEASURES: [&str; 3] = ["Instant", "elapsed", "SystemTime"];
/// The ticks per second in which Linux counts processor time for programs.
const TICKS: u64 = 100;

/// Which cells computed for long.
#[derive(Debug, Default)]
pub(crate) struct Effort {
    long: HashSet<String>,
    /// How the person chose that cells are optimised.
    chosen: Option<String>,
    /// Whether the person was told that a cell's times are those of unoptimised code.
    told_of_times: bool,
}

impl Effort {
    /// The level at which cells are optimised.
    pub(crate) fn level(&self) -> &str {
        self.chosen.as_deref().unwrap_or("0")
    }

    /// Whether a cell is to be optimised.
    pub(crate) fn is_optimised(&self, code: &str) -> bool {
        self.chosen.is_none() && self.long.contains(code)
    }

    /// Notes `:opt` among a cell's commands.
    pub(crate) fn note_commands(&mut self, code: &str) {
        let mut levels = code.lines().filter_map(|line| {
            let mut words = line.split_whitespace();
            words.next().filter(|name| *name == ":opt")?;
            words.next().map(str::to_owned)
        });
        self.chosen = levels.next_back().or(self.chosen.take());
    }

    /// Notes how long a cell computed, in all its threads; what to tell of it, once. `has_threads`
    /// if its report shows how long they took.
    pub(crate) fn note_run(
        &mut self,
        code: &str,
        computed: Duration,
        has_threads: bool,
    ) -> Option<String> {
        let seconds = computed.as_secs_f64();
        if self.chosen.is_some() || self.long.contains(code) {
            return None;
        }
        if computed >= LONG {
            self.long.insert(code.to_owned());
            self.told_of_times = true;
            return Some(format!(
                "This cell computed for {seconds:.1} s, unoptimised. Run again, it is optimised; `:opt 2` optimises all cells.\n"
            ));
        }
        let is_judged = has_threads || MEASURES.iter().any(|word| code.contains(word));
        if computed < JUDGED || !is_judged || self.told_of_times {
            return None;
        }
        self.told_of_times = true;
        Some(format!(
            "This cell computed for {seconds:.2} s, unoptimised: its times may be several times those of optimised code. `:opt 2` optimises all cells.\n"
        ))
    }
}

/// How much of the processor time that was used since a cell began may be its own, if it `ran` for
/// so long: threads of earlier cells go on while it is compiled.
pub(crate) fn at_most(ran: Duration, used: Duration) -> Duration {
    let processors = std::thread::available_parallelism().map_or(1, |it| it.get());
    used.min(ran * u32::try_from(processors).unwrap_or(u32::MAX))
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
        let short = Duration::from_millis(900);
        assert_eq!(effort.note_run("short", short, false), None);
        assert!(!effort.is_optimised("short"));
        let told = effort.note_run("long", Duration::from_millis(2100), false);
        assert!(told.is_some_and(|it| it.contains("2.1 s")));
        assert!(effort.is_optimised("long"));
        assert_eq!(effort.note_run("long", Duration::from_secs(2), true), None);
        effort.note_commands("\n:opt 0\nlong");
        assert!(!effort.is_optimised("long"));
    }

    #[test]
    fn times_by_which_threads_are_judged_are_told_to_be_unoptimised_once() {
        let mut effort = Effort::default();
        let short = Duration::from_millis(300);
        assert_eq!(
            effort.note_run("spawn()", Duration::from_millis(90), true),
            None
        );
        let told = effort.note_run("spawn()", short, true);
        assert!(told.is_some_and(|it| it.contains("0.30 s")));
        assert!(!effort.is_optimised("spawn()"));
        assert_eq!(
            effort.note_run("let t = Instant::now();", short, false),
            None
        );
        let mut effort = Effort::default();
        assert!(
            effort
                .note_run("let t = Instant::now();", short, false)
                .is_some()
        );
        let mut effort = Effort::default();
        effort.note_commands(":opt 0\nspawn()");
        assert_eq!(effort.note_run("spawn()", short, true), None);
    }

    #[test]
    fn what_was_used_before_the_cell_ran_is_not_its_own() {
        let seconds = Duration::from_secs;
        assert_eq!(at_most(Duration::ZERO, seconds(80)), Duration::ZERO);
        assert_eq!(at_most(seconds(3), seconds(2)), seconds(2));
    }

    #[test]
    fn a_process_name_may_hold_parentheses() {
        let text = "7 (a) b) S 1 7 7 0 -1 4194560 1 0 0 0 30 12 0 0 20 0 1 0 5\n";
        assert_eq!(ticks(text), Some(42));
        assert!(processor_time(std::process::id()).is_some());
    }
}
