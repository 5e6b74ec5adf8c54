//! dashmap: the lock of each part of a map is ours, made and taken by who uses the map.

use super::edit::{Copied, Edit, line, text};

const LIB: &str = "lib.rs";

/// In all functions of a file that are public, or that such ones call.
const fn by_callers(file: &'static str, begin: &'static str, told: &'static str) -> Edit {
    line(file, (begin, ""), (told, ""))
}

pub(super) const COPIED: Copied = Copied {
    package: "dashmap",
    unless: &[],
    flags: &[],
    library: None,
    groups: &[],
    edits: &[
        Edit::File {
            file: "lock.rs",
            ours: "dashmap/lock.rs",
        },
        by_callers(LIB, "pub fn ", "#[track_caller] pub fn "),
        by_callers(LIB, "fn _", "#[track_caller] fn _"),
        by_callers(LIB, "unsafe fn _", "#[track_caller] unsafe fn _"),
        by_callers(LIB, "fn default() ", "#[track_caller] fn default() "),
        by_callers(LIB, "fn clone(&self) ", "#[track_caller] fn clone(&self) "),
        by_callers(LIB, "fn from_iter<", "#[track_caller] fn from_iter<"),
        by_callers("t.rs", "fn _", "#[track_caller] fn _"),
        by_callers("t.rs", "unsafe fn _", "#[track_caller] unsafe fn _"),
        by_callers("set.rs", "pub fn ", "#[track_caller] pub fn "),
        by_callers("set.rs", "fn default() ", "#[track_caller] fn default() "),
        by_callers("iter.rs", "fn next(", "#[track_caller] fn next("),
        by_callers("iter_set.rs", "fn next(", "#[track_caller] fn next("),
        text(
            LIB,
            "let shards = (0..shard_amount)",
            "let made = std::panic::Location::caller(); let shards = (0..shard_amount)",
        ),
        text(
            LIB,
            ".map(|_| CachePadded::new(RwLock::new(HashMap::with_capacity(cps))))",
            ".map(|_| CachePadded::new(RwLock::const_new(lock::RawRwLock::made_at(made), HashMap::with_capacity(cps))))",
        ),
        text(
            LIB,
            "let mut inner_shards = Vec::new();",
            "let mut inner_shards = Vec::new(); let made = std::panic::Location::caller();",
        ),
        text(
            LIB,
            "CachePadded::new(RwLock::new((*shard).clone()))",
            "CachePadded::new(RwLock::const_new(lock::RawRwLock::made_at(made), (*shard).clone()))",
        ),
    ],
};
