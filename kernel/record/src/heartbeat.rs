//! The heartbeat, by which sampled runs notice that time has passed (see `writer/sampled.rs`).
//!
//! The kernel's process sees to it, not the cell's: one more thread there would make each thread
//! that a cell starts dearer, and be found by whoever lists them. Without a kernel there is no
//! heartbeat, and every use is timed.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::sleep;
use std::time::Duration;

use crate::futex;
use crate::layout::{Header, Layout, TICKER_SLEEPS, TICKING};
use crate::memory::Mapping;

impl Layout {
    /// Ends all sampled runs: their next uses are timed.
    pub fn end_sampled_runs(&self) {
        self.header.heartbeat.fetch_add(1, Ordering::SeqCst);
    }

    /// Whether the heartbeat changes every millisecond; has it do so from some moment on, if it
    /// does not.
    pub fn has_heartbeat(&self) -> bool {
        let header = &self.header;
        // In this order, as the ticker looks the other way round before it falls asleep.
        if header.needs_ticks.load(Ordering::Relaxed) == 0 {
            header.needs_ticks.swap(1, Ordering::SeqCst);
        }
        match header.ticking.load(Ordering::SeqCst) {
            TICKING => true,
            TICKER_SLEEPS => {
                wake(header);
                false
            }
            _ => false,
        }
    }
}

#[cold]
fn wake(header: &Header) {
    let woken =
        header
            .ticking
            .compare_exchange(TICKER_SLEEPS, 0, Ordering::SeqCst, Ordering::Relaxed);
    if woken.is_ok() {
        futex::wake(&header.ticking, 1);
    }
}

/// A thread that changes a recording's heartbeat every millisecond while somebody needs that, until
/// this is dropped.
#[derive(Debug)]
pub struct Ticker {
    mapping: Arc<Mapping>,
    stop: Arc<AtomicBool>,
}

impl Ticker {
    /// Starts the thread.
    ///
    /// # Errors
    ///
    /// When the system has no room for it.
    pub fn start(mapping: Arc<Mapping>) -> io::Result<Ticker> {
        let ticker = Ticker {
            mapping,
            stop: Arc::new(AtomicBool::new(false)),
        };
        ticker.begin();
        let (mapping, stop) = (Arc::clone(&ticker.mapping), Arc::clone(&ticker.stop));
        std::thread::Builder::new()
            .name(String::from("recording heartbeat"))
            .stack_size(64 << 10)
            .spawn(move || run(mapping.layout(), &stop))?;
        Ok(ticker)
    }

    /// Says in a recording that was emptied that there is a ticker.
    pub fn begin(&self) {
        let header = &self.mapping.layout().header;
        header.ticking.store(TICKER_SLEEPS, Ordering::SeqCst);
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        let header = &self.mapping.layout().header;
        header.ticking.store(0, Ordering::SeqCst);
        futex::wake(&header.ticking, 1);
    }
}

fn run(layout: &Layout, stop: &AtomicBool) {
    let header = &layout.header;
    /// Milliseconds without need before it falls asleep.
    const PATIENCE: u32 = 50;
    /// User code may write anything into the recording: so long after `stop` it ends in any case.
    const LOOK_AGAIN: Duration = Duration::from_secs(60);
    while !stop.load(Ordering::SeqCst) {
        header.ticking.store(TICKER_SLEEPS, Ordering::SeqCst);
        // Who saw it awake a moment ago has said so before; who says so from here on sees it
        // asleep.
        while header.needs_ticks.load(Ordering::SeqCst) == 0
            && header.ticking.load(Ordering::SeqCst) == TICKER_SLEEPS
            && !stop.load(Ordering::SeqCst)
        {
            futex::wait(&header.ticking, TICKER_SLEEPS, Some(LOOK_AGAIN));
        }
        header.ticking.store(TICKING, Ordering::SeqCst);
        let mut idle = 0;
        while idle < PATIENCE && !stop.load(Ordering::SeqCst) {
            sleep(Duration::from_millis(1));
            layout.end_sampled_runs();
            let needed = header.needs_ticks.swap(0, Ordering::SeqCst) != 0;
            idle = if needed { 0 } else { idle + 1 };
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;
    use crate::Region;

    #[test]
    fn the_pulse_comes_when_it_is_needed_and_ends_with_the_region() {
        let region = Region::create().expect("a recording");
        let layout = region.layout();
        let patience = Instant::now() + Duration::from_secs(20);
        for emptied in [false, true] {
            if emptied {
                region.reset();
            }
            let before = layout.header.heartbeat.load(Ordering::SeqCst);
            while !layout.has_heartbeat()
                || layout.header.heartbeat.load(Ordering::SeqCst) < before + 3
            {
                assert!(Instant::now() < patience, "no heartbeat");
                sleep(Duration::from_millis(1));
            }
            while layout.header.ticking.load(Ordering::SeqCst) != TICKER_SLEEPS {
                assert!(
                    Instant::now() < patience,
                    "the heartbeat goes on though nobody needs it"
                );
                sleep(Duration::from_millis(1));
            }
        }
        let mapping = region.mapping();
        drop(region);
        while Arc::strong_count(&mapping) > 1 {
            assert!(Instant::now() < patience, "the thread has not ended");
            sleep(Duration::from_millis(1));
        }
    }
}
