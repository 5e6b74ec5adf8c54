//! System calls of our own, and those of others that are told to us.

use std::arch::{asm, naked_asm};
use std::ffi::{c_int, c_void};
use std::ops::Range;
use std::sync::atomic::AtomicU8;

/// The numbers of system calls.
#[cfg(target_arch = "x86_64")]
pub mod numbers {
    pub const WRITE: usize = 1;
    pub const MMAP: usize = 9;
    pub const MPROTECT: usize = 10;
    pub const MUNMAP: usize = 11;
    pub const BRK: usize = 12;
    pub const SIGACTION: usize = 13;
    pub const SCHED_YIELD: usize = 24;
    pub const MADVISE: usize = 28;
    pub const GETPID: usize = 39;
    pub const SOCKET: usize = 41;
    pub const CLONE: usize = 56;
    pub const PRCTL: usize = 157;
    pub const GETTID: usize = 186;
    pub const FSTATAT: usize = 262;
    pub const STATX: usize = 332;
    pub const CLONE3: usize = 435;
    /// What finds files by their names, and lists them.
    pub const FILES: [usize; 12] = [2, 4, 6, 82, 83, 84, 85, 87, 89, 217, 257, 437];
    /// `fork`, `vfork`, `execve`.
    pub const PROCESSES: [usize; 3] = [57, 58, 59];
    /// `gettimeofday`, `time`, `clock_gettime`.
    pub const CLOCKS: [usize; 3] = [96, 201, 228];
}

/// The numbers of system calls.
#[cfg(target_arch = "aarch64")]
pub mod numbers {
    pub const WRITE: usize = 64;
    pub const SCHED_YIELD: usize = 124;
    pub const SIGACTION: usize = 134;
    pub const PRCTL: usize = 167;
    pub const GETPID: usize = 172;
    pub const GETTID: usize = 178;
    pub const SOCKET: usize = 198;
    pub const BRK: usize = 214;
    pub const MUNMAP: usize = 215;
    pub const CLONE: usize = 220;
    pub const MMAP: usize = 222;
    pub const MPROTECT: usize = 226;
    pub const MADVISE: usize = 233;
    pub const FSTATAT: usize = 79;
    pub const STATX: usize = 291;
    pub const CLONE3: usize = 435;
    /// What finds files by their names, and lists them.
    pub const FILES: [usize; 7] = [34, 35, 38, 56, 61, 78, 437];
    /// `execve`.
    pub const PROCESSES: [usize; 1] = [221];
    /// `clock_gettime`, `gettimeofday`.
    pub const CLOCKS: [usize; 2] = [113, 169];
}

/// A system call by an instruction of this library.
///
/// # Safety
///
/// As for the call with this number.
#[inline]
unsafe fn call(number: usize, [a, b, c, d, e, f]: [usize; 6]) -> usize {
    let mut result = number;
    #[cfg(target_arch = "x86_64")]
    // SAFETY: the caller's promise; these registers are what the instruction changes.
    unsafe {
        asm!("syscall", inlateout("rax") result, in("rdi") a, in("rsi") b, in("rdx") c,
            in("r10") d, in("r8") e, in("r9") f, lateout("rcx") _, lateout("r11") _,
            options(nostack));
    }
    #[cfg(target_arch = "aarch64")]
    // SAFETY: the caller's promise; the first register is what the instruction changes.
    unsafe {
        let number = std::mem::replace(&mut result, a);
        asm!("svc 0", in("x8") number, inlateout("x0") result, in("x1") b, in("x2") c,
            in("x3") d, in("x4") e, in("x5") f, options(nostack));
    }
    result
}

/// Whether memory may be written, or only read; `false` where the system refuses.
///
/// # Safety
///
/// It is whole pages of this process; whoever writes there sees to the fault.
pub unsafe fn protect(at: usize, length: usize, written: bool) -> bool {
    const READ: usize = 1;
    const WRITE: usize = 2;
    let protection = READ | if written { WRITE } else { 0 };
    // SAFETY: the caller's promise.
    unsafe { call(numbers::MPROTECT, [at, length, protection, 0, 0, 0]) == 0 }
}

/// Has the heap end at `at`, unless that is 0; where it ends then.
pub fn heap_end(at: usize) -> usize {
    // SAFETY: the memory beyond is nobody's.
    unsafe { call(numbers::BRK, [at, 0, 0, 0, 0, 0]) }
}

/// What handles a signal: its number, what the system says of it, and the state of what it
/// interrupted.
pub type Handler = extern "C" fn(c_int, *const c_void, *mut c_void);

/// The kernel's `struct sigaction`.
#[repr(C)]
struct Action {
    handler: usize,
    flags: usize,
    restorer: usize,
    mask: u64,
}

/// Has a signal handled on the stack that is there for that; `false` where the system refuses.
pub fn handle(signal: c_int, handler: Handler) -> bool {
    const TELLS_MORE: usize = 4;
    const HAS_RESTORER: usize = 0x0400_0000;
    const ON_OWN_STACK: usize = 0x0800_0000;
    let action = Action {
        handler: handler as usize,
        flags: TELLS_MORE | HAS_RESTORER | ON_OWN_STACK,
        restorer: after_signal as *const () as usize,
        mask: 0,
    };
    let action = (&raw const action).addr();
    let arguments = [signal as usize, action, 0, size_of::<u64>(), 0, 0];
    // SAFETY: the structure has the kernel's layout.
    unsafe { call(numbers::SIGACTION, arguments) == 0 }
}

/// Has signals that are handled here use that stack, which is the calling thread's.
pub fn handle_signals_on(stack: *mut u8, length: usize) {
    unsafe extern "C" {
        fn sigaltstack(new: *const [usize; 3], old: *mut [usize; 3]) -> c_int;
    }
    let stack = [stack.addr(), 0, length];
    // SAFETY: the structure has the system's layout, and the stack is there for that.
    unsafe { sigaltstack(&raw const stack, std::ptr::null_mut()) };
}

/// Where a handler returns to. libc's own would be told to us as a call of the program.
#[unsafe(naked)]
unsafe extern "C" fn after_signal() {
    #[cfg(target_arch = "x86_64")]
    naked_asm!("mov eax, 15", "syscall");
    #[cfg(target_arch = "aarch64")]
    naked_asm!("mov x8, 139", "svc 0");
}

/// Has each system call of the calling thread from outside of `own` be a signal, for as long as
/// `selector` says so; `false` where the system can't.
pub fn dispatch_calls(own: Range<usize>, selector: &'static AtomicU8) -> bool {
    unsafe extern "C" {
        fn prctl(option: c_int, ...) -> c_int;
    }
    const SYSCALL_USER_DISPATCH: c_int = 59;
    const ON: usize = 1;
    let (at, length) = (own.start, own.len());
    // SAFETY: the word lives as long as the process.
    unsafe { prctl(SYSCALL_USER_DISPATCH, ON, at, length, selector.as_ptr()) == 0 }
}

/// Where the stack of what a signal interrupted is.
///
/// # Safety
///
/// `context` is what the system gave to a handler that has not returned.
pub unsafe fn stack_pointer(context: *const c_void) -> usize {
    // SAFETY: the structure is longer than that.
    unsafe { context.cast::<usize>().add(place::STACK).read() }
}

/// A system call that was told to us by a signal, and not done.
pub struct Call(*mut usize);

/// Where the registers of what a signal interrupted stand, in words.
#[cfg(target_arch = "x86_64")]
mod place {
    pub const ARGUMENTS: [usize; 6] = [13, 14, 17, 7, 5, 6];
    pub const NUMBER: usize = 18;
    pub const RESULT: usize = 18;
    pub const STACK: usize = 20;
    pub const INSTRUCTION: usize = 21;
    /// How long the instruction is.
    pub const LENGTH: usize = 2;
}

/// Where the registers of what a signal interrupted stand, in words.
#[cfg(target_arch = "aarch64")]
mod place {
    const FIRST: usize = 23;
    pub const ARGUMENTS: [usize; 6] = [23, 24, 25, 26, 27, 28];
    pub const NUMBER: usize = FIRST + 8;
    pub const RESULT: usize = FIRST;
    pub const STACK: usize = FIRST + 31;
    pub const INSTRUCTION: usize = FIRST + 32;
    /// How long the instruction is.
    pub const LENGTH: usize = 4;
}

impl Call {
    /// From what a handler is given.
    ///
    /// # Safety
    ///
    /// `context` is what the system gave to a handler of that signal, which has not returned.
    pub unsafe fn of(context: *mut c_void) -> Call {
        Call(context.cast())
    }

    fn word(&self, place: usize) -> *mut usize {
        // SAFETY: the structure is longer than that.
        unsafe { self.0.add(place) }
    }

    /// Which.
    pub fn number(&self) -> usize {
        // SAFETY: see `word`.
        unsafe { self.word(place::NUMBER).read() }
    }

    /// One of its arguments.
    pub fn argument(&self, number: usize) -> usize {
        // SAFETY: see `word`.
        unsafe { self.word(place::ARGUMENTS[number]).read() }
    }

    /// The word at the address that is one of its arguments.
    pub fn word_at(&self, number: usize) -> usize {
        let address = self.argument(number) as *const usize;
        // SAFETY: the program gives the system an address of its own; a bad one ends the program
        // here, and not there.
        unsafe { address.read_unaligned() }
    }

    /// Does it here; who made it goes on with the result.
    pub fn answer(&mut self) {
        let arguments = std::array::from_fn(|number| self.argument(number));
        // SAFETY: the call of whoever was interrupted.
        let result = unsafe { call(self.number(), arguments) };
        // SAFETY: see `word`.
        unsafe { self.word(place::RESULT).write(result) };
    }

    /// Who made it goes on as if it were done.
    pub fn skip(&mut self) {
        // SAFETY: see `word`.
        unsafe { self.word(place::RESULT).write(0) };
    }

    /// Has whoever made it make it again.
    pub fn again(&mut self) {
        let instruction = self.word(place::INSTRUCTION);
        // SAFETY: see `word`.
        unsafe { instruction.write(instruction.read() - place::LENGTH) };
    }
}
