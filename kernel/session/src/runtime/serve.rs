//! The cell process at work: it loads what was compiled, and runs it.

use std::io::{BufRead, Write};
use std::mem::ManuallyDrop;
use std::process::ExitCode;

use super::c_output;
use super::descriptors::{self, EXPLORE, IN_ONE_PROCESS, IS_RUNTIME, PROGRAM_OBJECT, REPEATED};
use super::error::RuntimeError;
use super::fork_server;
use super::loading::{die_with_parent, entry, load};
use super::standard::Standard;
use libloading::os::unix::{Library, RTLD_GLOBAL, RTLD_LOCAL};

const EXECUTION_COMPLETE: &str = "EVCXR_EXECUTION_COMPLETE";

/// Acts as the cell process if this process was started as one; `None` in the kernel.
pub fn run_if_child() -> Option<ExitCode> {
    std::env::var_os(IS_RUNTIME)?;
    let result = match std::env::var_os(PROGRAM_OBJECT) {
        Some(object) => run_program(&object.to_string_lossy()),
        // Closing a cell's object under threads that still run in it would crash them, and this
        // process.
        None => Runtime::start().and_then(|runtime| ManuallyDrop::new(runtime).serve()),
    };
    Some(match result {
        Ok(code) => code,
        Err(cause) => {
            eprintln!("the cell process cannot go on: {cause}");
            ExitCode::from(99)
        }
    })
}

struct Runtime {
    standard: Option<Standard>,
    /// Never closed: code of earlier cells stays reachable through variables, threads and
    /// destructors of thread locals.
    objects: Vec<libloading::Library>,
    variables: *mut std::ffi::c_void,
    protocol: std::fs::File,
}

impl Runtime {
    fn start() -> Result<Runtime, RuntimeError> {
        die_with_parent();
        let protocol = descriptors::take_protocol().map_err(RuntimeError::Descriptors)?;
        c_output::by_lines();
        Ok(Runtime {
            standard: None,
            objects: Vec::new(),
            variables: std::ptr::null_mut(),
            protocol,
        })
    }

    fn serve(&mut self) -> Result<ExitCode, RuntimeError> {
        for line in std::io::stdin().lock().lines() {
            let line = line.map_err(RuntimeError::Orders)?;
            // Anything else is an answer to a question that nobody waits for any more.
            if let Some((object, function)) = order(&line) {
                self.load_and_run(object, function)?;
            }
        }
        Ok(ExitCode::SUCCESS)
    }

    fn load_and_run(&mut self, object: &str, function: &str) -> Result<(), RuntimeError> {
        self.attach()?;
        // A static that several cells know is the one of the cell that was loaded first.
        let library = load(object, RTLD_GLOBAL)?;
        if let Some(standard) = &self.standard {
            standard.cell_begin();
        }
        // SAFETY: the object was compiled by evcxr, which exports this function with this type, and
        // it is the only user of the variable store that the pointer leads to.
        let variables = unsafe {
            let function = library
                .get::<extern "C" fn(*mut std::ffi::c_void) -> *mut std::ffi::c_void>(
                    function.as_bytes(),
                )
                .map_err(RuntimeError::function(function, object))?;
            function(self.variables)
        };
        self.variables = variables;
        c_output::flush();
        if let Some(standard) = &self.standard {
            standard.cell_end();
        }
        self.objects.push(library);
        let mut line = EXECUTION_COMPLETE.as_bytes().to_vec();
        line.push(b'\n');
        self.protocol
            .write_all(&line)
            .map_err(RuntimeError::Protocol)
    }

    /// Late, so that the recording of a process that died stays as it was until the next cell.
    fn attach(&mut self) -> Result<(), RuntimeError> {
        if self.standard.is_none()
            && let Some(path) = descriptors::standard_library()
        {
            self.standard = Some(Standard::load(&path)?);
        }
        Ok(())
    }
}

/// The object and the function of a line `LOAD_AND_RUN <object> <function>`: the object's path may
/// hold spaces.
fn order(line: &str) -> Option<(&str, &str)> {
    line.strip_prefix("LOAD_AND_RUN ")?.rsplit_once(' ')
}

/// Runs a program of its own: attached like a cell, but when its `main` returns the process ends,
/// and with it all other threads.
fn run_program(object: &str) -> Result<ExitCode, RuntimeError> {
    die_with_parent();
    let _protocol = descriptors::take_protocol().map_err(RuntimeError::Descriptors)?;
    c_output::by_lines();
    let library = descriptors::standard_library();
    if let Some(standard) = &library
        && let Some(how) = std::env::var_os(REPEATED)
    {
        return fork_server::serve(object, standard, how == IN_ONE_PROCESS);
    }
    let standard = library.map(|path| Standard::load(&path)).transpose()?;
    let library = load(object, RTLD_LOCAL)?;
    if std::env::var_os(EXPLORE).is_some() {
        let standard = standard.ok_or(RuntimeError::NotRecorded)?;
        return explore(object, &library, &standard);
    }
    let main = entry(object, &library)?;
    if let Some(standard) = &standard {
        standard.cell_begin();
    }
    let code = main();
    if let Some(standard) = &standard {
        standard.cell_end();
    }
    // The library must outlive its threads, which end with the process.
    std::process::exit(code);
}

/// What is explored, for the library that does it (`control/src/explorer.rs`).
#[repr(C)]
struct Explored {
    main: extern "C" fn() -> i32,
    begin: extern "C" fn(u32),
    cell: u32,
    recording: i32,
    output: i32,
    protocol: i32,
}

/// Runs a program again and again, each time in another order. The library that does so is loaded
/// already, before everything else.
fn explore(
    object: &str,
    program: &libloading::Library,
    standard: &Standard,
) -> Result<ExitCode, RuntimeError> {
    const ENTRY: &str = "fearless_explore";
    // SAFETY: the signature is that of `control/src/explorer.rs`, built from the same sources.
    let explore = unsafe {
        *Library::this()
            .get::<extern "C" fn(&Explored) -> i32>(ENTRY.as_bytes())
            .map_err(RuntimeError::function(ENTRY, "this process"))?
    };
    let code = explore(&Explored {
        main: entry(object, program)?,
        begin: standard.begin(),
        cell: descriptors::current_cell(),
        recording: descriptors::RECORDING,
        output: descriptors::OUTPUT,
        protocol: descriptors::PROTOCOL,
    });
    std::process::exit(code);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_objects_path_may_hold_spaces() {
        let both = order("LOAD_AND_RUN /my cache/libcode_1.so run_user_code_1");
        assert_eq!(both, Some(("/my cache/libcode_1.so", "run_user_code_1")));
        assert_eq!(order("Ferris, the answer to a question"), None);
        assert_eq!(order("LOAD_AND_RUN nothing"), None);
    }
}
