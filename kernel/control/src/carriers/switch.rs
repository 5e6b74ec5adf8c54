//! Going on with another stack and other thread-local variables.

use std::arch::{asm, naked_asm};
use std::sync::atomic::{AtomicBool, Ordering};

/// Where something goes on: its stack, and its thread-local variables.
#[repr(C)]
pub struct Context {
    /// Where on the stack the rest of what goes on lies.
    stack: usize,
    /// What the processor knows the thread by.
    pub thread: usize,
}

impl Context {
    /// Nowhere yet.
    pub const fn nowhere() -> Context {
        Context {
            stack: 0,
            thread: 0,
        }
    }

    /// Goes on with `body`, on the stack that ends at `end`.
    pub fn begin(&mut self, end: usize, body: extern "C" fn() -> !) {
        let mut at = std::ptr::with_exposed_provenance_mut::<usize>(end & !15);
        let mut push = |word: usize| {
            // SAFETY: the stack has room for a few words, and nobody else uses it.
            unsafe {
                at = at.sub(1);
                at.write(word);
            }
        };
        for word in frame(body as usize) {
            push(word);
        }
        self.stack = at.addr();
    }
}

/// Whether the system lets a process set what the processor knows a thread by.
static BY_ITSELF: AtomicBool = AtomicBool::new(false);

/// Finds out how to switch. To be called before anything else here.
pub fn prepare() {
    unsafe extern "C" {
        fn getauxval(kind: u64) -> u64;
    }
    const HARDWARE: u64 = 26;
    const SETS_BASE: u64 = 2;
    // SAFETY: takes a number.
    let able = unsafe { getauxval(HARDWARE) } & SETS_BASE != 0;
    BY_ITSELF.store(able, Ordering::Relaxed);
}

#[cfg(target_arch = "x86_64")]
mod machine {
    use super::*;

    /// Keeps the registers that a function leaves as they were on the stack, and where that is in
    /// the first argument.
    macro_rules! keep {
        () => {
            concat!(
                "push rbp\n",
                "push rbx\n",
                "push r12\n",
                "push r13\n",
                "push r14\n",
                "push r15\n",
                "mov [rdi], rsp\n",
            )
        };
    }

    /// What lies on a new stack, from its end on: no caller, where to begin, and registers.
    pub fn frame(body: usize) -> [usize; 8] {
        [0, body, 0, 0, 0, 0, 0, 0]
    }

    /// What the processor knows the calling thread by.
    pub fn thread_pointer() -> usize {
        let at: usize;
        // SAFETY: libc keeps the address of the thread's block in the block's third word.
        unsafe { asm!("mov {}, fs:16", out(reg) at, options(nostack, readonly)) };
        at
    }

    /// Keeps where the caller is in `from`, and goes on where `to` says.
    ///
    /// # Safety
    ///
    /// `from` is the calling thread's own, and `to` says where something waits to go on.
    #[unsafe(naked)]
    pub unsafe extern "C" fn go_on(from: *mut Context, to: *const Context) {
        naked_asm!(
            keep!(),
            "mov rsp, [rsi]",
            "mov rsi, [rsi + 8]",
            "cmp byte ptr [rip + {able}], 0",
            "je 2f",
            "wrfsbase rsi",
            "jmp 3f",
            // The system is asked to (`arch_prctl`, `ARCH_SET_FS`).
            "2: mov eax, 158",
            "mov edi, 0x1002",
            "syscall",
            "3: pop r15",
            "pop r14",
            "pop r13",
            "pop r12",
            "pop rbx",
            "pop rbp",
            "ret",
            able = sym BY_ITSELF,
        )
    }

    /// Calls `run` on this stack; goes on after that where somebody goes on with `here`.
    ///
    /// # Safety
    ///
    /// `here` is valid for as long as `run` runs.
    #[unsafe(naked)]
    pub unsafe extern "C" fn enter(here: *mut Context, run: extern "C" fn() -> !) {
        naked_asm!(keep!(), "sub rsp, 8", "call rsi", "ud2",)
    }
}

#[cfg(target_arch = "aarch64")]
mod machine {
    use super::*;

    /// Keeps the registers that a function leaves as they were on the stack, and where that is in
    /// the first argument.
    macro_rules! keep {
        () => {
            concat!(
                "sub sp, sp, 160\n",
                "stp d8, d9, [sp]\n",
                "stp d10, d11, [sp, 16]\n",
                "stp d12, d13, [sp, 32]\n",
                "stp d14, d15, [sp, 48]\n",
                "stp x19, x20, [sp, 64]\n",
                "stp x21, x22, [sp, 80]\n",
                "stp x23, x24, [sp, 96]\n",
                "stp x25, x26, [sp, 112]\n",
                "stp x27, x28, [sp, 128]\n",
                "stp x29, x30, [sp, 144]\n",
                "mov x9, sp\n",
                "str x9, [x0]\n",
            )
        };
    }

    /// What lies on a new stack, from its end on: where to begin, and registers.
    pub fn frame(body: usize) -> [usize; 20] {
        let mut words = [0; 20];
        // The link register is the second of its pair, which lies highest.
        words[0] = body;
        words
    }

    /// What the processor knows the calling thread by.
    pub fn thread_pointer() -> usize {
        let at: usize;
        // SAFETY: reads a register.
        unsafe { asm!("mrs {}, tpidr_el0", out(reg) at, options(nostack, nomem)) };
        at
    }

    /// Keeps where the caller is in `from`, and goes on where `to` says.
    ///
    /// # Safety
    ///
    /// `from` is the calling thread's own, and `to` says where something waits to go on.
    #[unsafe(naked)]
    pub unsafe extern "C" fn go_on(from: *mut Context, to: *const Context) {
        naked_asm!(
            keep!(),
            "ldp x9, x10, [x1]",
            "mov sp, x9",
            "msr tpidr_el0, x10",
            "ldp d8, d9, [sp]",
            "ldp d10, d11, [sp, 16]",
            "ldp d12, d13, [sp, 32]",
            "ldp d14, d15, [sp, 48]",
            "ldp x19, x20, [sp, 64]",
            "ldp x21, x22, [sp, 80]",
            "ldp x23, x24, [sp, 96]",
            "ldp x25, x26, [sp, 112]",
            "ldp x27, x28, [sp, 128]",
            "ldp x29, x30, [sp, 144]",
            "add sp, sp, 160",
            "ret",
        )
    }

    /// Calls `run` on this stack; goes on after that where somebody goes on with `here`.
    ///
    /// # Safety
    ///
    /// `here` is valid for as long as `run` runs.
    #[unsafe(naked)]
    pub unsafe extern "C" fn enter(here: *mut Context, run: extern "C" fn() -> !) {
        naked_asm!(keep!(), "blr x1", "brk 1",)
    }
}

use machine::frame;
pub use machine::{enter, go_on, thread_pointer};

/// Goes on where `to` says; the caller never does.
///
/// # Safety
///
/// As for [`go_on`].
pub unsafe fn go_on_for_good(to: *const Context) -> ! {
    let mut left = Context::nowhere();
    // SAFETY: the caller's promise. Nobody goes on with what is left here.
    unsafe { go_on(&raw mut left, to) };
    unreachable!("a stack that was left for good")
}
