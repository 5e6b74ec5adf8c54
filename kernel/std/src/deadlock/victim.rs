//! Which threads may be made to unwind, and from where.
//!
//! The user's code is made for it: a panic may come from any call. Code of dependencies relies here
//! and there on a wait that returns: what it has lent to other threads lies on the stack that would
//! be unwound.

use real::prelude::rust_2024::*;
use real::sync::atomic::Ordering;

use record::layout::{FLAG_DEPENDENCY, Layout, ThreadEntry};
use record::snapshot::is_of_rust;

/// From where a thread can be made to unwind, best first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum UnwindsFrom {
    /// It waits in the user's code.
    UserCode,
    /// A thread of the user's waits in a dependency's code.
    Dependency,
}

/// Files whose waiting threads have lent their stack to others: the jobs of a pool, the borrows of
/// a scope. The beginning of the package's folder, and of the file within it.
const LENDERS: [(&str, &str); 3] = [
    ("/rayon-core-", "/src/"),
    ("/crossbeam-utils-", "/src/thread.rs"),
    ("/scoped_threadpool-", "/src/"),
];

/// Whether the thread of `entry` can be made to unwind at the source place `at`, and from what;
/// `None`: not at all.
pub fn may_unwind_at(layout: &Layout, entry: &ThreadEntry, at: u32) -> Option<UnwindsFrom> {
    let place = layout.locations.get(at as usize);
    let Some(place) = place.filter(|place| place.dependency.load(Ordering::Relaxed) != 0) else {
        return Some(UnwindsFrom::UserCode);
    };
    let is_theirs = entry.flags.load(Ordering::Relaxed) & FLAG_DEPENDENCY != 0;
    let file = layout.text(place.file.load(Ordering::Relaxed));
    if is_theirs || lends_its_stack(&file) {
        None
    } else if is_of_rust(&file) {
        // The user's `.map(JoinHandle::join)`.
        Some(UnwindsFrom::UserCode)
    } else {
        Some(UnwindsFrom::Dependency)
    }
}

fn lends_its_stack(file: &str) -> bool {
    LENDERS.iter().any(|(package, path)| {
        file.split_once(package)
            .and_then(|(_, rest)| rest.find('/').map(|at| &rest[at..]))
            .is_some_and(|within| within.starts_with(path))
    })
}
