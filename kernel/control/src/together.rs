//! What two processes know of each other that share a search.

use std::ffi::c_void;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicPtr, AtomicU64};

use explore::Lanes;

/// What both processes know. It lies in memory that they share.
pub struct Together {
    /// The other process is wanted.
    pub wanted: AtomicBool,
    /// Its number; 0 while there is none.
    pub other: AtomicI32,
    /// Of each lane: all of its runs before this number are done, and did not fail.
    pub done: [AtomicU64; Lanes::COUNT],
    /// Of each lane: the number of the run that failed.
    pub failed: [AtomicU64; Lanes::COUNT],
    /// Its explorer, when it has done its lane.
    pub left: AtomicPtr<c_void>,
}

impl Together {
    /// Nothing was done so far.
    pub fn new() -> Together {
        Together {
            wanted: AtomicBool::new(false),
            other: AtomicI32::new(0),
            done: [const { AtomicU64::new(0) }; Lanes::COUNT],
            failed: [const { AtomicU64::new(u64::MAX) }; Lanes::COUNT],
            left: AtomicPtr::new(ptr::null_mut()),
        }
    }
}
