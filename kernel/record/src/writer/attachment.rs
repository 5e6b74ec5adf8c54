//! Which recording this process writes into, and where its output goes.

use std::io;
use std::os::fd::RawFd;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};

use super::reference::Reference;
use crate::clock;
use crate::layout::*;
use crate::memory::{self, Mapping};

/// The recording, once there is one.
static LAYOUT: Reference<Layout> = Reference::none();
/// Holds [`LAYOUT`] to one recording, whoever comes first.
static CHOICE: OnceLock<&'static Layout> = OnceLock::new();
static OUTPUT: AtomicI32 = AtomicI32::new(-1);
static PROTOCOL: AtomicI32 = AtomicI32::new(-1);

/// The recording that this process is likely to be attached to, by its descriptor.
static AHEAD: Mutex<Option<(RawFd, Mapping)>> = Mutex::new(None);

const EEXIST: i32 = 17;
const EINVAL: i32 = 22;

/// Does ahead what of [`attach`] does not hang on what the recording holds, and asks for the pages
/// in which something was written. Where that fails, `attach` will tell.
pub fn attach_soon(region: RawFd) {
    if let Ok(mapping) = Mapping::of(region) {
        memory::make_used_resident(mapping.layout(), region);
        *ahead() = Some((region, mapping));
    }
}

fn ahead() -> std::sync::MutexGuard<'static, Option<(RawFd, Mapping)>> {
    AHEAD.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Makes this process write into the recording behind `region`, its frames to `output` and evcxr's
/// lines to `protocol`.
///
/// # Errors
///
/// An errno: `EEXIST` when something was recorded before, `EINVAL` when `region` is no recording of
/// this version, or what the system said.
pub fn attach(region: RawFd, output: RawFd, protocol: RawFd) -> Result<&'static Layout, i32> {
    if CHOICE.get().is_some() {
        return Err(EEXIST);
    }
    let mapping = match ahead().take() {
        Some((mapped, mapping)) if mapped == region => mapping,
        _ => Mapping::of(region).map_err(|error| error.raw_os_error().unwrap_or(EINVAL))?,
    };
    let header = &mapping.layout().header;
    if header.magic.load(Ordering::Relaxed) != MAGIC
        || header.version.load(Ordering::Relaxed) != VERSION
    {
        return Err(EINVAL);
    }
    let layout = mapping.leak();
    CHOICE.set(layout).map_err(|_| EEXIST)?;
    LAYOUT.set(Some(layout));
    clock::choose(layout.header.clock.load(Ordering::Relaxed));
    layout
        .header
        .pid
        .store(std::process::id(), Ordering::Relaxed);
    OUTPUT.store(output, Ordering::Relaxed);
    PROTOCOL.store(protocol, Ordering::Relaxed);
    Ok(layout)
}

/// The recording of this process; a private one when none was attached, so that everything works
/// without a kernel, too.
#[inline]
pub fn layout() -> &'static Layout {
    match LAYOUT.get() {
        Some(layout) => layout,
        None => first(),
    }
}

/// The recording of this process, if it has one already.
#[inline(always)]
pub fn existing() -> Option<&'static Layout> {
    LAYOUT.get()
}

#[cold]
#[inline(never)]
fn first() -> &'static Layout {
    let layout = CHOICE.get_or_init(|| match private() {
        Ok(layout) => layout,
        Err(error) => {
            panic!("cannot record: {error}; give the process more memory or file descriptors")
        }
    });
    LAYOUT.set(Some(layout));
    layout
}

#[cold]
fn private() -> io::Result<&'static Layout> {
    let file = memory::unnamed_file()?;
    let layout = Mapping::of(memory::raw(&file))?.leak();
    initialise(layout, clock::best());
    clock::choose(layout.header.clock.load(Ordering::Relaxed));
    layout
        .header
        .pid
        .store(std::process::id(), Ordering::Relaxed);
    Ok(layout)
}

/// Writes what a recording of zeros needs to be one.
pub(crate) fn initialise(layout: &Layout, clock: u32) {
    layout.header.version.store(VERSION, Ordering::Relaxed);
    layout.header.clock.store(clock, Ordering::Relaxed);
    layout.header.magic.store(MAGIC, Ordering::Release);
}

/// The descriptor for output frames, if a notebook is attached.
#[inline]
pub fn output() -> Option<RawFd> {
    let fd = OUTPUT.load(Ordering::Relaxed);
    (fd >= 0).then_some(fd)
}

/// Sends output frames to another descriptor; returns the one before.
pub fn redirect_output(to: RawFd) -> RawFd {
    OUTPUT.swap(to, Ordering::Relaxed)
}

/// The descriptor for evcxr's own lines, if a notebook is attached.
pub fn protocol() -> Option<RawFd> {
    let fd = PROTOCOL.load(Ordering::Relaxed);
    (fd >= 0).then_some(fd)
}
