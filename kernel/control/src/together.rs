//! What two processes know of each other that share a search.

use std::ffi::c_void;
use std::ptr;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicPtr, AtomicU32, AtomicU64, Ordering};

use explore::Lanes;

use crate::system;

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
    /// Which lane's run uses something outside of its process, from 1 on; 0: none.
    pub outside: AtomicU32,
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
            outside: AtomicU32::new(0),
            left: AtomicPtr::new(ptr::null_mut()),
        }
    }

    /// A run of this lane is about to use something outside of its process: files and sockets of
    /// two runs would meet. Returns when no other run does so.
    pub fn enter_outside(&self, lane: usize) {
        let (free, mine) = (0, lane as u32 + 1);
        while let Err(held) =
            self.outside
                .compare_exchange(free, mine, Ordering::SeqCst, Ordering::SeqCst)
            && held != mine
        {
            system::sleep_a_while(&self.outside, held);
        }
    }

    /// A process of this lane has ended, and with it what its run used.
    pub fn leave_outside(&self, lane: usize) {
        let mine = lane as u32 + 1;
        let left = self
            .outside
            .compare_exchange(mine, 0, Ordering::SeqCst, Ordering::SeqCst);
        if left.is_ok() {
            system::wake_other(&self.outside);
        }
    }
}
