//! `fearless warm`: fills the cache that all users of a machine read.
//!
//! Sessions run as ever, with that folder as their own cache: our `std`, the answers of rustc, the
//! recipe of cells, what explored programs load, and a layer for each `:dep` appear in it as they
//! would in a user's.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Instant;

use client::{KernelSpec, Running};
use serde_json::Value;
use session::{SystemCache, system_cache};

/// What is to be there before anybody asks for it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// The folder, if it isn't the usual one.
    pub into: Option<PathBuf>,
    /// Dependencies, as `:dep` takes them.
    pub dependencies: Vec<String>,
    /// Notebooks whose dependencies are added one after the other, as a reader of theirs does.
    pub notebooks: Vec<PathBuf>,
    /// Whether crates' build scripts may run as root.
    pub as_root: bool,
}

/// The cells of one session, and what they are for.
struct Session {
    title: String,
    cells: Vec<String>,
}

/// Fills the cache by sessions of `binary`, and tells of each.
///
/// # Errors
/// One sentence with the next step; also when only one of the sessions failed.
pub fn warm(wanted: &Wanted, binary: &Path, out: &mut dyn Write) -> Result<(), String> {
    let builds_crates = !wanted.dependencies.is_empty() || !wanted.notebooks.is_empty();
    if builds_crates && system_cache::is_root() && !wanted.as_root {
        return Err(AS_ROOT.to_owned());
    }
    let place = wanted.into.clone().or_else(SystemCache::place);
    let place = place.ok_or("there is no usual folder for this binary: name one with --into")?;
    let place = system_cache::prepare(&place)?;
    let sessions = sessions(wanted)?;
    let mut failed = 0;
    for session in &sessions {
        let began = Instant::now();
        let result = run(session, binary, &place);
        let seconds = began.elapsed().as_secs_f64();
        let (sign, said) = match &result {
            Ok(()) => ("✓", String::new()),
            Err(error) => ("✗", format!("\n  {}", error.replace('\n', "\n  "))),
        };
        failed += usize::from(result.is_err());
        writeln!(out, "{sign} {seconds:6.2} s  {}{said}", session.title)
            .map_err(|error| format!("cannot tell how it goes: {error}; try again"))?;
    }
    system_cache::finish(&place)
        .map_err(|error| format!("no kernel will read what was put there: {error}"))?;
    match failed {
        0 => Ok(()),
        failed => Err(format!("{failed} of {} failed; see above", sessions.len())),
    }
}

const AS_ROOT: &str = "crates' build scripts and macros would run as root. Let a user without rights own the folder \
                       (`chown USER: FOLDER`) and fill it (`fearless warm --into FOLDER …`), and give it back to root \
                       (`chown -R root: FOLDER`); or say --as-root";

fn sessions(wanted: &Wanted) -> Result<Vec<Session>, String> {
    let plain = Session {
        title: "cells without crates".to_owned(),
        cells: vec![PLAIN.to_owned()],
    };
    let explored = Session {
        title: "exploring".to_owned(),
        cells: vec![format!(":explore 1\n{PLAIN};")],
    };
    let mut sessions = vec![plain, explored];
    sessions.extend(wanted.dependencies.iter().map(|dependency| Session {
        title: dependency.clone(),
        cells: vec![with(&[dependency])],
    }));
    for notebook in &wanted.notebooks {
        let read = || -> Result<Vec<String>, Box<dyn std::error::Error>> {
            let notebook = serde_json::from_slice(&std::fs::read(notebook)?)?;
            Ok(dependencies(&notebook))
        };
        sessions.push(Session {
            title: notebook.display().to_string(),
            cells: read().map_err(|error| {
                format!("cannot read the notebook {}: {error}", notebook.display())
            })?,
        });
    }
    Ok(sessions)
}

/// What makes a cell one that is compiled.
const PLAIN: &str = "1 + 1";

fn with(dependencies: &[&String]) -> String {
    let lines = dependencies.iter().map(|it| format!(":dep {it}\n"));
    lines.chain([PLAIN.to_owned()]).collect()
}

/// A cell for each of a notebook's that has dependencies.
fn dependencies(notebook: &Value) -> Vec<String> {
    let cells = notebook["cells"].as_array().into_iter().flatten();
    let code = cells.filter(|cell| cell["cell_type"] == "code");
    let texts = code.map(|cell| match &cell["source"] {
        Value::Array(lines) => lines.iter().filter_map(Value::as_str).collect(),
        text => text.as_str().unwrap_or_default().to_owned(),
    });
    texts
        .map(|text: String| {
            let lines = text
                .lines()
                .filter_map(|line| line.trim().strip_prefix(":dep "));
            lines.map(str::to_owned).collect::<Vec<_>>()
        })
        .filter(|found| !found.is_empty())
        .map(|found| with(&found.iter().collect::<Vec<_>>()))
        .collect()
}

fn run(session: &Session, binary: &Path, place: &Path) -> Result<(), String> {
    let words = ["kernel", "{connection_file}"].map(str::to_owned);
    let program = binary.to_string_lossy().into_owned();
    let variables = system_cache::to_fill(place).map(|(name, value)| (name.to_owned(), value));
    let spec = KernelSpec {
        argv: std::iter::once(program).chain(words).collect(),
        env: variables.into(),
        display_name: String::new(),
        folder: PathBuf::new(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    runtime.block_on(async {
        let mut kernel = Running::start(&spec)
            .await
            .map_err(|error| error.to_string())?;
        let mut result = Ok(());
        for cell in &session.cells {
            match kernel.client.run(cell).await {
                Ok(output) if output.succeeded() => {}
                Ok(output) => result = Err(output.error_text()),
                Err(error) => result = Err(error.to_string()),
            }
        }
        kernel
            .shut_down()
            .await
            .map_err(|error| error.to_string())?;
        result
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_notebooks_dependencies_are_added_as_its_cells_do() {
        let notebook = json!({"cells": [
            {"cell_type": "markdown", "source": ":dep none"},
            {"cell_type": "code", "source": [":dep a = \"1\"\n", ":dep b = \"2\"\n", "a::b()"]},
            {"cell_type": "code", "source": "let x = 1;"},
            {"cell_type": "code", "source": ":dep c"},
        ]});
        assert_eq!(
            dependencies(&notebook),
            [":dep a = \"1\"\n:dep b = \"2\"\n1 + 1", ":dep c\n1 + 1"]
        );
    }
}
