//! `:timing`: where a cell's time went.

use std::fmt;
use std::time::Duration;
use toolchain::notes::CompilerTimes;

/// One cell's times.
#[derive(Debug, Default)]
pub(crate) struct Timing {
    /// evcxr and rust-analyzer: taking the cell apart, types of variables.
    analysis: Duration,
    /// rustc and its linker, all attempts together.
    compiler: CompilerTimes,
    /// The cell itself.
    run: Duration,
    /// Collecting the output, making the report.
    report: Duration,
}

impl Timing {
    /// From the time that evcxr took in all, the compiler's part of it, and the rest.
    pub(crate) fn new(
        evaluated: Duration,
        compiler: CompilerTimes,
        run: Duration,
        report: Duration,
    ) -> Timing {
        Timing {
            analysis: evaluated
                .saturating_sub(compiler.compile + compiler.link)
                .saturating_sub(run),
            compiler,
            run,
            report,
        }
    }
}

impl fmt::Display for Timing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts = [
            ("analysis", self.analysis),
            ("compile", self.compiler.compile),
            ("link", self.compiler.link),
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
    fn what_is_left_is_analysis() {
        let ms = Duration::from_millis;
        let compiler = CompilerTimes {
            compile: ms(4),
            link: ms(2),
        };
        let timing = Timing::new(ms(100), compiler, ms(20), ms(3));
        assert_eq!(
            timing.to_string(),
            "analysis 74.0 ms, compile 4.0 ms, link 2.0 ms, run 20.0 ms, report 3.0 ms, in all 103.0 ms\n"
        );
    }
}
