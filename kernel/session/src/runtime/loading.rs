//! What each process that runs cells or programs does first: it binds its life to the kernel's, and
//! loads what was compiled.

use super::descriptors::PROGRAM_ENTRY;
use super::error::RuntimeError;
use libloading::os::unix::{Library, RTLD_NOW};

pub(super) fn load(object: &str, visibility: i32) -> Result<libloading::Library, RuntimeError> {
    // SAFETY: initialisers of the object are the user's own code, which is about to run anyway.
    unsafe { Library::open(Some(object), RTLD_NOW | visibility) }
        .map(libloading::Library::from)
        .map_err(RuntimeError::load(object))
}

/// A cell process has no life of its own: it ends when the kernel does, even if the kernel is
/// killed.
pub(super) fn die_with_parent() {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::set_parent_process_death_signal(Some(rustix::process::Signal::KILL));
}

/// A program's function.
pub(super) fn entry(
    object: &str,
    program: &libloading::Library,
) -> Result<extern "C" fn() -> i32, RuntimeError> {
    // SAFETY: the kernel appended this very function to the program's source.
    let entry = unsafe { program.get::<extern "C" fn() -> i32>(PROGRAM_ENTRY.as_bytes()) };
    Ok(*entry.map_err(RuntimeError::function(PROGRAM_ENTRY, object))?)
}
