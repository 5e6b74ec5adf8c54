//! What a program does that is not controlled here. It is named, and nothing is called proved.

use crate::result::shared;
use crate::system::{Call, numbers};

/// A kind of thing that is not controlled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Beyond {
    /// It looks at files, or writes them.
    Files,
    /// It opens sockets.
    Sockets,
    /// It starts processes.
    Processes,
    /// It asks the system what time it is, by a call of its own.
    Clock,
    /// It starts threads by a system call of its own.
    Threads,
}

impl Beyond {
    const ALL: [(Beyond, &str); 5] = [
        (Beyond::Files, "files"),
        (Beyond::Sockets, "sockets"),
        (Beyond::Processes, "processes"),
        (Beyond::Clock, "clock"),
        (Beyond::Threads, "threads"),
    ];
}

/// The program does such a thing.
pub fn note(what: Beyond) {
    shared().beyond |= 1 << what as u32;
}

/// The program makes a system call that came past libc's functions, or past those that we have.
pub fn note_call(call: &Call) {
    if let Some(what) = kind(call) {
        note(what);
    }
}

fn kind(call: &Call) -> Option<Beyond> {
    const EMPTY_PATH: usize = 0x1000;
    const CLONE_THREAD: usize = 0x10000;
    let number = call.number();
    let starts = |flags: usize| match flags & CLONE_THREAD {
        0 => Beyond::Processes,
        _ => Beyond::Threads,
    };
    // What has a name and not only a descriptor.
    let named = |flags: usize| (flags & EMPTY_PATH == 0).then_some(Beyond::Files);
    match number {
        numbers::STATX => named(call.argument(2)),
        numbers::FSTATAT => named(call.argument(3)),
        numbers::CLONE => Some(starts(call.argument(0))),
        // The flags are the first word of what it is given.
        numbers::CLONE3 => Some(starts(call.word_at(0))),
        numbers::SOCKET => Some(Beyond::Sockets),
        _ if numbers::FILES.contains(&number) => Some(Beyond::Files),
        _ if numbers::PROCESSES.contains(&number) => Some(Beyond::Processes),
        _ if numbers::CLOCKS.contains(&number) => Some(Beyond::Clock),
        _ => None,
    }
}

/// The words for what was noted.
pub fn words(noted: u32) -> impl Iterator<Item = &'static str> {
    let all = Beyond::ALL.into_iter();
    all.filter_map(move |(what, word)| (noted >> what as u32 & 1 == 1).then_some(word))
}
