//! parking_lot: its mutex, reader–writer lock and condition variable are ours. Its `Once` is its
//! own.

use super::edit::{Copied, Edit};

const fn file(file: &'static str, ours: &'static str) -> Edit {
    Edit::File { file, ours }
}

/// A constructor that has the lock made by its caller.
const fn made_by_caller(file: &'static str, text: &'static str, instead: &'static str) -> Edit {
    Edit::Text {
        file,
        text,
        instead,
    }
}

pub(super) const COPIED: Copied = Copied {
    package: "parking_lot",
    // Then nobody knows which thread has a lock.
    unless: &["send_guard"],
    flags: &["--cfg=fearless_places"],
    edits: &[
        file("raw_mutex.rs", "parking_lot/raw_mutex.rs"),
        file("raw_rwlock.rs", "parking_lot/raw_rwlock.rs"),
        file("condvar.rs", "parking_lot/condvar.rs"),
        made_by_caller(
            "mutex.rs",
            "pub const fn const_mutex<",
            "#[track_caller]\npub const fn const_mutex<",
        ),
        made_by_caller(
            "mutex.rs",
            "Mutex::const_new(<RawMutex as lock_api::RawMutex>::INIT, val)",
            "Mutex::new(val)",
        ),
        made_by_caller(
            "rwlock.rs",
            "pub const fn const_rwlock<",
            "#[track_caller]\npub const fn const_rwlock<",
        ),
        made_by_caller(
            "rwlock.rs",
            "RwLock::const_new(<RawRwLock as lock_api::RawRwLock>::INIT, val)",
            "RwLock::new(val)",
        ),
    ],
};
