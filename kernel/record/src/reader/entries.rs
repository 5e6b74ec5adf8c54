//! Looking at single words of a recording, and at the entries that are in use.

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use crate::layout::*;
use crate::snapshot::ObjectKind;

pub fn word(at: &AtomicU32) -> u32 {
    at.load(Ordering::Relaxed)
}

pub fn long(at: &AtomicU64) -> u64 {
    at.load(Ordering::Relaxed)
}

/// All threads' entries that are in use, with their indices.
pub fn threads_in_use(layout: &Layout) -> impl Iterator<Item = (u32, &ThreadEntry)> {
    let used = layout.threads_used();
    (1..=used)
        .map(|index| (index as u32, &layout.threads[index]))
        .filter(|(_, entry)| {
            (THREAD_ALIVE..=THREAD_PANICKED).contains(&entry.state.load(Ordering::Acquire))
        })
}

/// All objects' entries that are in use, with their indices.
pub fn objects_in_use(layout: &Layout) -> impl Iterator<Item = (u32, &ObjectEntry)> {
    let used = (layout.header.objects_used.load(Ordering::Acquire) as usize).min(OBJECTS - 1);
    (1..=used)
        .map(|index| (index as u32, &layout.objects[index]))
        .filter(|(_, entry)| kind(entry.kind.load(Ordering::Acquire)).is_some())
}

/// A kind of object by its number.
pub fn kind(number: u32) -> Option<ObjectKind> {
    Some(match number {
        1 => ObjectKind::Mutex,
        2 => ObjectKind::RwLock,
        3 => ObjectKind::Channel,
        4 => ObjectKind::SyncChannel,
        5 => ObjectKind::Condvar,
        6 => ObjectKind::Barrier,
        7 => ObjectKind::Once,
        8 => ObjectKind::OnceLock,
        9 => ObjectKind::LazyLock,
        10 => ObjectKind::Stdio,
        11 => ObjectKind::TokioMutex,
        12 => ObjectKind::TokioRwLock,
        13 => ObjectKind::TokioSemaphore,
        14 => ObjectKind::TokioBarrier,
        32 => ObjectKind::TokioChannel,
        33 => ObjectKind::TokioUnboundedChannel,
        34 => ObjectKind::TokioOneshot,
        35 => ObjectKind::TokioBroadcast,
        36 => ObjectKind::TokioWatch,
        37 => ObjectKind::TokioNotify,
        _ => return None,
    })
}
