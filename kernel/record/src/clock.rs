//! Timestamps that cost a few nanoseconds and compare between threads and processes.
//!
//! On x86-64 with an invariant timestamp counter, and on aarch64, the processor's counter is read;
//! elsewhere the system's monotonic clock. The kernel decides which and writes it into the header;
//! the cell process follows. Only the reader turns ticks into nanoseconds, with a rate that it
//! measures itself, over the whole life of the recording, so that nothing in the cell process can
//! falsify it.

use std::ffi::{c_int, c_long};
use std::sync::atomic::{AtomicU32, Ordering};

/// `Header::clock`: the system's monotonic clock, in nanoseconds.
pub const MONOTONIC: u32 = 0;
/// `Header::clock`: the processor's counter.
pub const COUNTER: u32 = 1;

static CHOSEN: AtomicU32 = AtomicU32::new(MONOTONIC);

/// Which clock this machine should use.
pub fn best() -> u32 {
    if counter_is_invariant() {
        COUNTER
    } else {
        MONOTONIC
    }
}

/// Makes [`now`] use `clock`.
pub fn choose(clock: u32) {
    CHOSEN.store(clock, Ordering::Relaxed);
}

/// The time, in ticks of the chosen clock.
#[inline]
pub fn now() -> u64 {
    read(CHOSEN.load(Ordering::Relaxed))
}

/// The time, in ticks of `clock`.
#[inline]
pub fn read(clock: u32) -> u64 {
    #[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
    if clock == COUNTER {
        return counter();
    }
    let _ = clock;
    monotonic_ns()
}

#[cfg(target_arch = "x86_64")]
#[inline]
fn counter() -> u64 {
    // SAFETY: every x86-64 processor has the instruction.
    unsafe { std::arch::x86_64::_rdtsc() }
}

#[cfg(target_arch = "aarch64")]
#[inline]
fn counter() -> u64 {
    let ticks: u64;
    // SAFETY: reads a register that user code may read; touches no memory.
    unsafe {
        std::arch::asm!("mrs {}, cntvct_el0", out(reg) ticks, options(nomem, nostack, preserves_flags))
    };
    ticks
}

/// Whether the counter runs at one rate on all processors, whatever they do.
fn counter_is_invariant() -> bool {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::__cpuid;
        const ADVANCED_POWER_MANAGEMENT: u32 = 0x8000_0007;
        const INVARIANT_TSC: u32 = 1 << 8;
        if __cpuid(0x8000_0000).eax < ADVANCED_POWER_MANAGEMENT
            || __cpuid(ADVANCED_POWER_MANAGEMENT).edx & INVARIANT_TSC == 0
        {
            return false;
        }
        // Linux watches the counters of all processors against each other and gives the counter up
        // when they drift; then we do too.
        match std::fs::read_to_string(
            "/sys/devices/system/clocksource/clocksource0/available_clocksource",
        ) {
            Ok(sources) => sources.split_whitespace().any(|source| source == "tsc"),
            Err(_) => true,
        }
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        cfg!(target_arch = "aarch64")
    }
}

/// The system's monotonic clock, in nanoseconds.
pub fn monotonic_ns() -> u64 {
    const CLOCK_MONOTONIC: c_int = if cfg!(target_os = "macos") { 6 } else { 1 };
    system_clock(CLOCK_MONOTONIC)
}

/// One of the system's clocks by its number, in nanoseconds; 0 if there is none.
pub(crate) fn system_clock(clock: c_int) -> u64 {
    #[repr(C)]
    struct Timespec {
        seconds: i64,
        nanoseconds: c_long,
    }
    unsafe extern "C" {
        fn clock_gettime(clock: c_int, time: *mut Timespec) -> c_int;
    }
    let mut time = Timespec {
        seconds: 0,
        nanoseconds: 0,
    };
    // SAFETY: `time` is a valid place for the result.
    unsafe { clock_gettime(clock, &mut time) };
    time.seconds as u64 * 1_000_000_000 + time.nanoseconds as u64
}

/// Measures the rate of a clock against the system's.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    clock: u32,
    ticks: u64,
    ns: u64,
}

impl Rate {
    /// Begins to measure.
    pub fn start(clock: u32) -> Rate {
        let (ticks, ns) = both(clock);
        Rate { clock, ticks, ns }
    }

    /// The clock that is measured.
    pub fn clock(&self) -> u32 {
        self.clock
    }

    /// Nanoseconds per tick, measured since [`Rate::start`]; waits until that is exact enough.
    pub fn ns_per_tick(&self) -> f64 {
        if self.clock == MONOTONIC {
            return 1.0;
        }
        const LONG_ENOUGH_NS: u64 = 20_000_000;
        loop {
            let (ticks, ns) = both(self.clock);
            let ns = ns.saturating_sub(self.ns);
            let ticks = ticks.saturating_sub(self.ticks);
            if ns >= LONG_ENOUGH_NS && ticks > 0 {
                return ns as f64 / ticks as f64;
            }
            std::thread::sleep(std::time::Duration::from_nanos(
                LONG_ENOUGH_NS.saturating_sub(ns).max(1),
            ));
        }
    }
}

/// A clock and the system's at one moment. Where the thread lost its core between the two looks,
/// the two are of different moments, and every time of the recording would be wrong by a share: so
/// the closest of some looks counts.
fn both(clock: u32) -> (u64, u64) {
    const LOOKS: usize = 8;
    let looks = (0..LOOKS).map(|_| {
        let before = read(clock);
        let ns = monotonic_ns();
        let between = read(clock).saturating_sub(before);
        (between, before + between / 2, ns)
    });
    let (_, ticks, ns) = looks.min().unwrap_or_default();
    (ticks, ns)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_agree_with_the_system_clock() {
        let rate = Rate::start(best());
        let per_tick = rate.ns_per_tick();
        let (ticks, ns) = both(best());
        std::thread::sleep(std::time::Duration::from_millis(30));
        let (later_ticks, later_ns) = both(best());
        let (ticks, ns) = (later_ticks - ticks, later_ns - ns);
        let error = (ticks as f64 * per_tick - ns as f64).abs() / ns as f64;
        assert!(error < 0.002, "{error}");
    }

    #[test]
    fn time_does_not_run_backwards_between_threads() {
        choose(best());
        let before = now();
        let inside = std::thread::spawn(now).join().expect("reads the clock");
        assert!(before <= inside && inside <= now());
    }
}
