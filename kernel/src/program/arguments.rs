//! What the shell says of a program in a file, and the cell that says so to a kernel.

use std::path::PathBuf;

use session::STRATEGIES;

/// What `--help` prints.
pub const HELP: &str = "\
Programs in files, as notebooks run them: no change to the code, nothing to import.

Usage:
  fearless run FILE.rs                     run it once, and report what its threads, locks and channels did
  fearless explore FILE.rs [OPTION ...]    run it in one order of its threads after another, until one fails
  fearless replay FILE.rs TOKEN            run it in the order that a token of `explore` tells, here or in a notebook

Options of `explore`:
  --schedules N          so many runs at most
  --time TIME            so long at most: 30s, 5m (10s where nothing is said)
  --all                  every order that differs: a proof, where none fails
  --seed S               what random choices begin with (1)
  --strategy STRATEGY    all, random, pct, pos, surw or reads-from (all of them in turn)
  --memory sc|c11        whether loads see only the newest store, or what Rust's rules allow (c11)

Options of all three:
  --html FILE            write what is found as a page, too
  --json FILE            write its data

Dependencies stand in a frontmatter at the top of the file, as in cargo's scripts:
  ---
  [dependencies]
  rayon = \"1\"
  ---

Exit code: 0 nothing failed; 1 the program failed (a panic, a deadlock, a data race …); 2 it does not compile, could not
be run, or the arguments make no sense; 130 it was stopped (Control-C, which tells what was found until then).
";

/// What is to be done with a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Way {
    /// It runs once.
    Run,
    /// It is explored, as these arguments of `:explore` say.
    Explore(String),
    /// It runs in the order of this token.
    Replay(String),
}

/// What the shell asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// What is to be done.
    pub way: Way,
    /// With this file.
    pub file: String,
    /// Where a page of it is to be written.
    pub html: Option<PathBuf>,
    /// Where its data is to be written.
    pub json: Option<PathBuf>,
}

impl Wanted {
    /// The cell that asks a kernel for it.
    pub fn cell(&self) -> String {
        let command = match &self.way {
            Way::Run => ":main".to_owned(),
            Way::Explore(how) => format!(":explore {how}"),
            Way::Replay(token) => format!(":replay {token}"),
        };
        format!(":file {}\n{command}", self.file)
    }
}

/// Reads what follows `run`, `explore` or `replay`; `None` where help is wanted.
///
/// # Errors
/// It makes no sense.
pub fn parse(name: &str, arguments: &mut lexopt::Parser) -> Result<Option<Wanted>, lexopt::Error> {
    use lexopt::prelude::*;
    let mut values = Vec::new();
    let mut how = Vec::new();
    let (mut html, mut json) = (None, None);
    let explores = name == "explore";
    while let Some(argument) = arguments.next()? {
        match argument {
            Short('h') | Long("help") => return Ok(None),
            Value(value) => values.push(value.string()?),
            Long("html") => html = Some(PathBuf::from(arguments.value()?)),
            Long("json") => json = Some(PathBuf::from(arguments.value()?)),
            Long("all") if explores => how.push("all".to_owned()),
            Long(option @ ("schedules" | "time" | "seed" | "strategy" | "memory")) if explores => {
                let option = option.to_owned();
                how.push(word(&option, &arguments.value()?.string()?)?);
            }
            other => return Err(other.unexpected()),
        }
    }
    let mut values = values.into_iter();
    let file = values
        .next()
        .filter(|file| !file.trim().is_empty() && !file.contains('\n'))
        .ok_or_else(|| format!("`{name}` needs the file of a program, as `main.rs`"))?;
    let way = match name {
        "explore" => Way::Explore(how.join(" ")),
        "replay" => Way::Replay(
            values
                .next()
                .filter(|token| !token.trim().is_empty())
                .ok_or("`replay` needs the token that `explore` told")?,
        ),
        _ => Way::Run,
    };
    if let Some(more) = values.next() {
        return Err(format!("`{name}` takes no more than that: {more}").into());
    }
    Ok(Some(Wanted {
        way,
        file,
        html,
        json,
    }))
}

/// An option as `:explore` takes it.
fn word(option: &str, value: &str) -> Result<String, String> {
    let number = || value.parse::<u64>().ok();
    let word = match option {
        "schedules" => number()
            .filter(|runs| *runs > 0)
            .map(|runs| runs.to_string()),
        "time" => seconds(value).map(|seconds| format!("{seconds}s")),
        "seed" => number().map(|seed| format!("seed={seed}")),
        "strategy" if STRATEGIES.contains(&value) => Some(format!("strategy={value}")),
        "memory" if ["sc", "c11"].contains(&value) => Some(format!("memory={value}")),
        _ => None,
    };
    word.ok_or_else(|| {
        let expected = match option {
            "time" => "a time, as 30s or 5m".to_owned(),
            "strategy" => format!("one of {}", STRATEGIES.join(", ")),
            "memory" => "sc or c11".to_owned(),
            "schedules" => "a number from 1 on".to_owned(),
            _ => "a number".to_owned(),
        };
        format!("`--{option} {value}` is not understood: write {expected}")
    })
}

/// A time: `30s`, `5m`, `1.5h`, or seconds alone.
fn seconds(text: &str) -> Option<f64> {
    let units = [
        ("ms", 0.001),
        ("s", 1.0),
        ("m", 60.0),
        ("h", 3600.0),
        ("", 1.0),
    ];
    let (number, unit) = units
        .iter()
        .find_map(|(name, unit)| Some((text.strip_suffix(name)?, unit)))?;
    let seconds = number.parse::<f64>().ok()? * unit;
    (seconds > 0.0 && seconds.is_finite()).then_some(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(name: &str, arguments: &str) -> Result<Option<Wanted>, String> {
        let mut parser = lexopt::Parser::from_args(arguments.split_whitespace());
        parse(name, &mut parser).map_err(|error| error.to_string())
    }

    #[test]
    fn options_become_a_cell() {
        let cell = |name, arguments| asked(name, arguments).unwrap().unwrap().cell();
        assert_eq!(cell("run", "a.rs --html p.html"), ":file a.rs\n:main");
        assert_eq!(
            cell(
                "explore",
                "--schedules 100 a.rs --time 1.5m --all --seed 7 --strategy pct --memory sc"
            ),
            ":file a.rs\n:explore 100 90s all seed=7 strategy=pct memory=sc"
        );
        assert_eq!(cell("replay", "a.rs xyz"), ":file a.rs\n:replay xyz");
        assert_eq!(asked("run", "--help"), Ok(None));
    }

    #[test]
    fn mistakes_say_what_to_write() {
        for (name, arguments, word) in [
            ("run", "", "needs the file"),
            ("run", "a.rs --schedules 3", "--schedules"),
            ("run", "a.rs b.rs", "b.rs"),
            ("replay", "a.rs", "needs the token"),
            ("explore", "a.rs --schedules 0", "a number from 1 on"),
            ("explore", "a.rs --time soon", "as 30s or 5m"),
            ("explore", "a.rs --time 0s", "as 30s or 5m"),
            ("explore", "a.rs --strategy luck", "reads-from"),
            ("explore", "a.rs --memory x86", "sc or c11"),
            ("explore", "a.rs --seed", "--seed"),
        ] {
            let error = asked(name, arguments).unwrap_err();
            assert!(error.contains(word), "{arguments}: {error}");
        }
    }

    #[test]
    fn times_have_units() {
        let all = ["30s", "2m", "1h", "250ms", "3"].map(seconds);
        assert_eq!(all, [30.0, 120.0, 3600.0, 0.25, 3.0].map(Some));
        assert_eq!(["-1s", "s", "inf", "1d"].map(seconds), [None; 4]);
    }
}
