//! How fast and how much is published.

use std::time::{Duration, Instant};

/// How much text reaches the front ends.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Bytes of text a request may print; `None` for no limit.
    pub text: Option<u64>,
    /// Bytes of messages a second; `None` for no limit. jupyter_server discards output for a
    /// while when it gets more than 1 MB or 1,000 messages a second, averaged over 3 s.
    pub rate: Option<f64>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            text: Some(16 << 20),
            rate: Some(800_000.0),
        }
    }
}

/// Messages a second, under jupyter_server's 1,000.
pub(super) const MESSAGE_RATE: f64 = 800.0;

/// Seconds of both rates that may be spent at once: burst and 3 s of rate stay under the limits.
const BURST: f64 = 0.6;

/// A token bucket; overdrawn by what can't be split.
pub(super) struct Bucket {
    rate: f64,
    tokens: f64,
    at: Instant,
}

impl Bucket {
    /// Full, with so much a second; infinity for no limit.
    pub(super) fn new(rate: f64, now: Instant) -> Self {
        Self {
            rate,
            tokens: rate * BURST,
            at: now,
        }
    }

    fn refill(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.at).as_secs_f64();
        self.tokens = (self.tokens + passed * self.rate).min(self.rate * BURST);
        self.at = now;
    }

    /// Takes what was sent.
    pub(super) fn spend(&mut self, amount: f64, now: Instant) {
        if self.rate.is_finite() {
            self.refill(now);
            // One picture of many megabytes is not to silence the next minute.
            self.tokens = (self.tokens - amount).max(-3.0 * self.rate);
        }
    }

    /// How long to wait before more may be sent.
    pub(super) fn delay(&mut self, now: Instant) -> Duration {
        if self.rate.is_infinite() {
            return Duration::ZERO;
        }
        self.refill(now);
        Duration::from_secs_f64((-self.tokens / self.rate).max(0.0))
    }
}
