//! Events, into the thread's own chunks.

use std::sync::atomic::Ordering;

use super::local::Local;
use crate::layout::*;

/// An event that is about to be written: the fields of the table of bytes, by name.
#[derive(Clone, Copy, Debug)]
pub struct NewEvent {
    /// What happened.
    pub kind: EventKind,
    /// The lowest bit, and for waits how it ended.
    pub flags: u8,
    /// The kind of a wait; what a polled task waits for.
    pub wait: u16,
    /// The object or thread.
    pub target: u32,
    /// Where in the source.
    pub place: u32,
    /// Who woke a wait, a queue's length, how many were notified.
    pub extra: u32,
    /// When it began.
    pub start: u64,
    /// When it ended.
    pub end: u64,
}

impl NewEvent {
    /// An event of which nothing is known yet but its kind.
    #[inline]
    pub const fn of(kind: EventKind) -> NewEvent {
        NewEvent::at(kind, 0)
    }

    /// An event of one moment.
    #[inline]
    pub const fn at(kind: EventKind, now: u64) -> NewEvent {
        NewEvent {
            kind,
            flags: 0,
            wait: 0,
            target: 0,
            place: 0,
            extra: 0,
            start: now,
            end: now,
        }
    }
}

impl Local {
    /// Writes one event; `None` if there was no room for it, and it was counted as lost.
    #[inline]
    pub fn event(&self, event: NewEvent) -> Option<EventRef> {
        self.count_event(matches!(event.kind, EventKind::Hold));
        if matches!(event.kind, EventKind::Send | EventKind::Spawn) {
            self.gives();
        }
        let (chunk, slot) = match (self.chunk.get(), self.slot.get()) {
            (Some(chunk), slot) if (slot as usize) < EVENTS_PER_CHUNK => (chunk, slot),
            _ => (self.next_chunk()?, 0),
        };
        write(chunk, slot, event);
        self.slot.set(slot + 1);
        let chunk = self.entry()?.last_chunk.load(Ordering::Relaxed);
        Some(EventRef::of(chunk, slot))
    }

    /// Whether `event` is the last one that the thread has written.
    pub(super) fn is_last(&self, event: u32) -> bool {
        let chunk = self.chunk.get().and(self.entry());
        let last = chunk.zip(self.slot.get().checked_sub(1));
        last.is_some_and(|(entry, slot)| {
            EventRef::of(entry.last_chunk.load(Ordering::Relaxed), slot).0 == event
        })
    }

    /// When something began that the thread has not written down, and within which it has written
    /// its last `count` events: no earlier than the first of these numbers, which is when all had
    /// ended that came before, and no later than the second.
    pub(super) fn around_last(&self, count: u32) -> (u64, u64) {
        let chunks = [(&self.chunk, self.slot.get()), (&self.previous, u32::MAX)];
        let events = chunks.into_iter().flat_map(|(chunk, written)| {
            let events = chunk.get().map_or(&[][..], |chunk| &chunk.events);
            events[..events.len().min(written as usize)].iter().rev()
        });
        let (mut latest, mut left) = (u64::MAX, count);
        for event in events {
            if left == 0 {
                return (event.end.load(Ordering::Relaxed), latest);
            }
            left -= 1;
            latest = latest.min(event.start.load(Ordering::Relaxed));
        }
        // More than is at hand: then it lies around what is.
        (if left == 0 { 0 } else { latest }, latest)
    }

    /// Makes another chunk the current one. `None`: there is none, and the event is counted as
    /// lost.
    #[cold]
    #[inline(never)]
    fn next_chunk(&self) -> Option<&'static Chunk> {
        let (layout, index) = (self.layout(), self.thread.get().0);
        let entry = self.entry().filter(|_| index != 0)?;
        let (first, last) = (
            entry.first_chunk.load(Ordering::Relaxed),
            entry.last_chunk.load(Ordering::Relaxed),
        );
        let sequence = match layout
            .chunks
            .get(last as usize)
            .filter(|_| last != 0 && self.chunk.get().is_some())
        {
            Some(full) => {
                full.closed_in.store(
                    layout.header.cell.load(Ordering::Relaxed),
                    Ordering::Relaxed,
                );
                full.first.load(Ordering::Relaxed) + u64::from(self.slot.get())
            }
            None => entry.events.load(Ordering::Relaxed),
        };
        let Some(next) = choose_chunk(layout, entry, first, last) else {
            entry.events.store(sequence + 1, Ordering::Relaxed);
            self.chunk.set(None);
            self.previous.set(None);
            return None;
        };
        let chunk = layout.chunks.get(next as usize)?;
        chunk.begin(index, entry.generation.load(Ordering::Relaxed), sequence);
        match layout
            .chunks
            .get(entry.last_chunk.load(Ordering::Relaxed) as usize)
        {
            Some(before) if entry.first_chunk.load(Ordering::Relaxed) != 0 => {
                before.next.store(next, Ordering::Relaxed)
            }
            _ => entry.first_chunk.store(next, Ordering::Relaxed),
        }
        entry.last_chunk.store(next, Ordering::Relaxed);
        entry.events.store(sequence, Ordering::Relaxed);
        self.previous.set(self.chunk.replace(Some(chunk)));
        self.slot.set(0);
        Some(chunk)
    }

    /// Frees this thread's chunks of earlier cells at once; for the thread that runs the cells.
    pub fn drop_old_chunks(&self) {
        let Some(entry) = self.entry() else {
            return;
        };
        let last = entry.last_chunk.load(Ordering::Relaxed);
        self.previous.set(None);
        self.layout()
            .give_chunks_back(entry.first_chunk.swap(last, Ordering::Relaxed), last);
        entry
            .chunk_count
            .store(u32::from(last != 0), Ordering::Relaxed);
    }

    /// How many events this thread has written, those included that were lost.
    pub fn events_written(&self) -> u64 {
        match (self.chunk.get(), self.entry()) {
            (Some(chunk), _) => chunk.first.load(Ordering::Relaxed) + u64::from(self.slot.get()),
            (None, Some(entry)) => entry.events.load(Ordering::Relaxed),
            (None, None) => 0,
        }
    }
}

#[inline]
fn write(chunk: &Chunk, slot: u32, event: NewEvent) {
    let Some(bytes) = chunk.events.get(slot as usize) else {
        return;
    };
    let what = u64::from(event.kind as u8)
        | u64::from(event.flags) << 8
        | u64::from(event.wait) << 16
        | u64::from(event.target) << 32;
    let place = u64::from(event.place) | u64::from(event.extra) << 32;
    bytes.what.store(what, Ordering::Relaxed);
    bytes.place.store(place, Ordering::Relaxed);
    bytes.start.store(event.start, Ordering::Relaxed);
    bytes.end.store(event.end, Ordering::Relaxed);
    chunk.count.store(slot + 1, Ordering::Release);
}

/// Which chunk a thread fills next, taken out of its chain if it was in it.
fn choose_chunk(layout: &Layout, entry: &ThreadEntry, first: u32, last: u32) -> Option<u32> {
    let owned = entry.chunk_count.load(Ordering::Relaxed);
    let next_of = |index: u32| {
        layout
            .chunks
            .get(index as usize)
            .map(|chunk| chunk.next.load(Ordering::Relaxed))
    };
    // The oldest, when all of it was written in an earlier cell.
    if first != last {
        let closed = layout
            .chunks
            .get(first as usize)?
            .closed_in
            .load(Ordering::Relaxed);
        if closed != layout.header.cell.load(Ordering::Relaxed) {
            entry.first_chunk.store(next_of(first)?, Ordering::Relaxed);
            return Some(first);
        }
    }
    if let Some(fresh) = layout.take_chunk(owned) {
        entry.chunk_count.store(owned + 1, Ordering::Relaxed);
        return Some(fresh);
    }
    // Its own second-oldest, so that the beginning and the end stay.
    match owned {
        0 => None,
        1 => {
            entry.first_chunk.store(0, Ordering::Relaxed);
            Some(first)
        }
        2 => {
            entry.last_chunk.store(first, Ordering::Relaxed);
            Some(last)
        }
        _ => {
            let second = next_of(first)?;
            layout
                .chunks
                .get(first as usize)?
                .next
                .store(next_of(second)?, Ordering::Relaxed);
            Some(second)
        }
    }
}
