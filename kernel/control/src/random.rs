//! What is random in a run: the same in each.

use std::sync::atomic::{AtomicU64, Ordering};

const SEED: u64 = 0x5eed_0ffe_a51e_5500;

static STATE: AtomicU64 = AtomicU64::new(SEED);

/// A run begins.
pub fn reset() {
    STATE.store(SEED, Ordering::Relaxed);
}

/// Fills with the next bytes.
pub fn fill(bytes: &mut [u8]) {
    for part in bytes.chunks_mut(8) {
        part.copy_from_slice(&next().to_le_bytes()[..part.len()]);
    }
}

fn next() -> u64 {
    // Splitmix (Steele, Lea, Flood 2014).
    const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
    let state = STATE.fetch_add(STEP, Ordering::Relaxed).wrapping_add(STEP);
    let mixed = (state ^ state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ mixed >> 31
}
