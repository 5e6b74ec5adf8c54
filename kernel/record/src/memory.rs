//! Shared memory from the operating system: an unnamed file, and its mapping.

use std::ffi::{c_char, c_int, c_long, c_uint, c_void};
use std::fs::File;
use std::io;
use std::ops::Range;
use std::os::fd::{AsRawFd, FromRawFd, RawFd};
use std::ptr;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering};

use crate::layout::{Layout, SIZE};

unsafe extern "C" {
    fn mmap(
        at: *mut c_void,
        length: usize,
        prot: c_int,
        flags: c_int,
        fd: c_int,
        offset: i64,
    ) -> *mut c_void;
    fn munmap(at: *mut c_void, length: usize) -> c_int;
}

const PROT_READ_WRITE: c_int = 3;
const MAP_SHARED: c_int = 1;

/// A mapped recording. The mapping lives as long as this value; see [`Mapping::leak`].
#[derive(Debug)]
pub struct Mapping {
    at: *const Layout,
}

// SAFETY: the memory behind `at` holds atomics only, and belongs to no thread in particular.
unsafe impl Send for Mapping {}
// SAFETY: as above.
unsafe impl Sync for Mapping {}

impl Mapping {
    /// Maps the first [`SIZE`] bytes of `fd`.
    ///
    /// # Errors
    ///
    /// When the file is shorter than a recording or the system refuses.
    pub fn of(fd: RawFd) -> io::Result<Mapping> {
        // A mapping of a shorter file would end the process at the first access beyond its end.
        let length = length_of(fd)?;
        if length < SIZE as u64 {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!(
                    "the recording has {length} bytes instead of {SIZE}: it belongs to another version"
                ),
            ));
        }
        // SAFETY: a fresh mapping at an address of the system's choice replaces no other memory.
        let at = unsafe { mmap(ptr::null_mut(), SIZE, PROT_READ_WRITE, MAP_SHARED, fd, 0) };
        if at as isize == -1 {
            return Err(named("map the recording", io::Error::last_os_error()));
        }
        Ok(Mapping { at: at.cast() })
    }

    /// The recording.
    pub fn layout(&self) -> &Layout {
        // SAFETY: `at` is a live mapping of `SIZE` bytes, page-aligned; `Layout` consists of atomic
        // integers (and padding never read), for which every bit pattern is valid.
        unsafe { &*self.at }
    }

    /// The recording, mapped until the process ends.
    pub fn leak(self) -> &'static Layout {
        let at = self.at;
        std::mem::forget(self);
        // SAFETY: as in `layout`, and nothing unmaps it any more.
        unsafe { &*at }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: `at` came from `mmap` with this length; the borrows that `layout` gave are over.
        unsafe { munmap(self.at.cast_mut().cast(), SIZE) };
    }
}

fn named(what: &str, cause: io::Error) -> io::Error {
    io::Error::new(cause.kind(), format!("cannot {what}: {cause}"))
}

fn length_of(fd: RawFd) -> io::Result<u64> {
    // SAFETY: the descriptor is only borrowed: `ManuallyDrop` keeps the file from closing it.
    let file = std::mem::ManuallyDrop::new(unsafe { File::from_raw_fd(fd) });
    Ok(file
        .metadata()
        .map_err(|cause| named("look at the recording", cause))?
        .len())
}

/// A new file of [`SIZE`] zero bytes that has no name, so that nothing has to be removed after a
/// crash. It is sparse: only what is written takes room.
///
/// # Errors
///
/// When the system refuses, naming what failed.
pub fn unnamed_file() -> io::Result<File> {
    let file = new_file().map_err(|cause| named("create the recording", cause))?;
    file.set_len(SIZE as u64)
        .map_err(|cause| named("make room for the recording", cause))?;
    keep_length(&file).map_err(|cause| named("seal the recording", cause))?;
    Ok(file)
}

/// Forbids to cut the file: whoever reads a mapping beyond the end of its file is killed.
#[cfg(target_os = "linux")]
fn keep_length(file: &File) -> io::Result<()> {
    unsafe extern "C" {
        fn fcntl(fd: c_int, command: c_int, ...) -> c_int;
    }
    const F_ADD_SEALS: c_int = 1033;
    const SEAL_SHRINK_GROW_SEAL: c_int = 2 | 4 | 1;
    // SAFETY: the descriptor is open, and the command takes an integer.
    match unsafe { fcntl(file.as_raw_fd(), F_ADD_SEALS, SEAL_SHRINK_GROW_SEAL) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

#[cfg(not(target_os = "linux"))]
fn keep_length(_file: &File) -> io::Result<()> {
    Ok(())
}

#[cfg(target_os = "linux")]
fn new_file() -> io::Result<File> {
    unsafe extern "C" {
        fn memfd_create(name: *const c_char, flags: c_uint) -> c_int;
    }
    const CLOEXEC_ALLOW_SEALING: c_uint = 1 | 2;
    // SAFETY: the name is a C string.
    let fd = unsafe { memfd_create(c"fearless-recording".as_ptr(), CLOEXEC_ALLOW_SEALING) };
    if fd < 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the descriptor is new and ours.
    Ok(unsafe { File::from_raw_fd(fd) })
}

#[cfg(not(target_os = "linux"))]
fn new_file() -> io::Result<File> {
    let name = format!(
        "fearless-recording-{}-{:p}",
        std::process::id(),
        &raw const SIZE
    );
    let path = std::env::temp_dir().join(name);
    let file = File::options()
        .read(true)
        .write(true)
        .create_new(true)
        .open(&path)?;
    std::fs::remove_file(&path)?;
    Ok(file)
}

/// Makes a recording read as zeros again, which lies in the file `fd`. What a small program has
/// written is written over: the next one is likely to write there, too, and to ask for pages takes
/// longer. Where it was more, its pages are given back to the system, if that is possible.
pub fn clear(layout: &Layout, fd: RawFd) {
    const LITTLE: usize = 256 << 10;
    let used = used(fd).unwrap_or_else(|_| std::iter::once(0..SIZE).collect());
    let in_use: usize = used.iter().map(Range::len).sum();
    #[cfg(target_os = "linux")]
    if in_use > LITTLE {
        unsafe extern "C" {
            fn madvise(at: *mut c_void, length: usize, advice: c_int) -> c_int;
        }
        const MADV_REMOVE: c_int = 9;
        let at = ptr::from_ref(layout).cast_mut().cast();
        // SAFETY: the pages stay mapped and read as zeros, which is a valid `Layout` of atomics.
        if unsafe { madvise(at, SIZE, MADV_REMOVE) } == 0 {
            return;
        }
    }
    // SAFETY: the recording is `SIZE` bytes of atomics, and `AtomicU64` is valid for all of them.
    let words =
        unsafe { std::slice::from_raw_parts(ptr::from_ref(layout).cast::<AtomicU64>(), SIZE / 8) };
    for word in used
        .into_iter()
        .flat_map(|range| &words[range.start / 8..range.end / 8])
    {
        word.store(0, Ordering::Relaxed);
    }
}

/// The parts of a recording's file in which anything was written, in bytes: whole pages.
///
/// # Errors
///
/// When the system does not tell.
#[cfg(target_os = "linux")]
fn used(fd: RawFd) -> io::Result<Vec<Range<usize>>> {
    unsafe extern "C" {
        fn lseek(fd: c_int, offset: i64, whence: c_int) -> i64;
    }
    const SEEK_DATA: c_int = 3;
    const SEEK_HOLE: c_int = 4;
    /// There is no more data.
    const ENXIO: i32 = 6;
    let next = |from: usize, what| {
        // SAFETY: it moves the file's offset, which nobody uses.
        let found = unsafe { lseek(fd, from as i64, what) };
        match usize::try_from(found) {
            Ok(found) => Ok(Some(found.min(SIZE))),
            Err(_) => match io::Error::last_os_error() {
                error if error.raw_os_error() == Some(ENXIO) => Ok(None),
                error => Err(error),
            },
        }
    };
    let (mut used, mut from) = (Vec::new(), 0);
    while let Some(start) = next(from, SEEK_DATA)?
        && start < SIZE
    {
        let end = next(start, SEEK_HOLE)?.unwrap_or(SIZE);
        used.push(start..end);
        from = end;
    }
    Ok(used)
}

#[cfg(not(target_os = "linux"))]
fn used(_fd: RawFd) -> io::Result<Vec<Range<usize>>> {
    Ok(std::iter::once(0..SIZE).collect())
}

/// Asks for the pages of a recording in which something was written, so that nobody is interrupted
/// who writes there next.
pub fn make_used_resident(layout: &Layout, fd: RawFd) {
    // SAFETY: the recording is `SIZE` bytes of atomics, and `AtomicU8` is valid for all of them.
    let bytes =
        unsafe { std::slice::from_raw_parts(ptr::from_ref(layout).cast::<AtomicU8>(), SIZE) };
    for range in used(fd).unwrap_or_default() {
        make_resident(&bytes[range]);
    }
}

/// Asks for the pages in which `entries` lie, at once: for each alone the system would interrupt
/// whoever touches it first, which takes several times as long. Where that is not to be had, that
/// is what happens.
pub fn make_resident<T>(entries: &[T]) {
    #[cfg(target_os = "linux")]
    {
        unsafe extern "C" {
            fn madvise(at: *mut c_void, length: usize, advice: c_int) -> c_int;
        }
        const MADV_POPULATE_WRITE: c_int = 23;
        const PAGE: usize = 4096;
        let range = entries.as_ptr_range();
        let (start, end) = (range.start.addr() & !(PAGE - 1), range.end.addr());
        let at = range.start.with_addr(start).cast_mut().cast();
        // SAFETY: the pages are mapped, and what is in them stays.
        unsafe { madvise(at, end - start, MADV_POPULATE_WRITE) };
    }
    #[cfg(not(target_os = "linux"))]
    let _ = entries;
}

/// Writes all of `bytes` to `fd`, which is only borrowed.
///
/// # Errors
///
/// What the system says, except interruptions, after which it goes on.
pub fn write_all(fd: RawFd, bytes: &[u8]) -> io::Result<()> {
    use std::io::Write;
    // SAFETY: the descriptor is only borrowed: `ManuallyDrop` keeps the file from closing it.
    let mut file = std::mem::ManuallyDrop::new(unsafe { File::from_raw_fd(fd) });
    file.write_all(bytes)
}

/// The operating system's id of the calling thread.
pub fn thread_id() -> u32 {
    #[cfg(target_os = "linux")]
    {
        unsafe extern "C" {
            fn gettid() -> c_int;
        }
        // SAFETY: takes nothing, gives a number.
        unsafe { gettid() as u32 }
    }
    #[cfg(not(target_os = "linux"))]
    {
        0
    }
}

/// CPU time that the calling thread has used, in nanoseconds.
pub fn thread_cpu_ns() -> u64 {
    const CLOCK_THREAD_CPUTIME_ID: c_int = if cfg!(target_os = "macos") { 16 } else { 3 };
    crate::clock::system_clock(CLOCK_THREAD_CPUTIME_ID)
}

/// CPU time that a thread of this process has used, by the system's id of it; 0 where that is not
/// known.
pub fn thread_cpu_ns_of(tid: u32) -> u64 {
    if cfg!(target_os = "linux") {
        // Linux makes a clock of each thread: all bits of its id inverted, then a thread's own
        // (4), and the scheduler's count (2).
        let clock = (!tid << 3) | 4 | 2;
        crate::clock::system_clock(clock as c_int)
    } else {
        0
    }
}

/// The path of the shared object (or executable) in which `address` lies.
pub fn image_of(address: usize) -> Option<&'static str> {
    #[repr(C)]
    struct Info {
        path: *const c_char,
        base: *mut c_void,
        symbol: *const c_char,
        symbol_at: *mut c_void,
    }
    unsafe extern "C" {
        fn dladdr(address: *const c_void, info: *mut Info) -> c_int;
    }
    let mut info = Info {
        path: ptr::null(),
        base: ptr::null_mut(),
        symbol: ptr::null(),
        symbol_at: ptr::null_mut(),
    };
    // SAFETY: `dladdr` only compares the address with what is loaded, and fills `info`.
    let found = unsafe { dladdr(address as *const c_void, &mut info) };
    if found == 0 || info.path.is_null() {
        return None;
    }
    // SAFETY: the path is a C string of the dynamic linker, which keeps it while the object is
    // loaded; cells are never unloaded.
    unsafe { std::ffi::CStr::from_ptr(info.path) }.to_str().ok()
}

/// The raw descriptor of `file`.
pub fn raw(file: &File) -> RawFd {
    file.as_raw_fd()
}

/// A `long` of the platform, for system calls.
pub type Long = c_long;
