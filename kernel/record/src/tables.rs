//! Giving out and taking back entries of the recording's tables, without locks. For the cell
//! process.
//!
//! Entries are given out from a list of free ones, or else from the part of the table that was
//! never used. They are taken back only between cells ([`Layout::recycle`]), so that a reader who
//! looks at the end of a cell finds everything that lived in it.

mod jobs;

use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use crate::ids::{TaskSlot, ThreadSlot};
use crate::layout::*;
use crate::memory;

/// One thread may fill so many chunks before it reuses its own.
const CHUNKS_PER_THREAD: u32 = 256;
/// So many chunks are kept back for threads that have none yet.
const CHUNKS_FOR_NEW_THREADS: u32 = 12_288;

/// Takes the head off a list whose links `next` gives; `None` when it is empty.
fn pop(head: &AtomicU64, next: impl Fn(u32) -> Option<u32>) -> Option<u32> {
    let mut seen = head.load(Ordering::Acquire);
    loop {
        let index = seen as u32;
        let after = next(index).filter(|_| index != 0)?;
        let changed = (seen >> 32).wrapping_add(1) << 32 | u64::from(after);
        match head.compare_exchange_weak(seen, changed, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => return Some(index),
            Err(now) => seen = now,
        }
    }
}

/// Puts `index` at the head of a list.
fn push(head: &AtomicU64, index: u32, link: &AtomicU32) {
    let mut seen = head.load(Ordering::Acquire);
    loop {
        link.store(seen as u32, Ordering::Relaxed);
        let changed = (seen >> 32).wrapping_add(1) << 32 | u64::from(index);
        match head.compare_exchange_weak(seen, changed, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => return,
            Err(now) => seen = now,
        }
    }
}

/// Takes the next of the entries 1, 2, … of a table that was never used.
fn take_unused<T>(used: &AtomicU32, table: &[T]) -> Option<u32> {
    /// So many bytes are made resident at once, once entries are taken one after the other.
    const AHEAD: usize = 32 << 10;
    let index = used
        .fetch_update(Ordering::AcqRel, Ordering::Acquire, |used| {
            ((used as usize) + 1 < table.len()).then_some(used + 1)
        })
        .ok()?
        + 1;
    let entries = AHEAD / size_of::<T>();
    let next = index as usize + 1;
    if next.is_multiple_of(entries)
        && let Some(ahead) = table.get(next..next + entries)
    {
        memory::make_resident(ahead);
    }
    Some(index)
}

impl Layout {
    /// A thread's entry, zeroed but for its generation.
    pub fn take_thread(&self) -> Option<(ThreadSlot, &ThreadEntry)> {
        let header = &self.header;
        let index = pop(&header.free_threads, |at| {
            Some(self.threads.get(at as usize)?.next.load(Ordering::Relaxed))
        })
        .or_else(|| take_unused(&header.threads_used, &self.threads))?;
        let entry = self.threads.get(index as usize)?;
        entry.generation.fetch_add(1, Ordering::Relaxed);
        for word in [
            &entry.cell,
            &entry.ordinal,
            &entry.os_tid,
            &entry.flags,
            &entry.parent,
            &entry.spawned_at,
            &entry.phase,
            &entry.wait_on,
            &entry.verdict,
            &entry.first_chunk,
            &entry.last_chunk,
            &entry.chunk_count,
            &entry.name_length,
            &entry.held_beyond,
        ] {
            word.store(0, Ordering::Relaxed);
        }
        for word in [
            &entry.start,
            &entry.end,
            &entry.cpu_ns,
            &entry.scope,
            &entry.wait_scope,
            &entry.lines,
            &entry.events,
            &entry.events_before,
        ]
        .into_iter()
        .chain(&entry.blocked)
        {
            word.store(0, Ordering::Relaxed);
        }
        for held in &entry.held {
            held.object.store(0, Ordering::Relaxed);
        }
        for share in &entry.shares {
            share.empty();
        }
        Some((ThreadSlot(index), entry))
    }

    /// An object's entry, with everything but its generation zero; `kind` is 0 until the caller
    /// sets it.
    pub fn take_object(&self) -> Option<(u32, &ObjectEntry)> {
        let header = &self.header;
        let index = pop(&header.free_objects, |at| {
            Some(self.objects.get(at as usize)?.next.load(Ordering::Relaxed))
        })
        .or_else(|| take_unused(&header.objects_used, &self.objects))?;
        let entry = self.objects.get(index as usize)?;
        entry.generation.fetch_add(1, Ordering::Relaxed);
        entry.mark.store(mark(index), Ordering::Relaxed);
        for word in [
            &entry.place,
            &entry.task,
            &entry.first_sender,
            &entry.wake.waiters,
            &entry.wake.waker,
            &entry.writers_waiting,
            &entry.senders,
            &entry.receiver,
            &entry.wake_senders.waiters,
            &entry.wake_senders.waker,
            &entry.cell,
            &entry.created_at,
            &entry.flags,
        ] {
            word.store(0, Ordering::Relaxed);
        }
        for word in [
            &entry.uses,
            &entry.uses_before,
            &entry.since,
            &entry.hold_total,
            &entry.hold_max,
            &entry.reads,
            &entry.contended,
            &entry.failed_tries,
            &entry.wait_total,
            &entry.wait_max,
            &entry.shared_total,
            &entry.shared_max,
            &entry.sent_by_first,
            &entry.sent_by_others,
            &entry.max_queued,
            &entry.received_seen,
            &entry.lost,
            &entry.send_wait_total,
            &entry.send_wait_max,
            &entry.order,
            &entry.address,
            &entry.type_name,
            &entry.capacity,
            &entry.waits,
            &entry.notifies,
            &entry.notifies_unheard,
            &entry.generations,
        ] {
            word.store(0, Ordering::Relaxed);
        }
        entry.run.clear();
        Some((index, entry))
    }

    /// Takes back an object's entry that nobody else has learned of.
    pub fn give_object_back(&self, index: u32) {
        if let Some(entry) = self.objects.get(index as usize) {
            entry.kind.store(0, Ordering::Release);
            push(&self.header.free_objects, index, &entry.next);
        }
    }

    /// A task's entry, zeroed but for its generation.
    pub fn take_task(&self) -> Option<(TaskSlot, &TaskEntry)> {
        let header = &self.header;
        let index = pop(&header.free_tasks, |at| {
            Some(self.tasks.get(at as usize)?.next.load(Ordering::Relaxed))
        })
        .or_else(|| take_unused(&header.tasks_used, &self.tasks))?;
        let entry = self.tasks.get(index as usize)?;
        entry.generation.fetch_add(1, Ordering::Relaxed);
        for word in [&entry.polled_by, &entry.wait, &entry.woken_by, &entry.flags] {
            word.store(0, Ordering::Relaxed);
        }
        for word in [&entry.end, &entry.polled_since, &entry.woken_at] {
            word.store(0, Ordering::Relaxed);
        }
        entry.count_anew();
        Some((TaskSlot(index), entry))
    }

    /// A chunk for a thread that has `owned` of them, unless it should reuse its own.
    pub fn take_chunk(&self, owned: u32) -> Option<u32> {
        let header = &self.header;
        let busy = header.chunks_busy.load(Ordering::Relaxed);
        let left = (CHUNKS as u32).saturating_sub(busy + 1);
        if owned > 0 && (owned >= CHUNKS_PER_THREAD || left <= CHUNKS_FOR_NEW_THREADS) {
            return None;
        }
        let index = pop(&header.free_chunks, |at| {
            Some(self.chunks.get(at as usize)?.next.load(Ordering::Relaxed))
        })
        .or_else(|| take_unused(&header.chunks_used, &self.chunks))?;
        header.chunks_busy.fetch_add(1, Ordering::Relaxed);
        Some(index)
    }

    /// Takes back all chunks of a thread from `first` on, but not `keep`.
    pub fn give_chunks_back(&self, first: u32, keep: u32) {
        let mut index = first;
        // Bounded, since user code may have made the chain a ring.
        for _ in 0..CHUNKS {
            let Some(chunk) = self
                .chunks
                .get(index as usize)
                .filter(|_| index != 0 && index != keep)
            else {
                return;
            };
            let next = chunk.next.load(Ordering::Relaxed);
            chunk.begin(0, 0, 0);
            push(&self.header.free_chunks, index, &chunk.next);
            self.header.chunks_busy.fetch_sub(1, Ordering::Relaxed);
            index = next;
        }
    }

    /// The index of the last thread's entry that was ever used; 0 is no thread.
    pub fn threads_used(&self) -> usize {
        (self.header.threads_used.load(Ordering::Acquire) as usize).min(THREADS - 1)
    }

    /// Between cells: frees the entries of threads that have ended and of objects that were
    /// dropped, and forgets the maxima of the others.
    ///
    /// A thread that ended since the last cell did is left for one cell more: only its events tell
    /// what it used after the kernel had looked at the counters.
    pub fn recycle(&self) {
        let cell_end = self.header.cell_end.load(Ordering::Relaxed);
        let used = self.threads_used();
        let mut keeps_a_lock = vec![false; used + 1];
        self.forget_holds_of_dropped();
        self.recycle_objects(&mut keeps_a_lock);
        self.recycle_tasks();
        self.recycle_jobs();
        for (index, entry) in self.threads.iter().enumerate().take(used + 1).skip(1) {
            let ended = matches!(
                entry.state.load(Ordering::Acquire),
                THREAD_FINISHED | THREAD_PANICKED
            );
            let just_now = cell_end != 0 && entry.end.load(Ordering::Relaxed) > cell_end;
            let leaves = entry.flags.load(Ordering::Acquire) & FLAG_LEAVING != 0;
            if !ended || leaves || just_now {
                continue;
            }
            self.give_chunks_back(entry.first_chunk.swap(0, Ordering::Relaxed), 0);
            entry.last_chunk.store(0, Ordering::Relaxed);
            entry.chunk_count.store(0, Ordering::Relaxed);
            // A lock that it still holds (`mem::forget(guard)`) names it as the owner for ever.
            let holds_shared = self.shared_holds(entry).next().is_some();
            if !keeps_a_lock[index] && !holds_shared {
                entry.state.store(THREAD_FREE, Ordering::Release);
                push(&self.header.free_threads, index as u32, &entry.next);
            }
        }
    }

    /// Frees the entries of tasks that have ended; the others begin to count anew.
    fn recycle_tasks(&self) {
        let used = (self.header.tasks_used.load(Ordering::Acquire) as usize).min(TASKS - 1);
        for (index, entry) in self.tasks.iter().enumerate().take(used + 1).skip(1) {
            match entry.state.load(Ordering::Acquire) {
                TASK_FREE => {}
                TASK_ALIVE => entry.count_anew(),
                _ => {
                    entry.state.store(TASK_FREE, Ordering::Release);
                    push(&self.header.free_tasks, index as u32, &entry.next);
                }
            }
        }
    }

    /// Nobody holds a lock that is gone, though its guard was forgotten: the next one in its entry
    /// would seem to be held.
    fn forget_holds_of_dropped(&self) {
        let used = self.threads_used();
        let threads = self.threads.iter().take(used + 1).skip(1);
        for held in threads.flat_map(|entry| &entry.held) {
            let index = held.object.load(Ordering::Relaxed);
            let object = self.objects.get(index as usize).filter(|_| index != 0);
            if object.is_some_and(ObjectEntry::is_dropped) {
                // Its thread may take the slot for another lock only once it is free.
                held.object.store(0, Ordering::Relaxed);
            }
        }
    }

    fn recycle_objects(&self, keeps_a_lock: &mut [bool]) {
        let used = (self.header.objects_used.load(Ordering::Acquire) as usize).min(OBJECTS - 1);
        for (index, entry) in self.objects.iter().enumerate().take(used + 1).skip(1) {
            if entry.kind.load(Ordering::Acquire) == 0 {
                continue;
            }
            if entry.is_dropped() {
                self.give_object_back(index as u32);
                continue;
            }
            if let Some(keeps) = keeps_a_lock.get_mut(entry.owner() as usize) {
                *keeps = true;
            }
            for maximum in [
                &entry.hold_max,
                &entry.wait_max,
                &entry.shared_max,
                &entry.send_wait_max,
                &entry.max_queued,
            ] {
                maximum.store(0, Ordering::Relaxed);
            }
            let queued = entry.sent().saturating_sub(entry.use_count());
            entry.max_queued.fetch_max(queued, Ordering::Relaxed);
        }
    }
}

impl TaskEntry {
    /// Forgets what was counted in earlier cells.
    fn count_anew(&self) {
        for word in [
            &self.polls,
            &self.busy,
            &self.longest,
            &self.scheduled,
            &self.wakes,
        ] {
            word.store(0, Ordering::Relaxed);
        }
    }
}

impl Chunk {
    /// Gives the chunk to a thread, or to nobody (0), empty.
    pub fn begin(&self, owner: u32, generation: u32, first: u64) {
        let version = self.version.load(Ordering::Relaxed);
        self.version
            .store(version.wrapping_add(1) | 1, Ordering::Relaxed);
        // Orders the odd version before everything that is written from here on: see `Chunk::read`.
        std::sync::atomic::fence(Ordering::Release);
        self.owner.store(owner, Ordering::Relaxed);
        self.owner_generation.store(generation, Ordering::Relaxed);
        self.count.store(0, Ordering::Relaxed);
        self.first.store(first, Ordering::Relaxed);
        self.next.store(0, Ordering::Relaxed);
        self.closed_in.store(0, Ordering::Relaxed);
        self.version.store(
            (version.wrapping_add(1) | 1).wrapping_add(1),
            Ordering::Release,
        );
    }
}

/// What stands for the object `index` among those that a thread holds, of which the sum counts: so
/// no small sums of them are equal. Of 24 bits, so that hundreds have room in the 32 that there
/// are.
fn mark(index: u32) -> u64 {
    let mixed = u64::from(index).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    let mixed = (mixed ^ mixed >> 32).wrapping_mul(0xD6E8_FEB8_6659_FD93);
    mixed >> 40
}
