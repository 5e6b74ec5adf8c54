//! Going back, with stack and registers, to where a process was.

pub use machine::{mark, say_and_go_back};

/// What a process says to the one that made it: a kind, and a number.
pub type Said = [u8; 5];

#[cfg(target_arch = "x86_64")]
mod machine {
    use super::Said;
    use std::arch::naked_asm;
    use std::os::fd::RawFd;
    use std::sync::atomic::{AtomicU8, AtomicUsize};

    /// Where on the stack the registers lie that a function leaves as they were.
    static KEPT: AtomicUsize = AtomicUsize::new(0);

    /// Where the word arrives that this process's memory is as it was.
    static WORD: AtomicU8 = AtomicU8::new(0);

    /// Takes the registers from where they lie, and returns.
    macro_rules! return_with_registers {
        () => {
            "pop r15\npop r14\npop r13\npop r12\npop rbx\npop rbp\nret"
        };
    }

    /// Copies this process, of which libc hears nothing: the copy calls `frozen` and does nothing
    /// else, so all that lies above its stack's end is as it is here, now. Returns the copy's
    /// number, or an error of the system below zero. After [`say_and_go_back`] it returns zero,
    /// once more.
    ///
    /// # Safety
    ///
    /// `frozen` calls nothing that writes to memory other than its own stack.
    #[unsafe(naked)]
    pub unsafe extern "C" fn mark(frozen: extern "C" fn() -> !) -> isize {
        naked_asm!(
            "push rbp",
            "push rbx",
            "push r12",
            "push r13",
            "push r14",
            "push r15",
            "mov [rip + {kept}], rsp",
            "mov rbx, rdi",
            // `clone`, with nothing shared and no signal at the copy's end.
            "mov eax, 56",
            "xor edi, edi",
            "xor esi, esi",
            "xor edx, edx",
            "xor r10d, r10d",
            "xor r8d, r8d",
            "syscall",
            "test rax, rax",
            "jz 2f",
            return_with_registers!(),
            "2: sub rsp, 8",
            "call rbx",
            "ud2",
            kept = sym KEPT,
        )
    }

    /// Says `said` to `tells`, waits for a byte from `word`, and goes on where [`mark`] returned.
    /// Where nobody hears or answers, the process ends.
    ///
    /// # Safety
    ///
    /// The calling thread is the only one. Who has heard puts all memory of this process back as
    /// it was when [`mark`] was called, and then gives the byte. Meanwhile nothing here looks at
    /// memory, not even at the stack.
    #[unsafe(naked)]
    pub unsafe extern "C" fn say_and_go_back(tells: RawFd, said: &Said, word: RawFd) -> ! {
        naked_asm!(
            "mov ebx, edx",
            // `write`, and then `read`: again where a signal came between.
            "4: mov eax, 1",
            "mov edx, {length}",
            "syscall",
            "cmp rax, -4",
            "je 4b",
            "cmp rax, {length}",
            "jne 3f",
            "mov edi, ebx",
            "2: xor eax, eax",
            "lea rsi, [rip + {word}]",
            "mov edx, 1",
            "syscall",
            "cmp rax, -4",
            "je 2b",
            "cmp rax, 1",
            "jne 3f",
            "mov rsp, [rip + {kept}]",
            "xor eax, eax",
            return_with_registers!(),
            // `exit_group`.
            "3: mov eax, 231",
            "mov edi, 1",
            "syscall",
            "ud2",
            length = const size_of::<Said>(),
            word = sym WORD,
            kept = sym KEPT,
        )
    }
}

/// Other processors' processes make copies.
#[cfg(not(target_arch = "x86_64"))]
mod machine {
    use super::Said;
    use std::os::fd::RawFd;

    /// Says that it is not implemented.
    ///
    /// # Safety
    ///
    /// None is needed: nothing happens.
    pub unsafe extern "C" fn mark(_: extern "C" fn() -> !) -> isize {
        const ENOSYS: isize = 38;
        -ENOSYS
    }

    /// Is never called: [`mark`] marks nothing.
    ///
    /// # Safety
    ///
    /// As above.
    pub unsafe extern "C" fn say_and_go_back(_: RawFd, _: &Said, _: RawFd) -> ! {
        unreachable!("nothing was marked")
    }
}
