//! The cell that is read, and ticks of the clock as nanoseconds.

/// Which cell is read, and how ticks become nanoseconds since it began.
#[derive(Clone, Copy)]
pub struct Times {
    /// The cell that is read.
    pub cell: u32,
    pub begin: u64,
    /// When the cell ended, or the present while it runs.
    pub now: u64,
    /// Whether the cell has ended.
    pub ended: bool,
    pub ns_per_tick: f64,
}

impl Times {
    /// A moment, clamped to the cell.
    pub fn moment(&self, ticks: u64) -> u64 {
        self.span(ticks.clamp(self.begin, self.now.max(self.begin)) - self.begin)
    }

    /// Whether a moment lies after the end of the cell.
    pub fn is_after(&self, ticks: u64) -> bool {
        self.ended && ticks > self.now
    }

    /// A length of time.
    pub fn span(&self, ticks: u64) -> u64 {
        (ticks as f64 * self.ns_per_tick) as u64
    }

    /// How long it has been since `since`.
    pub fn ongoing(&self, since: u64) -> u64 {
        self.now.saturating_sub(since)
    }
}
