//! The kernel's own commands: lines that begin with `:` before a cell's Rust code.
//!
//! evcxr has commands as well; what isn't ours is left for it.

use super::check;
use super::search::Search;
use crate::source::source_map::rust_start;
use toolchain::Display;

/// One of our commands.
#[derive(Clone, Debug, PartialEq)]
pub enum Command {
    /// `:threads on|off`: the gutter.
    Threads(bool),
    /// `:tasks on|off`: whether tasks are recorded.
    Tasks(bool),
    /// `:report [off|summary|full|json]`
    Report(ReportCommand),
    /// `:record full|counts|off`
    Record(RecordMode),
    /// `:trace save FILE`
    Trace(String),
    /// `:timing`
    Timing,
    /// `:send TYPE`, `:traits TYPE`
    Traits(String),
    /// `:check CONDITION`
    Check(String),
    /// `:main`: the cell is a program of its own.
    Main,
    /// `:file FILE`: the cell's code is that of a file.
    File(String),
    /// `:repeat N`
    Repeat(u32),
    /// `:explore …`
    Explore(Search),
    /// `:replay TOKEN`
    Replay(String),
    /// `:fmt FORMAT`, or `:fmt` to tell it.
    Format(Option<String>),
    /// `:types`
    Types,
    /// `:edition YEAR`, or `:edition` to tell it.
    Edition(Option<String>),
    /// `:allow_static_linking`, which means nothing any more.
    StaticLinking,
    /// `:opt` alone, to tell it: levels are evcxr's.
    Optimisation,
    /// `:help`, or `:help TOPIC`
    Help(Option<String>),
    /// `:doc NAME`
    Doc(String),
    /// `:explain`, or `:explain CODE`
    Explain(Option<String>),
    /// `:last_error_json`
    LastErrors,
    /// `:version`
    Version,
    /// `:vars`
    Variables,
    /// `:type NAME`
    Kind(String),
    /// `:quit`
    Quit,
}

/// Rust's editions.
pub const EDITIONS: [&str; 4] = ["2015", "2018", "2021", "2024"];

/// What rustc can be told.
const OPTIMISATIONS: [&str; 4] = ["0", "1", "2", "3"];

/// How often `:repeat` runs a cell at most.
const MOST_RUNS: u32 = 10_000;

/// What `:report` is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReportCommand {
    /// Show the last one again.
    Again,
    /// No reports.
    Off,
    /// The story and findings.
    Summary,
    /// Everything.
    Full,
    /// The last one's data.
    Json,
}

/// What `:record` is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RecordMode {
    /// Events and counters.
    Full,
    /// Counters alone.
    Counts,
    /// The real std.
    Off,
}

/// Name, arguments and meaning of our commands, for `:help`, completion and near misses.
pub const OURS: [(&str, &str, &str); 24] = [
    (
        ":check",
        "CONDITION",
        "Look at what the last cell did: `:check contended < 10`, `:check no finding deadlock`; alone, list what can be asked",
    ),
    (
        ":doc",
        "NAME",
        "Show documentation: `:doc std::sync::Mutex`, `:doc my_vec.push`",
    ),
    (
        ":edition",
        "2015|2018|2021|2024",
        "The edition of Rust that cells are compiled as (2024 at first), for code that was written for it",
    ),
    (
        ":explain",
        "[CODE]",
        "Explain the compile error of the last cell at length, or another: `:explain E0382`",
    ),
    (
        ":explore",
        "[N|30s|all] [seed=S] [strategy=all|random|pct|pos|surw|reads-from] [memory=c11|sc]",
        "Run the cell in one order after another, until one fails (10 s where nothing is said)",
    ),
    (
        ":file",
        "FILE",
        "With `:main`, `:repeat`, `:explore` or `:replay`: the program is in this file, not in the cell",
    ),
    (
        ":fmt",
        "FORMAT",
        "How a cell's last value is shown: `:fmt {:#?}`; `{:?}` is the default",
    ),
    (
        ":help",
        "[TOPIC]",
        "List all commands, or those on a topic: `:help explore`, `:help thread`",
    ),
    (
        ":last_error_json",
        "",
        "The compile errors of the last cell as rustc gave them",
    ),
    (
        ":main",
        "",
        "Run the cell, which defines `fn main()`, as a program of its own",
    ),
    (":quit", "", "End the kernel"),
    (
        ":record",
        "full|counts|off",
        "What is recorded; `off` compiles against the real std and restarts the session",
    ),
    (
        ":repeat",
        "N",
        "Run the cell N times and show how often each outcome came",
    ),
    (
        ":replay",
        "TOKEN",
        "Run the cell in the very order that `:explore` found",
    ),
    (
        ":report",
        "[off|summary|full|json]",
        "Show the last report again, or set how much is shown",
    ),
    (
        ":send",
        "TYPE",
        "Tell whether a type is Send, Sync, Copy …, and why not (also :traits)",
    ),
    (
        ":tasks",
        "on|off",
        "Whether the tasks of tokio are recorded that are spawned from here on",
    ),
    (
        ":threads",
        "on|off",
        "Whether printed lines say which thread printed them",
    ),
    (":timing", "", "Toggle showing where a cell's time went"),
    (
        ":trace",
        "save FILE",
        "Save the last cell's trace: .json for ui.perfetto.dev, .csv for the tables",
    ),
    (":type", "NAME", "Show a variable's type (also :t)"),
    (":vars", "", "List the variables with their types"),
    (
        ":types",
        "",
        "Toggle showing the type with a cell's last value",
    ),
    (":version", "", "The versions of Fearless, evcxr and rustc"),
];

/// A cell split into our commands and the rest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parsed {
    /// Our commands, in order, with their 1-based lines.
    pub commands: Vec<(u32, Command)>,
    /// The cell with the lines of our commands empty, so that line numbers stay.
    pub code: String,
}

/// Takes our commands out of a cell.
///
/// # Errors
/// A message for a command of ours that isn't understood, or for an unknown command that is near a
/// known one.
pub fn parse(cell: &str, known_to_evcxr: &[&str]) -> Result<Parsed, String> {
    let rust = rust_start(cell);
    let mut parsed = Parsed::default();
    let mut offset = 0;
    for (index, line) in cell.split_inclusive('\n').enumerate() {
        let is_command = offset < rust && line.trim_start_matches(' ').starts_with(':');
        offset += line.len();
        if is_command && let Some(command) = command(line.trim(), known_to_evcxr)? {
            parsed.commands.push((index as u32 + 1, command));
            if line.ends_with('\n') {
                parsed.code.push('\n');
            }
            continue;
        }
        parsed.code.push_str(line);
    }
    Ok(parsed)
}

fn command(line: &str, known_to_evcxr: &[&str]) -> Result<Option<Command>, String> {
    let (name, arguments) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
    let arguments = arguments.trim();
    let usage = || {
        let known = OURS.iter().find(|(known, ..)| *known == name);
        let (_, expected, _) = known.unwrap_or(&("", "TYPE", ""));
        Err(format!(
            "`{line}` is not understood: write `{name} {expected}`"
        ))
    };
    Ok(Some(match (name, arguments) {
        (":threads", "on") => Command::Threads(true),
        (":threads", "off") => Command::Threads(false),
        (":tasks", "on") => Command::Tasks(true),
        (":tasks", "off") => Command::Tasks(false),
        (":report", "") => Command::Report(ReportCommand::Again),
        (":report", "off") => Command::Report(ReportCommand::Off),
        (":report", "summary") => Command::Report(ReportCommand::Summary),
        (":report", "full" | "on") => Command::Report(ReportCommand::Full),
        (":report", "json") => Command::Report(ReportCommand::Json),
        (":record", "full" | "on") => Command::Record(RecordMode::Full),
        (":record", "counts") => Command::Record(RecordMode::Counts),
        (":record", "off") => Command::Record(RecordMode::Off),
        (":trace", rest) => match rest.split_once(char::is_whitespace) {
            Some(("save", file)) if !file.trim().is_empty() => Command::Trace(file.trim().into()),
            _ => return usage(),
        },
        (":timing", "") => Command::Timing,
        (":send" | ":traits", kind) if !kind.is_empty() => Command::Traits(kind.into()),
        (":check", "") => return Err(check::usage()),
        (":check", condition) => Command::Check(condition.into()),
        (":main", "") => Command::Main,
        (":file", file) if !file.is_empty() => Command::File(file.into()),
        (":explore", arguments) => match Search::parse(arguments) {
            Some(search) => Command::Explore(search),
            None => return usage(),
        },
        (":replay", token) if !token.is_empty() => Command::Replay(token.into()),
        (":repeat", count) => match count.parse() {
            Ok(count @ 1..=MOST_RUNS) => Command::Repeat(count),
            _ => {
                return Err(format!(
                    "`{line}` is not understood: write `:repeat N`, with N from 1 to {MOST_RUNS}"
                ));
            }
        },
        (":fmt", "") => Command::Format(None),
        (":fmt", format) if Display::trait_of(format).is_some() => {
            Command::Format(Some(format.to_owned()))
        }
        (":fmt", _) => {
            return Err(format!(
                "`{line}` is not understood: write `:fmt` and a format with one pair of braces, as `{{:?}}`, `{{:#?}}` or `{{}}`"
            ));
        }
        (":types", "") => Command::Types,
        (":edition", "") => Command::Edition(None),
        (":edition", year) if EDITIONS.contains(&year) => Command::Edition(Some(year.into())),
        (":opt", "") => Command::Optimisation,
        (":opt", level) if !OPTIMISATIONS.contains(&level) => {
            return Err(format!(
                "`{line}` is not understood: write `:opt` and 0, 1, 2 or 3"
            ));
        }
        (":allow_static_linking", _) => Command::StaticLinking,
        (":help", topic) => Command::Help((!topic.is_empty()).then(|| topic.to_owned())),
        (":doc", name) if !name.is_empty() => Command::Doc(name.into()),
        (":explain", "") => Command::Explain(None),
        (":explain", code) if is_error_code(code) => Command::Explain(Some(code.to_owned())),
        (":last_error_json", "") => Command::LastErrors,
        (":version", "") => Command::Version,
        (":vars", "") => Command::Variables,
        (":type" | ":t", name) if !name.is_empty() => Command::Kind(name.into()),
        (":quit", "") => Command::Quit,
        (name, _)
            if [":traits", ":t"].contains(&name)
                || OURS.iter().any(|(known, ..)| *known == name) =>
        {
            return usage();
        }
        (name, _) if known_to_evcxr.contains(&name) => return Ok(None),
        (name, _) => return Err(unknown(name, known_to_evcxr)),
    }))
}

/// Whether this is the code of one of rustc's errors: `E0382`.
fn is_error_code(text: &str) -> bool {
    let digits = text.strip_prefix('E').unwrap_or_default();
    digits.len() == 4 && digits.bytes().all(|byte| byte.is_ascii_digit())
}

pub(super) fn unknown(name: &str, known_to_evcxr: &[&str]) -> String {
    let known = OURS
        .iter()
        .map(|(name, ..)| *name)
        .chain(known_to_evcxr.iter().copied());
    let nearest = known
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate))
        .min();
    match nearest {
        Some((distance, candidate)) if distance <= 1 + name.len() / 4 => {
            format!("there is no command `{name}`: did you mean `{candidate}`? `:help` lists all")
        }
        _ => format!("there is no command `{name}`: `:help` lists all"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVCXR: [&str; 2] = [":dep", ":fmt"];

    #[test]
    fn our_lines_become_empty_and_others_stay() {
        let parsed = parse(
            ":threads off\n:dep x = \"1\"\n  :repeat 20\nlet a = 1;\n",
            &EVCXR,
        )
        .unwrap();
        assert_eq!(parsed.code, "\n:dep x = \"1\"\n\nlet a = 1;\n");
        assert_eq!(
            parsed.commands,
            [(1, Command::Threads(false)), (3, Command::Repeat(20))]
        );
    }

    #[test]
    fn a_colon_within_code_is_no_command() {
        let cell = "let a = 1;\n:threads off";
        assert_eq!(parse(cell, &EVCXR).unwrap().code, cell);
    }

    #[test]
    fn mistakes_say_what_to_write() {
        let error = |cell| parse(cell, &EVCXR).unwrap_err();
        assert_eq!(
            error(":threads maybe"),
            "`:threads maybe` is not understood: write `:threads on|off`"
        );
        assert!(error(":fmt {} {}").contains("one pair of braces"));
        assert!(error(":opt 9").contains("0, 1, 2 or 3"));
        assert_eq!(
            error(":explain that"),
            "`:explain that` is not understood: write `:explain [CODE]`"
        );
        assert_eq!(
            error(":repeat 0"),
            "`:repeat 0` is not understood: write `:repeat N`, with N from 1 to 10000"
        );
        assert_eq!(
            error(":reprot"),
            "there is no command `:reprot`: did you mean `:report`? `:help` lists all"
        );
        assert_eq!(
            error(":xyzzy"),
            "there is no command `:xyzzy`: `:help` lists all"
        );
    }
}
