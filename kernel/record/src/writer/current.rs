//! One word for each thread: the address of its `Local`, or 0.
//!
//! A thread local of a shared object is found by a call into the dynamic linker, which costs as
//! much as locking a mutex. The word here is laid out in the static thread-local block instead (the
//! initial-exec model of U. Drepper, "ELF Handling For Thread-Local Storage", 2013), as libc does
//! it with `errno`: two loads. rustc can't be told so yet, so its definition and the two accesses
//! are assembly. The object may be loaded late (`dlopen`), since glibc keeps some room in that
//! block free, and the word needs eight bytes.
//!
//! The symbol is hidden, so nothing here may be instantiated outside of the shared object: no
//! generic function calls it.

#[cfg(all(
    target_arch = "x86_64",
    target_os = "linux",
    target_env = "gnu",
    not(miri)
))]
mod word {
    use std::arch::{asm, global_asm};

    global_asm!(
        ".pushsection .tbss.fearless_local, \"awT\", @nobits",
        ".globl fearless_local",
        ".hidden fearless_local",
        ".type fearless_local, @tls_object",
        ".size fearless_local, 8",
        ".balign 8",
        "fearless_local:",
        ".zero 8",
        ".popsection",
    );

    #[inline(always)]
    pub fn get() -> usize {
        let word: usize;
        // SAFETY: reads the calling thread's own word, which lives as long as the thread.
        unsafe {
            asm!(
                "mov {word}, qword ptr [rip + fearless_local@GOTTPOFF]",
                "mov {word}, qword ptr fs:[{word}]",
                word = out(reg) word,
                options(nostack, readonly, preserves_flags),
            );
        }
        word
    }

    pub fn set(word: usize) {
        // SAFETY: writes the calling thread's own word, to which there is no reference.
        unsafe {
            asm!(
                "mov {offset}, qword ptr [rip + fearless_local@GOTTPOFF]",
                "mov qword ptr fs:[{offset}], {word}",
                offset = out(reg) _,
                word = in(reg) word,
                options(nostack, preserves_flags),
            );
        }
    }
}

#[cfg(not(all(
    target_arch = "x86_64",
    target_os = "linux",
    target_env = "gnu",
    not(miri)
)))]
mod word {
    use std::cell::Cell;

    thread_local! {
        static WORD: Cell<usize> = const { Cell::new(0) };
    }

    #[inline(always)]
    pub fn get() -> usize {
        WORD.get()
    }

    pub fn set(word: usize) {
        WORD.set(word);
    }
}

pub(super) use word::{get, set};
