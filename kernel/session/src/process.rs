//! The cell process as the kernel starts it: its recording, its pipes, its environment.

use crate::cell::output::Output;
use crate::runtime::descriptors::{CellNumber, Handed};
use jupyter::Publisher;
use record::Region;
use std::os::fd::{AsFd, OwnedFd};
use std::process::Command;
use std::sync::Arc;
use toolchain::Settings;
use toolchain::restore_environment;
use toolchain::standard;

/// The descriptors that a second process (`:main`) is started with.
pub(crate) struct Spare {
    output: OwnedFd,
    raw_stdout: OwnedFd,
    raw_stderr: OwnedFd,
}

impl Spare {
    /// For one more process.
    pub(crate) fn hand_over(
        &self,
        region: &Region,
        number: &CellNumber,
    ) -> std::io::Result<Handed> {
        Ok(Handed {
            recording: region.fd().try_clone_to_owned()?,
            output: self.output.try_clone()?,
            raw_stdout: self.raw_stdout.try_clone()?,
            raw_stderr: self.raw_stderr.try_clone()?,
            cell_number: number.share()?,
            orders: None,
        })
    }
}

/// The cell process to be, and what the kernel keeps of it.
pub(crate) struct CellProcess {
    pub command: Command,
    pub region: Arc<Region>,
    pub output: Output,
    pub cell_number: CellNumber,
    pub spare: Spare,
}

impl CellProcess {
    /// Its recording, its pipes, and the command that starts it.
    pub fn new(settings: &Settings, io: Publisher) -> std::io::Result<CellProcess> {
        let region = Arc::new(Region::create()?);
        let cell_number = CellNumber::new()?;
        let (frames_in, output) = pipe()?;
        let (stdout_in, raw_stdout) = pipe()?;
        let (stderr_in, raw_stderr) = pipe()?;
        let spare = Spare {
            output,
            raw_stdout,
            raw_stderr,
        };
        let mut command = command(settings)?;
        if let Some(standard) = &settings.standard {
            let handed = spare.hand_over(&region, &cell_number)?;
            handed.give_to(&mut command, &standard.join(standard::LIBRARY))?;
        }
        Ok(CellProcess {
            command,
            region,
            output: Output::start(io, [frames_in, stdout_in, stderr_in])?,
            cell_number,
            spare,
        })
    }
}

/// A pipe with room for bursts of output.
fn pipe() -> std::io::Result<(OwnedFd, OwnedFd)> {
    let (reader, writer) = rustix::pipe::pipe_with(rustix::pipe::PipeFlags::CLOEXEC)?;
    #[cfg(target_os = "linux")]
    let _ = rustix::pipe::fcntl_setpipe_size(writer.as_fd(), 1 << 20);
    Ok((reader, writer))
}

/// This binary, in the environment that user code is to see.
pub(crate) fn command(settings: &Settings) -> std::io::Result<Command> {
    let mut command = Command::new(toolchain::own_program()?);
    restore_environment(&mut command);
    // evcxr asks for backtraces of panics. Errors take theirs (`anyhow`) only if the person asks
    // for them.
    if std::env::var_os("RUST_BACKTRACE").is_none()
        && std::env::var_os("RUST_LIB_BACKTRACE").is_none()
    {
        command.env("RUST_LIB_BACKTRACE", "0");
    }
    if let Some(standard) = &settings.standard {
        command.env("LD_LIBRARY_PATH", settings.toolchain.library_path(standard));
    }
    Ok(command)
}
