//! The pulse, by which runs notice that time has passed (see `runs.rs`).

use std::sync::atomic::Ordering;
use std::time::Duration;

use crate::futex;
use crate::layout::{Layout, TICKER_SLEEPS, TICKING};

impl Layout {
    /// Ends all runs: their next uses are timed.
    pub fn end_runs(&self) {
        self.header.pulse.fetch_add(1, Ordering::SeqCst);
    }
}

/// Whether the pulse changes every millisecond; has it do so from some moment on, if it does not.
pub(super) fn ticker_runs(layout: &Layout) -> bool {
    let header = &layout.header;
    // In this order, as the ticker looks the other way round before it falls asleep.
    if header.needs_ticks.load(Ordering::Relaxed) == 0 {
        header.needs_ticks.swap(1, Ordering::SeqCst);
    }
    match header.ticking.load(Ordering::SeqCst) {
        TICKING => true,
        TICKER_SLEEPS => {
            wake_ticker(layout);
            false
        }
        _ => false,
    }
}

#[cold]
fn wake_ticker(layout: &Layout) {
    let ticking = &layout.header.ticking;
    if ticking
        .compare_exchange(TICKER_SLEEPS, 0, Ordering::SeqCst, Ordering::Relaxed)
        .is_ok()
    {
        futex::wake(ticking, 1);
    }
}

/// Starts the ticker. It is a thread of the recorder's own, and does not act on anything of the user's.
pub fn start_ticker(layout: &'static Layout) {
    /// Milliseconds without need before it falls asleep.
    const PATIENCE: u32 = 50;
    let body = move || {
        let header = &layout.header;
        loop {
            header.ticking.store(TICKING, Ordering::SeqCst);
            let mut idle = 0;
            while idle < PATIENCE {
                std::thread::sleep(Duration::from_millis(1));
                layout.end_runs();
                let needed = header.needs_ticks.swap(0, Ordering::SeqCst) != 0;
                idle = if needed { 0 } else { idle + 1 };
            }
            header.ticking.store(TICKER_SLEEPS, Ordering::SeqCst);
            // Who saw it awake a moment ago has said so before; who says so from here on sees it asleep.
            if header.needs_ticks.load(Ordering::SeqCst) != 0 {
                continue;
            }
            while header.ticking.load(Ordering::SeqCst) == TICKER_SLEEPS {
                futex::wait(&header.ticking, TICKER_SLEEPS, None);
            }
        }
    };
    // Without it every use is timed, which is slower and nothing else.
    let _ = std::thread::Builder::new()
        .name(String::from("fearless-ticker"))
        .stack_size(64 << 10)
        .spawn(body);
}
