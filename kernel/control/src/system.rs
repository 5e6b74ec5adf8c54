//! What the system gives, reached past our own versions of it.

mod calls;
mod memory;

use std::ffi::{CStr, c_char, c_int, c_long, c_void};
use std::marker::PhantomData;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

pub use calls::{
    Call, dispatch_calls, handle, handle_signals_on, heap_end, numbers, protect, stack_pointer,
};
pub use memory::{
    empty, keep_to_one_heap, make_private, memory_at, own_memory, shared_memory, written_by_kernel,
};

unsafe extern "C" {
    fn dlsym(handle: *mut c_void, name: *const c_char) -> *mut c_void;
    fn fork() -> c_int;
    fn waitpid(process: c_int, status: *mut c_int, options: c_int) -> c_int;
    fn _exit(code: c_int) -> !;
    fn dup2(from: c_int, to: c_int) -> c_int;
    fn memfd_create(name: *const c_char, flags: u32) -> c_int;
    fn ftruncate(descriptor: c_int, length: i64) -> c_int;
    fn lseek(descriptor: c_int, offset: i64, from: c_int) -> i64;
    fn pread(descriptor: c_int, to: *mut c_void, length: usize, offset: i64) -> isize;
    fn prctl(option: c_int, ...) -> c_int;
    fn sched_setaffinity(process: c_int, size: usize, set: *const u64) -> c_int;
    fn sched_getaffinity(process: c_int, size: usize, set: *mut u64) -> c_int;
    fn sched_getcpu() -> c_int;
    fn setrlimit(resource: c_int, limit: *const [u64; 2]) -> c_int;
    fn fcntl(descriptor: c_int, command: c_int, ...) -> c_int;
    fn fstat(descriptor: c_int, status: *mut Status) -> c_int;
    fn personality(kind: u64) -> c_int;
    fn execve(
        path: *const c_char,
        arguments: *const *const c_char,
        environment: *const *const c_char,
    ) -> c_int;
    fn __errno_location() -> *mut c_int;
    fn pthread_self() -> usize;
    fn pthread_getattr_np(thread: usize, attributes: *mut [u64; 8]) -> c_int;
    fn pthread_attr_getstack(
        attributes: *const [u64; 8],
        at: *mut usize,
        length: *mut usize,
    ) -> c_int;
    fn pthread_attr_destroy(attributes: *mut [u64; 8]) -> c_int;
}

/// What has this name in the libraries after this one: a function of the form `F`, or a variable,
/// where `F` is `usize`. Found once.
pub struct Real<F> {
    name: &'static CStr,
    at: AtomicUsize,
    form: PhantomData<F>,
}

impl<F: Copy> Real<F> {
    /// Of this name.
    ///
    /// # Safety
    ///
    /// What has this name is a function of the form `F`, or `F` is `usize`.
    pub const unsafe fn new(name: &'static CStr) -> Real<F> {
        const { assert!(size_of::<F>() == size_of::<usize>()) };
        Real {
            name,
            at: AtomicUsize::new(0),
            form: PhantomData,
        }
    }

    /// The function.
    pub fn function(&self) -> F {
        // SAFETY: it is as large, and what lies there has this form, by the promise of `new`.
        unsafe { std::mem::transmute_copy(&self.address()) }
    }

    /// Its address.
    pub fn address(&self) -> usize {
        const NEXT: *mut c_void = -1_isize as *mut c_void;
        let known = self.at.load(Ordering::Relaxed);
        if known != 0 {
            return known;
        }
        // SAFETY: the handle is the one that means "after this library", the name a C string.
        let found = unsafe { dlsym(NEXT, self.name.as_ptr()) } as usize;
        self.at.store(found, Ordering::Relaxed);
        found
    }
}

// SAFETY: libc's function of this name has this form.
static SYSCALL: Real<Syscall> = unsafe { Real::new(c"syscall") };

/// The form in which libc's `syscall` is called.
type Syscall = unsafe extern "C" fn(c_long, ...) -> c_long;

/// A system call.
///
/// # Safety
///
/// As for the call with this number.
pub unsafe fn system_call(number: c_long, arguments: [usize; 6]) -> c_long {
    let call = SYSCALL.function();
    let [a, b, c, d, e, f] = arguments;
    // SAFETY: the caller's promise.
    unsafe { call(number, a, b, c, d, e, f) }
}

/// The number of the system call by which threads sleep on words.
pub const SYS_FUTEX: c_long = if cfg!(target_arch = "x86_64") {
    202
} else {
    98
};
/// The number of the system call for random bytes.
pub const SYS_GETRANDOM: c_long = if cfg!(target_arch = "x86_64") {
    318
} else {
    278
};

/// The number of the system call that tells the time.
pub const SYS_CLOCK_GETTIME: c_long = if cfg!(target_arch = "x86_64") {
    228
} else {
    113
};

const FUTEX_WAIT_PRIVATE: usize = 128;
const FUTEX_WAKE_PRIVATE: usize = 129;

/// Sleeps for as long as `word` is `value`.
pub fn sleep_while(word: &AtomicU32, value: u32) {
    while word.load(Ordering::Acquire) == value {
        let arguments = [
            word.as_ptr() as usize,
            FUTEX_WAIT_PRIVATE,
            value as usize,
            0,
            0,
            0,
        ];
        // SAFETY: the word is valid and aligned, and lives during the call.
        unsafe { system_call(SYS_FUTEX, arguments) };
    }
}

/// Sleeps for as long as `word`, which processes share, is `value`, and for some milliseconds at
/// most.
pub fn sleep_a_while(word: &AtomicU32, value: u32) {
    const FUTEX_WAIT: usize = 0;
    const TIME: [i64; 2] = [0, 20_000_000];
    let time = TIME.as_ptr().addr();
    let arguments = [
        word.as_ptr() as usize,
        FUTEX_WAIT,
        value as usize,
        time,
        0,
        0,
    ];
    // SAFETY: the word and the time are valid and aligned, and live during the call.
    unsafe { system_call(SYS_FUTEX, arguments) };
}

/// Wakes who sleeps on `word`, which processes share.
pub fn wake_other(word: &AtomicU32) {
    const FUTEX_WAKE: usize = 1;
    let arguments = [word.as_ptr() as usize, FUTEX_WAKE, 1, 0, 0, 0];
    // SAFETY: the word is valid and aligned; nothing is written.
    unsafe { system_call(SYS_FUTEX, arguments) };
}

/// Wakes who sleeps on `word`.
pub fn wake(word: &AtomicU32) {
    let arguments = [word.as_ptr() as usize, FUTEX_WAKE_PRIVATE, 1, 0, 0, 0];
    // SAFETY: the word is valid and aligned; nothing is written.
    unsafe { system_call(SYS_FUTEX, arguments) };
}

/// Whether a descriptor is one of a file, for which nobody waits.
pub fn is_file(descriptor: c_int) -> bool {
    const FORMAT: u32 = 0o170_000;
    const REGULAR: u32 = 0o100_000;
    let mut found = Status::default();
    // SAFETY: the structure has the system's size.
    let error = unsafe { fstat(descriptor, &raw mut found) };
    error != 0 || found.mode & FORMAT == REGULAR
}

/// Whether who uses a descriptor waits where there is nothing yet.
pub fn blocks(descriptor: c_int) -> bool {
    const GET_FLAGS: c_int = 3;
    const NONBLOCKING: c_int = 0o4000;
    // SAFETY: this only asks.
    let flags = unsafe { fcntl(descriptor, GET_FLAGS) };
    flags >= 0 && flags & NONBLOCKING == 0
}

/// The beginning of the system's `struct stat`, with room for the rest.
#[repr(C)]
#[derive(Default)]
struct Status {
    device: u64,
    number: u64,
    #[cfg(target_arch = "x86_64")]
    links: u64,
    mode: u32,
    rest: [u64; 20],
}

/// Sets the calling thread's `errno`.
pub fn set_errno(value: c_int) {
    // SAFETY: libc gives the address of the calling thread's own word.
    unsafe { *__errno_location() = value };
}

/// How a process ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// With this code.
    Code(i32),
    /// By this signal.
    Signal(i32),
}

/// What `fork` returned.
pub enum Forked {
    /// In the new process.
    Child,
    /// In the old one: the new one's number.
    Parent(i32),
    /// There is none.
    Failed(std::io::Error),
}

/// Makes a copy of this process, with the calling thread alone. To be called where no other thread
/// lives.
pub fn fork_here() -> Forked {
    // SAFETY: there is no other thread that could hold a lock in the copy.
    match unsafe { fork() } {
        0 => Forked::Child,
        -1 => Forked::Failed(std::io::Error::last_os_error()),
        child => Forked::Parent(child),
    }
}

const WITHOUT_WAITING: c_int = 1;

/// How the process ended, if it has; waits for that if `wait`.
pub fn ended(process: i32, wait: bool) -> Option<Ended> {
    let mut status = 0;
    let options = if wait { 0 } else { WITHOUT_WAITING };
    // SAFETY: the status is a valid word.
    if unsafe { waitpid(process, &raw mut status, options) } != process {
        return None;
    }
    Some(match status & 0x7f {
        0 => Ended::Code(status >> 8 & 0xff),
        signal => Ended::Signal(signal),
    })
}

/// Ends this process, without anything else.
pub fn leave(code: i32) -> ! {
    // SAFETY: takes a number.
    unsafe { _exit(code) }
}

/// A file without a name, in place of the descriptors `instead_of`.
pub fn capture(instead_of: &[i32]) -> std::io::Result<Captured> {
    // SAFETY: the name is a C string.
    let descriptor = unsafe { memfd_create(c"fearless-explored".as_ptr(), 0) };
    if descriptor < 0 {
        return Err(std::io::Error::last_os_error());
    }
    for number in instead_of {
        // SAFETY: whoever uses these numbers writes what we are to have.
        unsafe { dup2(descriptor, *number) };
    }
    Ok(Captured(descriptor))
}

/// What was written to descriptors that were taken over.
pub struct Captured(i32);

impl Captured {
    /// All that was written since the last call.
    pub fn take(&self) -> Vec<u8> {
        const CURRENT: c_int = 1;
        const BEGINNING: c_int = 0;
        // SAFETY: the descriptor is ours, and the buffer as long as is said.
        unsafe {
            let length = lseek(self.0, 0, CURRENT);
            if length <= 0 {
                return Vec::new();
            }
            let mut bytes = vec![0; length as usize];
            let read = pread(self.0, bytes.as_mut_ptr().cast(), bytes.len(), 0);
            bytes.truncate(read.max(0) as usize);
            ftruncate(self.0, 0);
            lseek(self.0, 0, BEGINNING);
            bytes
        }
    }
}

/// Has the system end this process when its parent ends.
pub fn die_with_parent() {
    const PARENT_DEATH_SIGNAL: c_int = 1;
    const KILL: usize = 9;
    // SAFETY: a setting of this process.
    unsafe { prctl(PARENT_DEATH_SIGNAL, KILL) };
}

/// Processors, a bit each.
type Processors = [u64; 16];

/// Has this process and its copies stay on one processor: one thread runs at a time, and another
/// processor would only have to be woken. Returns another one that it might have used.
pub fn stay_on_one_processor() -> Option<usize> {
    // SAFETY: this only asks.
    let here = unsafe { sched_getcpu() }.max(0) as usize;
    let mut all: Processors = [0; 16];
    // SAFETY: the set is as long as is said.
    unsafe { sched_getaffinity(0, size_of_val(&all), all.as_mut_ptr()) };
    stay_on(here);
    let may = |number: &usize| all[number / 64] >> (number % 64) & 1 == 1;
    (0..all.len() * 64).find(|number| *number != here && may(number))
}

/// Has this process and its copies stay on this processor.
pub fn stay_on(processor: usize) {
    let mut set: Processors = [0; 16];
    if let Some(word) = set.get_mut(processor / 64) {
        *word |= 1 << (processor % 64);
        // SAFETY: the set is as long as is said; a failure changes nothing.
        unsafe { sched_setaffinity(0, size_of_val(&set), set.as_ptr()) };
    }
}

/// No core files: a crash is an outcome.
pub fn leave_no_core_files() {
    const CORE: c_int = 4;
    // SAFETY: a setting of this process, of two words.
    unsafe { setrlimit(CORE, &[0, 0]) };
}

/// Where the calling thread's stack is, and how long, if the system tells.
pub fn stack() -> Option<(usize, usize)> {
    let (mut attributes, mut at, mut length) = ([0; 8], 0, 0);
    // SAFETY: the attributes have the system's size, and are destroyed once they were made.
    unsafe {
        if pthread_getattr_np(pthread_self(), &raw mut attributes) != 0 {
            return None;
        }
        pthread_attr_getstack(&raw const attributes, &raw mut at, &raw mut length);
        pthread_attr_destroy(&raw mut attributes);
    }
    Some((at, length))
}

/// Executes this process again without random addresses, unless it has none; returns where that
/// can't be, or is so.
///
/// # Safety
///
/// Both lists are the process's own, and end with a null pointer.
pub unsafe fn execute_without_chance(
    arguments: *const *const c_char,
    environment: *const *const c_char,
) {
    const ASK: u64 = 0xffff_ffff;
    const NO_RANDOM_ADDRESSES: c_int = 0x4_0000;
    // SAFETY: a setting of the process; the lists are the caller's promise.
    unsafe {
        let now = personality(ASK);
        if now < 0 || now & NO_RANDOM_ADDRESSES != 0 {
            return;
        }
        if personality((now | NO_RANDOM_ADDRESSES) as u64) >= 0 {
            execve(c"/proc/self/exe".as_ptr(), arguments, environment);
        }
    }
}
