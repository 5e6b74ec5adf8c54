//! evcxr's life in the kernel: one session, which runs cells one after the other.
//!
//! [`SessionFactory`] makes the engine that `jupyter` serves. Before a program does anything else,
//! it calls [`run_if_helper`]: the cell process, the stand-ins for cargo and rustc, and evcxr's
//! wrapper are the kernel's own binary, too.
//!
//! ```no_run
//! use jupyter::{ConnectionFile, ServerSettings, serve};
//! use session::SessionFactory;
//!
//! fn main() -> std::process::ExitCode {
//!     if let Some(code) = session::run_if_helper() {
//!         return code;
//!     }
//!     let connection = ConnectionFile::read("kernel.json".as_ref()).unwrap();
//!     let factory = SessionFactory::enter().unwrap();
//!     serve(&connection, factory, ServerSettings::default()).unwrap();
//!     session::end_processes();
//!     std::process::ExitCode::SUCCESS
//! }
//! ```
//!
//! Where to look: `engine` is what `jupyter` calls. `execute` takes one cell from its text to its
//! reply, `outcome` says how it ended. `commands` are the lines that begin with `:`, `programs` is
//! `:main` and `:repeat`, `cell` what is printed and shown, `diagnostics` what a failed cell says,
//! `source` places and names, `assist` completion and inspection, `runtime` the cell process.

mod analysis;
mod assist;
mod cell;
mod changes;
mod commands;
mod controls;
mod diagnostics;
mod engine;
mod execute;
mod leftovers;
mod outcome;
mod process;
mod programs;
mod run;
mod runtime;
mod session;
mod source;
mod start;
mod variables;
mod watch;

use std::process::ExitCode;

pub use analysis::{ANALYST, serve_analyst};
pub use commands::search::STRATEGIES;
pub use controls::SessionControls;
pub use leftovers::end_processes;
pub use session::Session;
pub use start::SessionFactory;
pub use toolchain::{SystemCache, system_cache};

/// Acts as what this process was started as, if that is not the kernel; `None` in the kernel.
pub fn run_if_helper() -> Option<ExitCode> {
    let code = toolchain::stand_in::run_if_called_so().or_else(runtime::run_if_child);
    if code.is_none() && std::env::var_os("EVCXR_RUSTC_WRAPPER").is_some() {
        evcxr::runtime_hook();
    }
    code
}
