//! How things stood when the cell ended, which is read later.
//!
//! Threads go on, and the kernel looks at them only once it has heard of the end. By then a thread
//! may have got what it waited for, have given back or taken a lock, have panicked or ended. The
//! events since tell: what began in the cell and ended after it went on at its end.

use std::collections::{HashMap, HashSet};

use super::entries::long;
use super::events::Raw;
use super::sampled::of_object;
use super::text::Places;
use super::times::Times;
use super::waiting::wait_kind;
use crate::layout::{EventKind, Layout};
use crate::snapshot::{
    LocationSlot, ObjectSlot, Thread, ThreadState, WaitKind, WaitTarget, Waiting,
};

const WAIT: u8 = EventKind::Wait as u8;
const HOLD: u8 = EventKind::Hold as u8;
const PANIC: u8 = EventKind::Panic as u8;
const DROP: u8 = EventKind::Drop as u8;

/// What went on at the end of the cell, and what came after it.
#[derive(Default)]
pub struct AtEnd {
    /// By thread.
    waits: HashMap<u32, Waiting>,
    /// Pairs of a thread and what it held.
    holds: Vec<(u32, ObjectSlot)>,
    /// Held by a thread as it panicked after the end.
    poisoned: HashSet<u32>,
    /// Dropped after the end; of channels, the receiver was.
    dropped: HashSet<u32>,
}

impl AtEnd {
    /// Of a cell that has ended; of one that runs, nothing.
    pub fn of(events: &[Raw], times: Times, places: &mut Places) -> AtEnd {
        let mut at_end = AtEnd::default();
        if !times.ended {
            return at_end;
        }
        let panicked: HashSet<u32> = events
            .iter()
            .filter(|event| event.code() == PANIC && times.is_after(event.start()))
            .map(|event| event.thread)
            .collect();
        for event in events.iter().filter(|event| times.is_after(event.end())) {
            let began = !times.is_after(event.start());
            match event.code() {
                WAIT if began => {
                    if let Some(waiting) = wait(event, times, places) {
                        at_end.waits.insert(event.thread, waiting);
                    }
                }
                HOLD => {
                    // Of many holds in a row it isn't known whether one went on at the end.
                    if began && event.more() == 0 {
                        let object = ObjectSlot(event.target());
                        at_end.holds.push((event.thread, object));
                    }
                    if panicked.contains(&event.thread) {
                        at_end.poisoned.insert(event.target());
                    }
                }
                DROP => {
                    at_end.dropped.insert(event.target());
                }
                _ => {}
            }
        }
        at_end
    }

    /// Whether the lock was poisoned after the end.
    pub fn poisons(&self, object: u32) -> bool {
        self.poisoned.contains(&object)
    }

    /// Whether the object, or a channel's receiver, was dropped after the end.
    pub fn drops(&self, object: u32) -> bool {
        self.dropped.contains(&object)
    }

    /// Says of each thread whether it lived, and what it held.
    pub fn restore_holds(&self, layout: &Layout, threads: &mut [Thread], times: Times) {
        if !times.ended {
            return;
        }
        for thread in threads {
            let end = long(&layout.threads[thread.index.index()].end);
            if thread.end_ns.is_some() && times.is_after(end) {
                thread.end_ns = None;
                thread.state = ThreadState::Running;
            }
            thread.held.retain(|&object| {
                let entry = &layout.objects[object.index()];
                let is_owner = entry.owner() == thread.index.0;
                let since = of_object(entry, times.now).since.filter(|_| is_owner);
                !since.is_some_and(|since| times.is_after(since))
            });
            for &(_, object) in self.holds.iter().filter(|hold| hold.0 == thread.index.0) {
                if !thread.held.contains(&object) {
                    thread.held.push(object);
                }
            }
            thread.held.sort_unstable();
        }
    }

    /// Says of each thread what it waited for, of those waits that have ended since.
    pub fn restore_waits(&self, threads: &mut [Thread]) {
        for thread in threads.iter_mut().filter(|thread| thread.end_ns.is_none()) {
            if let Some(&waiting) = self.waits.get(&thread.index.0) {
                thread.state = ThreadState::Blocked;
                thread.waiting = Some(waiting);
            }
        }
    }

    /// Whether a thread's wait went on at the end: it is told by the thread, as one that has not
    /// ended.
    pub fn goes_on(&self, event: &Raw, times: Times) -> bool {
        event.code() == WAIT
            && times.is_after(event.end())
            && self.waits.contains_key(&event.thread)
    }
}

fn wait(event: &Raw, times: Times, places: &mut Places) -> Option<Waiting> {
    const TIMED_OUT: u64 = 1;
    let kind: WaitKind = wait_kind((event.what() >> 16) as u32 & 0xFFFF)?;
    Some(Waiting {
        kind,
        target: WaitTarget::of(kind, event.target()),
        shared_or_send: event.flag(),
        timed: kind == WaitKind::Sleep || (event.what() >> 12) & 0xF == TIMED_OUT,
        at: places.use_place(LocationSlot(event.place())),
        since_ns: times.moment(event.start()),
    })
}
