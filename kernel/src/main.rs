//! The `fearless` binary: arguments, and the wiring of the parts.

mod check;
mod kernelspec;
mod labextension;
mod lessons;
mod program;
mod warm;

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use jupyter::{ConnectionFile, Refusal, ServerSettings};
use kernelspec::Destination;
use session::SessionFactory;
use tracing_subscriber::filter::LevelFilter;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const USAGE: &str = "\
Fearless, a Jupyter kernel for Rust that shows threads, locks and channels.

Usage:
  fearless install [--user | --prefix FOLDER | --sys-prefix]    tell Jupyter of this kernel
  fearless uninstall [--user | --prefix FOLDER | --sys-prefix]  take that back
  fearless kernel CONNECTION_FILE                               what Jupyter runs
  fearless run FILE.rs                                          run a program, and report what its threads did
  fearless explore FILE.rs [OPTION ...]                         find the order of its threads in which it fails
  fearless replay FILE.rs TOKEN                                 run it in that order again
                                                                (`fearless explore --help` tells more of these three)
  fearless check                                                try the installed kernel, as Jupyter does
  fearless lessons [FOLDER]                                     copy the lessons to work with (to fearless-lessons)
  fearless warm [--dep DEPENDENCY] [--notebook FILE] [--into FOLDER] [--as-root]
                                                                compile for all users of this machine what they will
                                                                need first, and what these dependencies need
  fearless --version
  fearless --help

Environment of a kernel:
  FEARLESS_LOG           error, warn (the default), info, debug or trace; to stderr
  FEARLESS_HISTORY       file of the input history
  FEARLESS_RUST          folder of rustc and cargo (else PATH, cargo's homes, /usr/local/cargo/bin, /opt/rust/bin)
  FEARLESS_CACHE         folder of what was compiled (fearless in the user's cache folder)
  FEARLESS_SYSTEM_CACHE  folder that `warm` filled, and is only read (share/fearless/cache beside the binary's bin)
  FEARLESS_CACHE_LIMIT   bytes that it may take (8589934592)
  FEARLESS_OUTPUT_LIMIT  bytes of text that a cell may show (16777216; 0: no limit)
  FEARLESS_OUTPUT_RATE   bytes a second sent to front ends (800000; 0: no limit)
";

/// Wrong arguments, or a connection file that is none.
const BAD_INPUT: u8 = 2;

enum Action {
    Kernel(PathBuf),
    Check,
    Program(program::Wanted),
    Lessons(PathBuf),
    Warm(warm::Wanted),
    Install(Destination),
    Uninstall(Destination),
    Analyst(String),
    Print(String),
}

fn main() -> ExitCode {
    // The cell process, the stand-ins for cargo and rustc, and evcxr's wrapper are this binary,
    // too.
    if let Some(code) = session::run_if_helper() {
        return code;
    }
    match parse(lexopt::Parser::from_env()).and_then(run) {
        Ok(code) => ExitCode::from(code),
        Err((code, sentence)) => {
            eprintln!("fearless: {sentence}");
            ExitCode::from(code)
        }
    }
}

/// Does what is asked; the exit code.
fn run(action: Action) -> Result<u8, (u8, String)> {
    let failed = |sentence| (1, sentence);
    let done = match action {
        Action::Program(wanted) => {
            let binary = binary().map_err(failed)?;
            return program::run(&wanted, &binary).map_err(|sentence| (BAD_INPUT, sentence));
        }
        Action::Kernel(path) => {
            log_to_stderr();
            let connection =
                ConnectionFile::read(&path).map_err(|error| (BAD_INPUT, error.to_string()))?;
            serve(&connection).map_err(|error| failed(error.to_string()))
        }
        Action::Check => match check::check(&mut std::io::stdout()) {
            Ok(true) => Ok(()),
            Ok(false) => Err(failed(
                "the installed kernel does not work; see above".to_owned(),
            )),
            Err(error) => Err(failed(format!(
                "cannot check the kernel: {error}; try again"
            ))),
        },
        Action::Lessons(folder) => {
            let count = lessons::copy(&binary().map_err(failed)?, &folder).map_err(failed)?;
            println!("{count} lessons in {}", folder.display());
            Ok(())
        }
        Action::Warm(wanted) => {
            warm::warm(&wanted, &binary().map_err(failed)?, &mut std::io::stdout()).map_err(failed)
        }
        Action::Install(place) => {
            let folder = kernelspec::install(&place, &binary().map_err(failed)?).map_err(failed)?;
            println!("installed the kernelspec in {}", folder.display());
            Ok(())
        }
        Action::Uninstall(place) => {
            match kernelspec::uninstall(&place).map_err(failed)? {
                Some(folder) => println!("removed {}", folder.display()),
                None => println!("there was no kernelspec to remove"),
            }
            Ok(())
        }
        Action::Analyst(build) => session::serve_analyst(&build).map_err(failed),
        Action::Print(text) => {
            print!("{text}");
            Ok(())
        }
    };
    done.map(|()| 0)
}

fn serve(connection: &ConnectionFile) -> Result<(), jupyter::Error> {
    // Runs this binary once more, with the environment that evcxr needs.
    let factory = match SessionFactory::enter() {
        Ok(factory) => factory,
        Err(sentence) => {
            return jupyter::serve(
                connection,
                Refusal(sentence),
                ServerSettings::from_environment(),
            );
        }
    };
    let folder = factory.folder().to_owned();
    let served = jupyter::serve(connection, factory, ServerSettings::from_environment());
    session::end_processes();
    // Gone already, unless the session was still starting.
    let _ = std::fs::remove_dir_all(folder);
    served
}

fn parse(mut arguments: lexopt::Parser) -> Result<Action, (u8, String)> {
    let usage = |problem: String| {
        (
            BAD_INPUT,
            format!("{problem}; `fearless --help` shows the usage"),
        )
    };
    parse_action(&mut arguments).map_err(|error| usage(error.to_string()))
}

fn parse_action(arguments: &mut lexopt::Parser) -> Result<Action, lexopt::Error> {
    use lexopt::prelude::*;
    let action = match arguments.next()? {
        None | Some(Short('h') | Long("help")) => Action::Print(USAGE.to_owned()),
        Some(Short('V') | Long("version")) => {
            Action::Print(format!("fearless {}\n", env!("CARGO_PKG_VERSION")))
        }
        Some(Value(command)) => match command.to_str() {
            Some("kernel") => Action::Kernel(connection_file(arguments)?),
            Some("check") => Action::Check,
            Some(name @ ("run" | "explore" | "replay")) => match program::parse(name, arguments)? {
                Some(wanted) => Action::Program(wanted),
                None => Action::Print(program::HELP.to_owned()),
            },
            Some("lessons") => Action::Lessons(lessons_folder(arguments)?),
            Some("warm") => Action::Warm(wanted(arguments)?),
            Some("install") => Action::Install(place(arguments)?),
            Some(session::ANALYST) => Action::Analyst(arguments.value()?.string()?),
            Some("uninstall") => Action::Uninstall(place(arguments)?),
            _ => return Err(format!("there is no command {command:?}").into()),
        },
        Some(other) => return Err(other.unexpected()),
    };
    match arguments.next()? {
        None => Ok(action),
        Some(more) => Err(more.unexpected()),
    }
}

/// The file, which some launchers give with `-f`.
fn connection_file(arguments: &mut lexopt::Parser) -> Result<PathBuf, lexopt::Error> {
    use lexopt::prelude::*;
    let path: OsString = match arguments.next()? {
        Some(Value(path)) => path,
        Some(Short('f')) => arguments.value()?,
        Some(other) => return Err(other.unexpected()),
        None => return Err("`kernel` needs a connection file, which Jupyter writes".into()),
    };
    Ok(PathBuf::from(path))
}

fn lessons_folder(arguments: &mut lexopt::Parser) -> Result<PathBuf, lexopt::Error> {
    use lexopt::prelude::*;
    match arguments.next()? {
        None => Ok(PathBuf::from("fearless-lessons")),
        Some(Value(folder)) => Ok(PathBuf::from(folder)),
        Some(other) => Err(other.unexpected()),
    }
}

fn wanted(arguments: &mut lexopt::Parser) -> Result<warm::Wanted, lexopt::Error> {
    use lexopt::prelude::*;
    let mut wanted = warm::Wanted::default();
    while let Some(argument) = arguments.next()? {
        match argument {
            Long("dep") => wanted.dependencies.push(arguments.value()?.string()?),
            Long("notebook") => wanted.notebooks.push(PathBuf::from(arguments.value()?)),
            Long("into") => wanted.into = Some(PathBuf::from(arguments.value()?)),
            Long("as-root") => wanted.as_root = true,
            other => return Err(other.unexpected()),
        }
    }
    Ok(wanted)
}

fn place(arguments: &mut lexopt::Parser) -> Result<Destination, lexopt::Error> {
    use lexopt::prelude::*;
    match arguments.next()? {
        None | Some(Long("user")) => Ok(Destination::User),
        Some(Long("prefix")) => Ok(Destination::Prefix(PathBuf::from(arguments.value()?))),
        Some(Long("sys-prefix")) => Ok(Destination::SysPrefix),
        Some(other) => Err(other.unexpected()),
    }
}

/// This binary, by a path that Jupyter can use from any folder.
fn binary() -> Result<PathBuf, String> {
    std::env::current_exe()
        .and_then(|path| Path::canonicalize(&path))
        .map_err(|error| {
            format!("cannot find out where this binary lies: {error}; run it by its full path")
        })
}

fn log_to_stderr() {
    let asked = std::env::var("FEARLESS_LOG").ok();
    let level = asked
        .as_deref()
        .and_then(|level| level.parse().ok())
        .unwrap_or(LevelFilter::WARN);
    tracing_subscriber::fmt()
        .with_writer(std::io::stderr)
        .with_max_level(level)
        .init();
}
