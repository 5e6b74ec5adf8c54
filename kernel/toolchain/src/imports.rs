//! What a program's object takes from other libraries, and what a run of it can change by that.

use object::{Object, ObjectSymbol};
use std::fs;
use std::path::Path;

/// Whether all that a run of a program can change is its own memory, and what it prints: it opens,
/// starts, sets and asks for nothing that would outlive its threads in the same process. `false`
/// where that can't be told.
///
/// `source` is what the object was compiled from, with no crates but the standard library.
pub fn changes_memory_alone(object: &Path, source: &str) -> bool {
    // The system could be called without a function, and what runs at a process's end named.
    if ["asm", "link_section"]
        .iter()
        .any(|word| source.contains(word))
    {
        return false;
    }
    let Ok(data) = fs::read(object) else {
        return false;
    };
    let Ok(file) = object::File::parse(&*data) else {
        return false;
    };
    file.dynamic_symbols()
        .filter(|symbol| symbol.is_undefined())
        .all(|symbol| symbol.name().is_ok_and(is_harmless))
}

/// Of C: memory, arithmetic, unwinding, and what the linker writes into each object.
const HARMLESS: [&str; 34] = [
    "__cxa_finalize",
    "__cxa_thread_atexit_impl",
    "__gmon_start__",
    "__tls_get_addr",
    "_ITM_deregisterTMCloneTable",
    "_ITM_registerTMCloneTable",
    "_Unwind_Resume",
    "atan2",
    "bcmp",
    "cbrt",
    "cos",
    "exp",
    "exp2",
    "expf",
    "fma",
    "fmod",
    "hypot",
    "log",
    "log10",
    "log2",
    "logf",
    "memchr",
    "memcmp",
    "memcpy",
    "memmove",
    "memset",
    "pow",
    "powf",
    "rust_eh_personality",
    "sin",
    "sinh",
    "strlen",
    "tan",
    "tanh",
];

/// Crates of the standard library that ask nothing of the system, and ours that writes the
/// recording.
const WITHOUT_SYSTEM: [&str; 6] = [
    "__rustc",
    "alloc",
    "compiler_builtins",
    "core",
    "hashbrown",
    "record",
];

/// Modules of `std` that ask the system for what comes from it: files, sockets, processes.
const SYSTEM: [&str; 5] = ["fs", "net", "os", "process", "sys"];

/// What of these is harmless.
const BUT: [&str; 10] = [
    "std::process::abort",
    "std::sys::alloc",
    "std::sys::backtrace",
    "std::sys::stdio",
    "std::sys::sync",
    "std::sys::thread",
    "std::sys::thread_local",
    "std::sys::time",
    "std::sys::pal::unix::time",
    "std::sys::cmath",
];

/// What others hold that is not. Of random numbers newer libcs keep a state in memory: put back, it
/// would give the same ones to each run.
const HARMFUL: [&str; 5] = ["stdin", "Stdin", "pipe", "set_current_dir", "random"];

fn is_harmless(symbol: &str) -> bool {
    let name = format!("{:#}", rustc_demangle::demangle(symbol));
    if name == symbol {
        return HARMLESS.contains(&symbol);
    }
    // `<a::B as c::D<e::F>>::g` has three, and `g` belongs to the first.
    name.split(|letter: char| !(letter.is_alphanumeric() || letter == '_' || letter == ':'))
        .map(|path| path.trim_end_matches(':'))
        .filter(|path| path.contains("::") && !path.starts_with(':'))
        .all(is_harmless_path)
}

fn is_harmless_path(path: &str) -> bool {
    let parts: Vec<&str> = path.split("::").collect();
    match parts[..] {
        ["std", module, ..] if SYSTEM.contains(&module) => BUT.iter().any(|but| {
            path.strip_prefix(but)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
        }),
        ["std", ..] => !parts.iter().any(|part| HARMFUL.contains(part)),
        [first, ..] => WITHOUT_SYSTEM.contains(&first),
        [] => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_asks_the_system_for_something_is_told_from_what_does_not() {
        for harmless in [
            "std::thread::functions::yield_now",
            "std::sys::sync::mutex::futex::Mutex",
            "std::process::abort",
            "std::io::print::_println",
            "std::time::Instant",
            "core::panicking::panic_fmt",
            "record::writer::attachment::first",
        ] {
            assert!(is_harmless_path(harmless), "{harmless}");
        }
        for harmful in [
            "std::fs::File",
            "std::net::tcp::TcpListener",
            "std::process::exit",
            "std::process::aborted",
            "std::os::unix::process::CommandExt",
            "std::sys::process::unix::Command",
            "std::io::stdio::stdin",
            "std::io::stdio::Stdin",
            "std::io::pipe::pipe",
            "std::env::set_current_dir",
            "libc::unix::getpid",
        ] {
            assert!(!is_harmless_path(harmful), "{harmful}");
        }
    }

    #[test]
    fn symbols_are_read_as_paths() {
        assert!(is_harmless("memcpy"));
        assert!(!is_harmless("open64"));
        assert!(!is_harmless("getpid"));
        assert!(is_harmless("_ZN3std6thread9yield_now17h0123456789abcdefE"));
        assert!(!is_harmless("_ZN3std2fs4File4open17h0123456789abcdefE"));
        assert!(!is_harmless("_RNvNtCs1234_3std7process4exit"));
    }
}
