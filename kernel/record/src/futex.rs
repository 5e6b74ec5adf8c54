//! Sleeping on a word of the recording, and waking who sleeps there, also from the other process.
//!
//! The protocol of [`Wake`]. A waiter:
//!
//! 1. reads `word` and counts itself in `waiters`, in this order,
//! 2. looks whether what it waits for has happened,
//! 3. sleeps if `word` is still the same.
//!
//! A waker changes the state, reads `waiters`, and if somebody may sleep takes one off `waiters`,
//! changes `word` and wakes one. All accesses are sequentially consistent, so either the waiter
//! sees the state or the waker sees the waiter. Whose count is taken off before it sleeps has read
//! `word` before it changed, so that it does not sleep. A waiter never takes itself off: `waiters`
//! may be too high, which costs a futile call, and the waker then corrects it, but never too low.
//!
//! Of those who wait for a mutex one at a time is woken ([`Wake::wake_successor`]): who gives it
//! back while that one is on its way wakes nobody else, since it will look, and either sleep again
//! or give the mutex back itself, which wakes the next one. It says so ([`Wake::has_looked`]) once
//! it has the mutex, or before it announces itself again, or when it leaves.

use std::sync::atomic::{AtomicU32, Ordering, fence};
use std::time::Duration;

use crate::ids::ThreadSlot;
use crate::layout::{LOOKS, Wake};

impl Wake {
    /// Announces a waiter; returns the value to sleep on.
    #[inline]
    pub fn announce(&self) -> u32 {
        let seen = self.word.load(Ordering::SeqCst);
        self.waiters.fetch_add(1, Ordering::SeqCst);
        seen
    }

    /// Whether somebody may sleep here who is to be woken. To be called after the state was changed
    /// **by a sequentially consistent read-modify-write or followed by** [`order_wake`].
    #[inline]
    pub fn is_wanted(&self) -> bool {
        const { assert!(LOOKS.cast_signed() < 0) };
        self.waiters.load(Ordering::SeqCst).cast_signed() > 0
    }

    /// Whether somebody may wait here, asleep or on its way.
    #[inline]
    pub fn is_waited_on(&self) -> bool {
        self.waiters.load(Ordering::SeqCst) != 0
    }

    /// Wakes one of those who wait for a mutex, in the name of the thread `waker`, unless one is on
    /// its way.
    #[cold]
    #[inline(never)]
    pub fn wake_successor(&self, waker: ThreadSlot) {
        let order = Ordering::SeqCst;
        let one_less = |count: u32| (count.cast_signed() > 0).then(|| (count - 1) | LOOKS);
        while self.waiters.fetch_update(order, order, one_less).is_ok() {
            self.waker.store(waker.0, Ordering::Relaxed);
            self.word.fetch_add(1, order);
            if wake(&self.word, 1) {
                break;
            }
            // Who has not slept yet finds the word changed, and looks; but perhaps nobody was left
            // to do so, and who gave the mutex back meanwhile has relied on it: once more.
            self.has_looked();
        }
    }

    /// From here on another one may be woken for the mutex.
    #[inline]
    pub fn has_looked(&self) {
        if self.waiters.load(Ordering::SeqCst) & LOOKS != 0 {
            self.waiters.fetch_and(!LOOKS, Ordering::SeqCst);
        }
    }

    /// Wakes one waiter, in the name of the thread `waker`.
    #[cold]
    #[inline(never)]
    pub fn wake_one(&self, waker: ThreadSlot) {
        let taken = self
            .waiters
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |count| {
                (count & !LOOKS != 0).then(|| count - 1)
            });
        if taken.is_ok() {
            self.waker.store(waker.0, Ordering::Relaxed);
            self.word.fetch_add(1, Ordering::SeqCst);
            wake(&self.word, 1);
        }
    }

    /// Wakes all waiters, in the name of the thread `waker`.
    #[cold]
    #[inline(never)]
    pub fn wake_all(&self, waker: ThreadSlot) {
        self.waiters.store(0, Ordering::SeqCst);
        self.waker.store(waker.0, Ordering::Relaxed);
        self.word.fetch_add(1, Ordering::SeqCst);
        wake(&self.word, i32::MAX);
    }
}

/// Orders a change of state before [`Wake::is_wanted`]. Nothing on x86, where the change itself is
/// an atomic read-modify-write and therefore a full barrier.
#[inline]
pub fn order_wake() {
    if !cfg!(target_arch = "x86_64") {
        fence(Ordering::SeqCst);
    }
}

/// Sleeps until woken, or `timeout` is over, or at once if `word` is not `expected`. May also
/// return without a reason.
#[cfg(target_os = "linux")]
pub fn wait(word: &AtomicU32, expected: u32, timeout: Option<Duration>) {
    use crate::memory::Long;
    #[repr(C)]
    struct Timespec {
        seconds: i64,
        nanoseconds: Long,
    }
    let limit = timeout.map(|timeout| Timespec {
        // Longer than any process lives; keeps the conversion from overflowing.
        seconds: timeout.as_secs().min(1 << 40) as i64,
        nanoseconds: Long::from(timeout.subsec_nanos() as i32),
    });
    let limit = limit
        .as_ref()
        .map_or(std::ptr::null(), |limit| &raw const *limit);
    const FUTEX_WAIT: i32 = 0;
    // SAFETY: `word` is a valid, aligned word, `limit` null or a valid time; both live during the
    // call.
    unsafe { syscall(SYS_FUTEX, word.as_ptr(), FUTEX_WAIT, expected, limit) };
}

/// Wakes up to `count` of those who sleep on `word`; returns whether anybody did.
#[cfg(target_os = "linux")]
pub fn wake(word: &AtomicU32, count: i32) -> bool {
    const FUTEX_WAKE: i32 = 1;
    // SAFETY: `word` is a valid, aligned word; the call changes no memory.
    let woken = unsafe { syscall(SYS_FUTEX, word.as_ptr(), FUTEX_WAKE, count) };
    woken > 0
}

#[cfg(target_os = "linux")]
const SYS_FUTEX: crate::memory::Long = match () {
    () if cfg!(target_arch = "x86_64") => 202,
    () if cfg!(any(
        target_arch = "aarch64",
        target_arch = "riscv64",
        target_arch = "loongarch64"
    )) =>
    {
        98
    }
    () if cfg!(any(target_arch = "x86", target_arch = "arm")) => 240,
    () if cfg!(any(target_arch = "powerpc64", target_arch = "powerpc")) => 221,
    () if cfg!(target_arch = "s390x") => 238,
    () => panic!("the number of the futex system call on this architecture is unknown"),
};

#[cfg(target_os = "linux")]
unsafe extern "C" {
    fn syscall(number: crate::memory::Long, ...) -> crate::memory::Long;
}

/// Where there is no futex between processes: a short sleep.
#[cfg(not(target_os = "linux"))]
pub fn wait(word: &AtomicU32, expected: u32, timeout: Option<Duration>) {
    const SLICE: Duration = Duration::from_millis(1);
    if word.load(Ordering::SeqCst) == expected {
        std::thread::sleep(timeout.map_or(SLICE, |timeout| timeout.min(SLICE)));
    }
}

/// Where there is no futex between processes, sleepers look by themselves.
#[cfg(not(target_os = "linux"))]
pub fn wake(_word: &AtomicU32, _count: i32) -> bool {
    false
}
