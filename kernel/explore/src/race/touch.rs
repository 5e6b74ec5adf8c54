//! An access to memory, as it is told and as it is kept.

use crate::point::ThreadId;

/// An access that may race.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Touch {
    /// Who.
    pub thread: ThreadId,
    /// The step of the run, or how many came before.
    pub step: u32,
    /// The place in the source.
    pub place: u32,
    /// It changes memory.
    pub writes: bool,
    /// It is atomic: two of those never race.
    pub atomic: bool,
    /// It frees the memory.
    pub frees: bool,
}

/// An access to some bytes of a word, in as little room as it takes: none where there are no bytes.
/// Two numbers, which are copied at once.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Known {
    /// How far the thread had come, and above that the step.
    when: u64,
    /// From the lowest bits on: the place (where there are several accesses, the list that holds
    /// them), the thread, the bytes, and what it does.
    what: u64,
}

const THREAD: u32 = 32;
const BYTES: u32 = 48;
const ALL_BYTES: u64 = 0xff << BYTES;
const WRITES: u64 = 1 << 56;
const ATOMIC: u64 = 1 << 57;
const FREES: u64 = 1 << 58;
/// Stands for several accesses.
const SEVERAL: u64 = 1 << 59;

impl Known {
    /// An access, the thread's operation of that number, to no bytes so far.
    #[inline]
    pub(super) fn new(touch: Touch, number: u32) -> Known {
        let flag = |it: bool, flag: u64| if it { flag } else { 0 };
        let thread = u16::try_from(touch.thread.0).unwrap_or(u16::MAX);
        Known {
            when: u64::from(touch.step) << 32 | u64::from(number),
            what: u64::from(touch.place)
                | u64::from(thread) << THREAD
                | flag(touch.writes, WRITES)
                | flag(touch.atomic, ATOMIC)
                | flag(touch.frees, FREES),
        }
    }

    /// Stands for a list.
    pub(super) fn several(list: usize) -> Known {
        Known {
            when: 0,
            what: list as u64 | ALL_BYTES | SEVERAL,
        }
    }

    pub(super) fn touch(&self) -> Touch {
        Touch {
            thread: self.thread(),
            step: (self.when >> 32) as u32,
            place: self.what as u32,
            writes: self.writes(),
            atomic: self.is_atomic(),
            frees: self.frees(),
        }
    }

    #[inline]
    pub(super) fn number(&self) -> u32 {
        self.when as u32
    }

    #[inline]
    pub(super) fn thread(&self) -> ThreadId {
        ThreadId(u32::from((self.what >> THREAD) as u16))
    }

    #[inline]
    pub(super) fn bytes(&self) -> u8 {
        (self.what >> BYTES) as u8
    }

    /// The same, to these bytes.
    #[inline]
    pub(super) fn to(self, bytes: u8) -> Known {
        Known {
            what: self.what & !ALL_BYTES | u64::from(bytes) << BYTES,
            ..self
        }
    }

    #[inline]
    pub(super) fn writes(&self) -> bool {
        self.what & WRITES != 0
    }

    #[inline]
    pub(super) fn is_atomic(&self) -> bool {
        self.what & ATOMIC != 0
    }

    #[inline]
    pub(super) fn frees(&self) -> bool {
        self.what & FREES != 0
    }

    /// The list of those that it stands for.
    #[inline]
    pub(super) fn list(&self) -> Option<usize> {
        (self.what & SEVERAL != 0).then_some(self.what as u32 as usize)
    }

    /// Whether another access is the same again, later: its thread has passed on nothing in
    /// between.
    #[inline]
    pub(super) fn repeats(&self, other: &Known) -> bool {
        self.number() == other.number() && self.what >> THREAD == other.what >> THREAD
    }
}
