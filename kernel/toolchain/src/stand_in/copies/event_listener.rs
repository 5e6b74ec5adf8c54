//! event-listener: who waits for an event stands in a list, under a lock that is held for a few
//! instructions. What is waited for is told by who has the event, as async-channel does.

use super::edit::{Copied, text};

pub(super) const COPIED: Copied = Copied {
    package: "event-listener",
    unless: &[],
    flags: &[],
    library: None,
    groups: &[],
    edits: &[text(
        "lib.rs",
        "pub(super) use std::sync::{Mutex, MutexGuard};",
        "pub(super) use std::of_crates::unrecorded::{Mutex, MutexGuard};",
    )],
};
