//! What an operation has to heed besides its own recording: one word of the header, the only one
//! that every operation reads.

use std::sync::atomic::Ordering;

use crate::layout::Layout;

/// A set of flags, in `Header::attention`. None: everything is recorded, and nothing else happens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attention(u32);

impl Attention {
    /// A cell is being stopped: see `Header::cancel_cell`.
    pub const STOP: Attention = Attention(1);
    /// Only counters are wanted: nothing is timed, and no events are written.
    pub const COUNTS_ONLY: Attention = Attention(2);
    /// A scheduler decides which thread goes on at each operation. No sampled run begins.
    pub const CONTROLLED: Attention = Attention(4);

    /// Whether all flags of `flags` are set.
    #[inline(always)]
    pub const fn has(self, flags: Attention) -> bool {
        self.0 & flags.0 == flags.0
    }

    /// Whether an operation may have to do something before it is done: stop, or wait for its turn.
    #[inline(always)]
    pub const fn interrupts(self) -> bool {
        self.0 & (Attention::STOP.0 | Attention::CONTROLLED.0) != 0
    }
}

impl Layout {
    /// The flags, for a decision that may come a little late.
    #[inline(always)]
    pub fn attention(&self) -> Attention {
        Attention(self.header.attention.load(Ordering::Relaxed))
    }

    /// The flags, after which everything is seen that was written before they were set.
    #[inline]
    pub fn attention_in_order(&self) -> Attention {
        Attention(self.header.attention.load(Ordering::SeqCst))
    }

    /// Sets or clears `flags`, and ends all sampled runs, which rely on them.
    pub fn set_attention(&self, flags: Attention, on: bool) {
        let word = &self.header.attention;
        if on {
            word.fetch_or(flags.0, Ordering::SeqCst);
        } else {
            word.fetch_and(!flags.0, Ordering::SeqCst);
        }
        self.end_sampled_runs();
    }
}
