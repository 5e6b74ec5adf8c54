//! Whether somebody acts in the process whom the recording doesn't know.

use std::collections::BTreeSet;
use std::fs;
use std::sync::atomic::Ordering;

use super::entries::word;
use crate::layout::Header;
use crate::snapshot::Thread;

/// For how long after its end a thread may still be listed by the system.
const GOING_NS: u64 = 200_000_000;

/// Whether there is a thread, or may be a task, that isn't recorded. Of a process that is gone,
/// what was true when this was asked last.
pub fn others_may_act(header: &Header, threads: &[Thread], wall_ns: u64) -> bool {
    let is_there = |thread: &&Thread| {
        thread
            .end_ns
            .is_none_or(|end| end.saturating_add(GOING_NS) >= wall_ns)
    };
    let known: BTreeSet<u32> = threads
        .iter()
        .filter(is_there)
        .map(|it| it.os_tid)
        .collect();
    if let Some(all) = threads_of(word(&header.pid)) {
        let unknown = all.iter().filter(|thread| !known.contains(thread)).count();
        let is_unseen = unknown > word(&header.helpers) as usize;
        header
            .threads_unseen
            .store(u32::from(is_unseen), Ordering::Relaxed);
    }
    word(&header.threads_unseen) != 0 || word(&header.tasks_unseen) != 0
}

/// The ids of all threads of a process; `None` where the system does not tell.
fn threads_of(process: u32) -> Option<Vec<u32>> {
    let threads = fs::read_dir(format!("/proc/{process}/task")).ok()?;
    threads
        .map(|thread| thread.ok()?.file_name().to_str()?.parse().ok())
        .collect()
}
