//! What time it is, for who waits until a time.

use real::sync::atomic::{AtomicBool, Ordering};
use real::time::Instant;

use super::super::sync_point::is_controlled;

/// Whether somebody looks for a wait. One thread at a time runs in a controlled program.
static FOR_A_WAIT: AtomicBool = AtomicBool::new(false);

/// What time it is. A twin asks, and not the program: in a controlled program this is no step.
pub fn now_for_wait() -> Instant {
    if !is_controlled() {
        return Instant::now();
    }
    FOR_A_WAIT.store(true, Ordering::Relaxed);
    let now = Instant::now();
    FOR_A_WAIT.store(false, Ordering::Relaxed);
    now
}

/// Whether it is a twin that looks at the clock now, in a controlled program.
pub fn is_look_for_wait() -> bool {
    FOR_A_WAIT.load(Ordering::Relaxed)
}
