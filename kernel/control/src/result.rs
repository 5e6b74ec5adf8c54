//! What a run leaves to the process that started it, in memory that both share.

use std::mem::ManuallyDrop;
use std::sync::atomic::{AtomicPtr, Ordering};

use explore::{Race, ThreadId, Touch, Trace};
use record::layout::{FLAG_JOINED, THREAD_PANICKED};

use crate::system;

/// Bytes that a run may leave. Only those that are used take room.
const BYTES: usize = 64 << 20;
const WORDS: usize = BYTES / 8;
/// Words before the trace: outcome, detail, length of the trace, pairs of waiter and holder.
const HEAD: usize = 64;
/// Pairs of waiter and holder that are told.
const HOLDERS: usize = 30;
/// Where a race is told: three words for each of its accesses, and the address.
const RACE: usize = 40;
/// Where it is told that old stores were forgotten.
const TRUNCATED: usize = 50;

static MEMORY: AtomicPtr<u64> = AtomicPtr::new(std::ptr::null_mut());

/// How a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The process ended without a word.
    Unknown,
    /// The program's main function returned this code; `true`: a thread panicked, and nobody asked.
    Finished(i32, bool),
    /// No thread can go on.
    Deadlocked,
    /// Threads look at the same thing for ever.
    Livelocked,
    /// The run was given up.
    Cut,
    /// The program ended the process with this code.
    Exited(i32),
    /// A signal ended it.
    Crashed(i32),
    /// Two threads met at the same memory, and nothing ordered them.
    Raced,
}

impl Outcome {
    fn to_words(self) -> [u64; 2] {
        match self {
            Outcome::Unknown => [0, 0],
            Outcome::Finished(code, unasked) => {
                [1, u64::from(code as u32) | u64::from(unasked) << 32]
            }
            Outcome::Deadlocked => [2, 0],
            Outcome::Livelocked => [3, 0],
            Outcome::Cut => [4, 0],
            Outcome::Exited(code) => [5, u64::from(code as u32)],
            Outcome::Raced => [7, 0],
            Outcome::Crashed(signal) => [6, signal as u64],
        }
    }

    fn from_words([kind, detail]: [u64; 2]) -> Outcome {
        match kind {
            1 => Outcome::Finished(detail as u32 as i32, detail >> 32 != 0),
            2 => Outcome::Deadlocked,
            3 => Outcome::Livelocked,
            4 => Outcome::Cut,
            5 => Outcome::Exited(detail as u32 as i32),
            7 => Outcome::Raced,
            6 => Outcome::Crashed(detail as i32),
            _ => Outcome::Unknown,
        }
    }
}

/// Makes the memory, before the first run.
pub fn prepare() -> std::io::Result<()> {
    let at = system::shared_memory(BYTES)?;
    MEMORY.store(at.cast(), Ordering::Relaxed);
    Ok(())
}

fn words() -> &'static mut [u64] {
    let at = MEMORY.load(Ordering::Relaxed);
    // SAFETY: mapped for as long as the process lives. A run writes, and the process that started it
    // reads after its end; within each, one thread does.
    unsafe { std::slice::from_raw_parts_mut(at, WORDS) }
}

/// Before a run.
pub fn clear() {
    words()[..HEAD].fill(0);
}

/// Writes down how the run ended. Allocates nothing, since the program may have crashed within the
/// allocator.
pub fn write(outcome: Outcome, trace: &Trace, holders: &[(u32, u32)]) {
    let words = words();
    let [kind, detail] = outcome.to_words();
    words[1] = detail;
    let mut fits = words_of(trace) <= WORDS - HEAD;
    if fits {
        let room = words[HEAD..].as_mut_ptr();
        // SAFETY: the memory lives on and is ours alone; the trace fits, so that the vector is never
        // moved to other memory, and it is not dropped.
        let mut room = ManuallyDrop::new(unsafe { Vec::from_raw_parts(room, 0, WORDS - HEAD) });
        trace.encode(&mut room);
        words[2] = room.len() as u64;
        fits = room.len() <= WORDS - HEAD;
    }
    if !fits {
        words[2] = 0;
    }
    for (position, (waiter, holder)) in holders.iter().take(HOLDERS).enumerate() {
        words[4 + position] = u64::from(*waiter) << 32 | u64::from(*holder);
    }
    words[3] = holders.len().min(HOLDERS) as u64;
    words[0] = kind;
}

/// Writes down that loads were shown too few of the old stores.
pub fn note_truncated() {
    words()[TRUNCATED] = 1;
}

/// Writes down between which accesses the race is.
pub fn note_race(race: &Race, address: usize) {
    let words = words();
    words[RACE + 6] = address as u64;
    for (at, touch) in [(RACE, race.first), (RACE + 3, race.second)] {
        let flags = [touch.writes, touch.atomic, touch.frees];
        let flags = (0..).zip(flags).map(|(bit, is_so)| u64::from(is_so) << bit);
        let flags: u64 = flags.sum();
        words[at] = u64::from(touch.thread.0) << 32 | flags;
        words[at + 1] = u64::from(touch.step);
        words[at + 2] = u64::from(touch.place);
    }
}

fn read_race(words: &[u64]) -> Race {
    let touch = |at: usize| Touch {
        thread: ThreadId((words[at] >> 32) as u32),
        step: words[at + 1] as u32,
        place: words[at + 2] as u32,
        writes: words[at] & 1 != 0,
        atomic: words[at] & 2 != 0,
        frees: words[at] & 4 != 0,
    };
    Race {
        first: touch(RACE),
        second: touch(RACE + 3),
    }
}

/// More than any trace of this size takes.
fn words_of(trace: &Trace) -> usize {
    const STEP: usize = 16;
    const PENDING: usize = 4;
    let options: usize = (0..trace.steps.len())
        .map(|step| trace.options(step).len())
        .sum();
    let data: usize = (0..trace.steps.len())
        .map(|step| trace.data(step).len())
        .sum();
    16 + trace.steps.len() * STEP + (options + trace.blocked.len()) * PENDING + data
}

/// What a run left.
pub struct Left {
    /// How it ended.
    pub outcome: Outcome,
    /// What it did; nothing if it could not say.
    pub trace: Option<Trace>,
    /// Who waited for whom at the end of a deadlock: waiter and holder.
    pub holders: Vec<(u32, u32)>,
    /// Between which accesses a race was, and at which address.
    pub race: Option<(Race, usize)>,
    /// Loads were shown too few of the old stores.
    pub truncated: bool,
}

/// Reads what the last run left, after its end.
pub fn read() -> Left {
    let words = words();
    let length = (words[2] as usize).min(WORDS - HEAD);
    let count = (words[3] as usize).min(HOLDERS);
    let pair = |word: &u64| ((word >> 32) as u32, *word as u32);
    let outcome = Outcome::from_words([words[0], words[1]]);
    Left {
        race: (outcome == Outcome::Raced).then(|| (read_race(words), words[RACE + 6] as usize)),
        truncated: words[TRUNCATED] != 0,
        outcome,
        trace: Trace::decode(&words[HEAD..HEAD + length]),
        holders: words[4..4 + count].iter().map(pair).collect(),
    }
}

/// Whether a thread ended by a panic and nobody asked how it ended.
pub fn unasked_panic() -> bool {
    let layout = record::writer::layout();
    let used = layout.header.threads_used.load(Ordering::Relaxed) as usize;
    layout.threads.iter().take(used + 1).any(|thread| {
        thread.state.load(Ordering::Relaxed) == THREAD_PANICKED
            && thread.flags.load(Ordering::Relaxed) & FLAG_JOINED == 0
    })
}
