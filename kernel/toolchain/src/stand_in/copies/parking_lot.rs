//! parking_lot: its mutex, reader–writer lock and condition variable are ours. Its `Once` is its
//! own.

use super::edit::{Copied, Edit, text};

const fn file(file: &'static str, ours: &'static str) -> Edit {
    Edit::File { file, ours }
}

pub(super) const COPIED: Copied = Copied {
    package: "parking_lot",
    // Then nobody knows which thread has a lock.
    unless: &["send_guard"],
    flags: &["--cfg=fearless_places"],
    library: None,
    groups: &[],
    edits: &[
        file("raw_mutex.rs", "parking_lot/raw_mutex.rs"),
        file("raw_rwlock.rs", "parking_lot/raw_rwlock.rs"),
        file("condvar.rs", "parking_lot/condvar.rs"),
        // A fair one is such a mutex.
        text(
            "raw_fair_mutex.rs",
            "const INIT: Self = RawFairMutex(<RawMutex as lock_api::RawMutex>::INIT);",
            "const INIT: Self = RawFairMutex(<RawMutex as lock_api::RawMutex>::INIT); \
             const CREATED: usize = core::mem::offset_of!(RawFairMutex, 0) + \
             <RawMutex as lock_api::RawMutex>::CREATED;",
        ),
        // Made by the caller.
        text(
            "fair_mutex.rs",
            "pub const fn const_fair_mutex<",
            "#[track_caller]\npub const fn const_fair_mutex<",
        ),
        text(
            "fair_mutex.rs",
            "FairMutex::const_new(<RawFairMutex as lock_api::RawMutex>::INIT, val)",
            "FairMutex::new(val)",
        ),
        text(
            "mutex.rs",
            "pub const fn const_mutex<",
            "#[track_caller]\npub const fn const_mutex<",
        ),
        text(
            "mutex.rs",
            "Mutex::const_new(<RawMutex as lock_api::RawMutex>::INIT, val)",
            "Mutex::new(val)",
        ),
        text(
            "rwlock.rs",
            "pub const fn const_rwlock<",
            "#[track_caller]\npub const fn const_rwlock<",
        ),
        text(
            "rwlock.rs",
            "RwLock::const_new(<RawRwLock as lock_api::RawRwLock>::INIT, val)",
            "RwLock::new(val)",
        ),
    ],
};
