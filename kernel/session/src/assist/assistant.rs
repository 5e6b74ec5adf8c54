//! Completion and inspection, from any thread, at any moment, also while a cell runs.
//!
//! What it takes is published by the session after each cell. rust-analyzer is asked in a process
//! of its own (see [`analyst`]); until it answers, what is known without it is offered.

use super::known::{Known, Word};
use super::scene::{Scene, Variable};
use crate::cell::report::Reporter;
use analyst::{Answer, Client, Documentation, Found, Place, Project, Question, Wanted};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;
use toolchain::analysis::{self, Manifest};
use toolchain::{Cache, Error, Settings, Toolchain, library};

/// So long the first answers may take, while the analyst starts.
const WHILE_STARTING: Duration = Duration::from_millis(900);

/// So long later ones may take, when it is busy with those of other kernels.
const WHILE_BUSY: Duration = Duration::from_secs(3);

/// So long whoever asks for documentation by `:doc` waits.
pub(crate) const FOR_A_PAGE: Duration = Duration::from_secs(60);

/// Answers for one session.
#[derive(Default)]
pub(crate) struct Assistant {
    parts: Mutex<Parts>,
    client: OnceLock<Option<Client>>,
}

#[derive(Clone, Default)]
struct Parts {
    workspace: Option<PathBuf>,
    library: Option<PathBuf>,
    reporter: Option<Reporter>,
    known: Known,
    variables: Arc<Vec<Variable>>,
    /// The items' names.
    items: Arc<Vec<String>>,
    /// What rust-analyzer was told of last, and the manifest that it is from.
    project: Option<(Manifest, Arc<Project>)>,
}

impl Assistant {
    fn parts(&self) -> MutexGuard<'_, Parts> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The session has started.
    pub(crate) fn ready(&self, workspace: &Path, settings: &Settings, reporter: Reporter) {
        let folder = Cache::open().and_then(|cache| library::folder(&cache, &settings.toolchain));
        let mut parts = self.parts();
        parts.workspace = Some(workspace.to_owned());
        parts.known.workspace = Some(workspace.to_owned());
        parts.known.library = folder.as_ref().ok().cloned();
        parts.library = folder.inspect_err(|error| tracing::warn!("{error}")).ok();
        parts.reporter = Some(reporter);
    }

    /// What the session has after a cell.
    pub(crate) fn publish(&self, words: Vec<Word>, variables: Vec<Variable>, items: Vec<String>) {
        let mut parts = self.parts();
        parts.known.words = Arc::new(words);
        parts.variables = Arc::new(variables);
        parts.items = Arc::new(items);
    }

    /// What is known without rust-analyzer.
    pub(super) fn known(&self) -> Known {
        self.parts().known.clone()
    }

    /// Where the library's sources are.
    pub(super) fn library(&self) -> Option<PathBuf> {
        self.parts().library.clone()
    }

    /// The type of a variable, as it is kept.
    pub(super) fn kind_of(&self, name: &str) -> Option<String> {
        let variables = self.parts().variables.clone();
        let variable = variables.iter().find(|it| it.name == name)?;
        Some(variable.kind.clone())
    }

    /// The text of the item that a cell defined under this name.
    pub(super) fn definition(&self, name: &str) -> Option<String> {
        let (items, reporter) = {
            let parts = self.parts();
            (parts.items.clone(), parts.reporter.clone()?)
        };
        items.iter().any(|item| item == name).then(|| {
            reporter
                .with_sources(|sources| sources.definition(name))
                .unwrap_or_default()
        })
    }

    /// What could stand at an offset of a cell's Rust, in offsets of that; `None` if rust-analyzer
    /// has not told in time.
    pub(super) fn completions(&self, rust: &str, offset: usize) -> Option<Found> {
        let (scene, question) = self.question(rust, offset, Wanted::Completions)?;
        match self.ask(question, None)? {
            Answer::Completions(mut found) => {
                found.start = scene.offset_in_code(found.start);
                found.end = scene.offset_in_code(found.end);
                Some(found)
            }
            _ => None,
        }
    }

    /// What rust-analyzer knows of the name at an offset of a cell's Rust.
    pub(super) fn documentation(
        &self,
        rust: &str,
        offset: usize,
        patience: Option<Duration>,
    ) -> Option<Documentation> {
        let (_, question) = self.question(rust, offset, Wanted::Documentation)?;
        match self.ask(question, patience)? {
            Answer::Documentation(found) => found,
            _ => None,
        }
    }

    /// Whether rust-analyzer has answered before, so that its answers come soon.
    pub(super) fn is_ready(&self) -> bool {
        let client = self.client.get().and_then(Option::as_ref);
        client.is_some_and(Client::is_ready)
    }

    /// Has the analyst started for what will be asked next.
    pub(super) fn wake(&self) {
        if let Some((_, question)) = self.question("", 0, Wanted::Completions) {
            self.ask(question, Some(Duration::ZERO));
        }
    }

    fn ask(&self, question: Question, patience: Option<Duration>) -> Option<Answer> {
        let library = question.project.library.clone();
        let client = self.client.get_or_init(|| client(&library)).as_ref()?;
        let patience = patience.unwrap_or(match client.is_ready() {
            true => WHILE_BUSY,
            false => WHILE_STARTING,
        });
        let answer = client.ask(question, patience)?;
        if let Answer::Failed(cause) = &answer {
            tracing::warn!("{cause}");
        }
        Some(answer)
    }

    fn question(&self, rust: &str, offset: usize, wanted: Wanted) -> Option<(Scene, Question)> {
        let (workspace, variables) = {
            let parts = self.parts();
            (parts.workspace.clone()?, parts.variables.clone())
        };
        let project = self.project(&workspace)?;
        let scene = Scene::new(&analysis::items(&workspace), &variables, rust);
        let question = Question {
            project,
            source: scene.source.clone(),
            offset: scene.offset_in_source(offset),
            wanted,
        };
        Some((scene, question))
    }

    /// The session's crates: as they are, or were before what evcxr tries just now.
    fn project(&self, workspace: &Path) -> Option<Arc<Project>> {
        let known = self.parts().project.clone();
        let manifest = Manifest::of(workspace);
        if let Some((of, project)) = &known
            && manifest.as_ref().is_none_or(|manifest| manifest == of)
        {
            return Some(project.clone());
        }
        let manifest = manifest?;
        let told = self.tell_project(workspace, &manifest);
        let project = match told {
            Ok(project) => Arc::new(project),
            Err(error) => {
                tracing::warn!("{error}");
                return known.map(|(_, project)| project);
            }
        };
        self.parts().project = Some((manifest, project.clone()));
        Some(project)
    }

    fn tell_project(&self, workspace: &Path, manifest: &Manifest) -> Result<Project, Error> {
        let toolchain = Toolchain::discover()?;
        Ok(Project {
            folder: analysis::folder(workspace),
            metadata: analysis::metadata(workspace, manifest)?,
            library: self.library().ok_or(Error::NoLibrarySources)?,
            cfg: analysis::target_options(&toolchain)?,
            sysroot: toolchain.sysroot,
        })
    }
}

/// The client of the analyst that has this library; `None` if there can be none.
fn client(library: &Path) -> Option<Client> {
    let build = build(library)
        .map_err(|error| tracing::warn!("cannot look at this program: {error}"))
        .ok()?;
    let place = Place::of_user(&build)
        .map_err(|error| tracing::warn!("{error}"))
        .ok()?;
    Some(Client::new(place, move || command(&build)))
}

/// What analysts are told apart by: this very program, and the library that it reads.
fn build(library: &Path) -> std::io::Result<String> {
    let program = toolchain::own_program()?;
    let data = program.metadata()?;
    let changed = data.modified()?.duration_since(std::time::UNIX_EPOCH);
    Ok(format!(
        "{} {} {} {:?} {}",
        env!("CARGO_PKG_VERSION"),
        program.display(),
        data.len(),
        changed.unwrap_or_default(),
        library.display()
    ))
}

fn command(build: &str) -> Command {
    // Once for a toolchain.
    let provided =
        Toolchain::discover().and_then(|toolchain| library::provide(&Cache::open()?, &toolchain));
    if let Err(error) = provided {
        tracing::warn!("{error}");
    }
    let program = toolchain::own_program().unwrap_or_else(|_| "fearless".into());
    let mut command = Command::new(program);
    command.arg(super::COMMAND).arg(build).current_dir("/");
    toolchain::restore_environment(&mut command);
    command
}
