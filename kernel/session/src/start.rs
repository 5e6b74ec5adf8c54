//! Starting a session: toolchain, our `std`, the recording, the pipes, evcxr and its cell process.

use crate::cell::effort::Effort;
use crate::cell::output::Output;
use crate::cell::report::Reporter;
use crate::cell::timing::Timing;
use crate::controls::SessionControls;
use crate::process::CellProcess;
use crate::session::Session;
use crate::source::places::Sources;
use crate::source::script::Script;
use crate::variables::Ledger;
use evcxr::{CommandContext, EvalContext, EvalContextOutputs};
use jupyter::{EngineFactory, Publisher, Stream};
use record::{Region, Seen};
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use toolchain::Cache;
use toolchain::Keeper;
use toolchain::Settings;
use toolchain::SystemCache;
use toolchain::Toolchain;
use toolchain::Workspace;
use toolchain::{Error, c_compiler, cache, recipe, standard, system_cache};

/// Makes the one session of this kernel.
pub struct SessionFactory {
    workspace: Workspace,
    controls: SessionControls,
}

impl SessionFactory {
    /// A session with a folder of its own. For that, this binary is run once more, with the
    /// environment that evcxr needs.
    ///
    /// # Errors
    /// One sentence with the next step: there can be no folder.
    pub fn enter() -> Result<SessionFactory, String> {
        Ok(SessionFactory {
            workspace: Workspace::enter().map_err(Error::with_next_step)?,
            controls: SessionControls::default(),
        })
    }

    /// The session's folder, which is to be removed when the kernel ends; or all of its cache, if
    /// that is its own.
    pub fn folder(&self) -> &Path {
        self.workspace.removed()
    }
}

impl EngineFactory for SessionFactory {
    type Engine = Session;
    type Controls = SessionControls;

    fn controls(&self) -> SessionControls {
        self.controls.clone()
    }

    fn banner(&self) -> String {
        format!(
            "Fearless {}: Rust that shows its threads, locks and channels. `:help` lists commands.",
            env!("CARGO_PKG_VERSION")
        )
    }

    fn rust_version(&self) -> String {
        let toolchain = Toolchain::discover().ok();
        let number = toolchain.as_ref().and_then(Toolchain::version_number);
        number.unwrap_or(env!("CARGO_PKG_RUST_VERSION")).to_owned()
    }

    fn start(self, io: Publisher) -> Result<Session, String> {
        let notices = Mutex::new(Vec::new());
        let notify = |text: &str| {
            tracing::info!("{}", text.trim_end());
            if let Ok(mut notices) = notices.lock() {
                notices.push(text.to_owned());
            }
        };
        let settings = prepare(&self.workspace, &notify).map_err(Error::with_next_step)?;
        let cell_process = CellProcess::new(&settings, io)
            .map_err(|error| format!("cannot start the cell process: {error}"))?;
        let (eval, outputs) = EvalContext::with_subprocess_command(cell_process.command)
            .map_err(|error| format!("cannot start the Rust compiler: {error}"))?;
        drain(outputs, &cell_process.output);
        let products = recipe::product_folder(self.workspace.root());
        let reporter = Reporter::new(Sources::new(&products));
        reporter.with_sources(Sources::note_builds);
        find_places(&cell_process.output, &cell_process.region, &reporter, None);
        let context = CommandContext::with_eval_context(eval);
        self.controls
            .assistant()
            .ready(self.workspace.root(), &settings, reporter.clone());
        self.controls.ready(
            self.workspace.root().to_owned(),
            cell_process.region.clone(),
            context.process_handle(),
            reporter.clone(),
        );
        let ahead = Keeper::start(self.workspace.root());
        if let Err(error) = &ahead {
            tracing::warn!("compilers are not started ahead: {error}");
        }
        let session = Session {
            context,
            controls: self.controls,
            region: cell_process.region,
            output: cell_process.output,
            cell_number: cell_process.cell_number,
            program_descriptors: cell_process.spare,
            reporter,
            notices: notices.into_inner().unwrap_or_default(),
            show_timing: false,
            checked: None,
            explored: None,
            last_explored: None,
            seen: Seen::default(),
            serial: 0,
            process: 0,
            cleared: 0,
            timing: Timing::default(),
            effort: Effort::default(),
            variables: Ledger::new(self.workspace.root()),
            fallen: HashMap::new(),
            recording_standard: settings.standard.clone(),
            settings,
            ahead: ahead.ok(),
            workspace: self.workspace,
        };
        session.publish();
        Ok(session)
    }
}

/// Everything on disk that evcxr and the cell process need.
fn prepare(workspace: &Workspace, notify: &dyn Fn(&str)) -> Result<Settings, Error> {
    let store = Cache::open()?;
    if store.is_temporary() {
        notify(&temporary(&store));
    }
    let toolchain = Toolchain::discover()?;
    c_compiler::provide(workspace)?;
    let standard = standard::provide(&store, &toolchain, notify)?;
    let common = cache::key([
        toolchain.version.as_bytes(),
        toolchain.sysroot.as_os_str().as_encoded_bytes(),
        standard.as_os_str().as_encoded_bytes(),
    ]);
    let is_warming = system_cache::is_warming();
    // Whoever reads the system's cache has another home than who filled it.
    let key = match is_warming {
        true => common.clone(),
        false => cache::key([common.as_bytes(), toolchain::cargo_home().as_bytes()]),
    };
    let settings = Settings {
        recipes: store.folder("recipes")?.join(&key),
        layers: store.folder("layers")?.join(&key),
        target: store.folder("target")?.join(key),
        system_recipes: SystemCache::open().map(|it| it.root().join("recipes").join(common)),
        standard: Some(standard.clone()),
        display: toolchain::Display::default(),
        edition: toolchain::EDITION.into(),
        toolchain,
    };
    settings.store(workspace.root())?;
    let builds = [&settings.target, &settings.layers, &standard];
    let of_ours = builds.into_iter().filter(|it| it.starts_with(store.root()));
    Cache::mark_used(&of_ours.map(PathBuf::as_path).collect::<Vec<_>>());
    if is_warming {
        return Ok(settings);
    }
    // Counting what takes room must not delay the first cell.
    let tidy = move || store.tidy();
    if let Err(error) = std::thread::Builder::new().name("tidy".into()).spawn(tidy) {
        tracing::warn!("the cache is not tidied: {error}");
    }
    Ok(settings)
}

/// What is said of a cache that goes with the kernel.
fn temporary(cache: &Cache) -> String {
    let why = match Cache::usual() {
        Some(usual) => format!("`{}` can't be written", usual.display()),
        None => "There is no HOME".to_owned(),
    };
    let root = cache.root().display();
    format!(
        "{why}, so what is compiled lies in `{root}` and goes with this kernel: each start compiles again. Set FEARLESS_CACHE to a folder that stays.\n"
    )
}

/// Panics of threads, and what `dbg!` prints, are shown with the line of the cell, or of the
/// script.
pub(crate) fn find_places(
    output: &Output,
    region: &Arc<Region>,
    reporter: &Reporter,
    script: Option<Script>,
) {
    let (region, reporter) = (region.clone(), reporter.clone());
    output.set_places(Box::new(move |location| {
        let location = region.location(location)?;
        let place = reporter.with_sources(|sources| sources.place(&location))?;
        Some(match &script {
            Some(script) => script.name_place(place),
            None => place,
        })
    }));
}

/// After `:record off`, what cells print comes through evcxr's own channels, line by line.
fn drain(outputs: EvalContextOutputs, output: &Output) {
    let EvalContextOutputs { stdout, stderr } = outputs;
    for (stream, lines) in [(Stream::Stdout, stdout), (Stream::Stderr, stderr)] {
        let output = output.clone();
        let read = move || {
            for line in lines {
                output.stream_to_current(stream, &format!("{line}\n"));
            }
        };
        if let Err(error) = std::thread::Builder::new()
            .name("evcxr output".into())
            .spawn(read)
        {
            tracing::error!("cannot read the cell process's {stream:?}: {error}");
        }
    }
}
