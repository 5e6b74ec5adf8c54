//! `:timing`: where a cell's time went.

use std::fmt;
use std::path::Path;
use std::time::Duration;

/// One cell's times.
#[derive(Debug, Default)]
pub(super) struct Timing {
    /// evcxr and rust-analyzer: taking the cell apart, types of variables.
    analysis: Duration,
    /// rustc and its linker, all attempts together.
    compile: Duration,
    /// The cell itself.
    run: Duration,
    /// Collecting the output, making the report.
    report: Duration,
}

impl Timing {
    /// From the time that evcxr took in all, the stand-in's note of the compiler's part, and the rest.
    pub(super) fn new(
        evaluated: Duration,
        compiled: &Path,
        run: Duration,
        report: Duration,
    ) -> Timing {
        let noted = std::fs::read_to_string(compiled).unwrap_or_default();
        let compile = noted
            .lines()
            .filter_map(|line| line.parse().ok())
            .map(Duration::from_micros)
            .sum();
        Timing {
            analysis: evaluated.saturating_sub(compile).saturating_sub(run),
            compile,
            run,
            report,
        }
    }
}

impl fmt::Display for Timing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            ("analysis", self.analysis),
            ("compile and link", self.compile),
            ("run", self.run),
            ("report", self.report),
        ];
        let total: Duration = parts.iter().map(|(_, time)| *time).sum();
        for (name, time) in parts {
            write!(f, "{name} {:.1} ms, ", time.as_secs_f64() * 1000.0)?;
        }
        writeln!(f, "in all {:.1} ms", total.as_secs_f64() * 1000.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn attempts_of_the_compiler_are_added_up() {
        let folder = tempfile::tempdir().unwrap();
        let note = folder.path().join("compile.time");
        std::fs::write(&note, "1500\n2500\n").unwrap();
        let ms = Duration::from_millis;
        let timing = Timing::new(ms(100), &note, ms(20), ms(3));
        assert_eq!(
            timing.to_string(),
            "analysis 76.0 ms, compile and link 4.0 ms, run 20.0 ms, report 3.0 ms, in all 103.0 ms\n"
        );
    }
}
