//! What happened between the cells, and after this one: it is not this cell's.
//!
//! Threads of earlier cells go on while the next one is compiled, and a cell's own threads go on
//! after its end. The counters know no cells, and the baseline is taken before the cell is
//! compiled. So the events from there to the cell's first instruction are taken off again, and
//! those after its last one.

use std::collections::HashMap;

use super::at_end::AtEnd;
use super::events::Raw;
use super::times::Times;
use super::waiting::wait_kind;
use crate::snapshot::WaitKind;

/// What a thread or an object is charged with that lies outside of the cell. Times in ticks.
#[derive(Clone, Copy, Debug, Default)]
pub struct Used {
    pub acquisitions: u64,
    pub reads: u64,
    pub contended: u64,
    pub failed_tries: u64,
    pub sent: u64,
    pub received: u64,
    pub waits: u64,
    pub notifies: u64,
    pub notifies_unheard: u64,
    pub hold: u64,
    pub wait: u64,
    pub send_wait: u64,
}

impl Used {
    /// The uses without those of `other`.
    pub fn less(self, other: Used) -> Used {
        Used {
            acquisitions: self.acquisitions.saturating_sub(other.acquisitions),
            sent: self.sent.saturating_sub(other.sent),
            received: self.received.saturating_sub(other.received),
            ..self
        }
    }

    /// Both together.
    pub fn and(self, other: Used) -> Used {
        Used {
            acquisitions: self.acquisitions.saturating_add(other.acquisitions),
            reads: self.reads.saturating_add(other.reads),
            contended: self.contended.saturating_add(other.contended),
            failed_tries: self.failed_tries.saturating_add(other.failed_tries),
            sent: self.sent.saturating_add(other.sent),
            received: self.received.saturating_add(other.received),
            waits: self.waits.saturating_add(other.waits),
            notifies: self.notifies.saturating_add(other.notifies),
            notifies_unheard: self.notifies_unheard.saturating_add(other.notifies_unheard),
            hold: self.hold.saturating_add(other.hold),
            wait: self.wait.saturating_add(other.wait),
            send_wait: self.send_wait.saturating_add(other.send_wait),
        }
    }
}

/// What objects were used for, by index, with the objects' generations.
#[derive(Clone, Debug, Default)]
pub struct Uses(Vec<(u32, Used)>);

impl Uses {
    /// Notes what an object was used for.
    pub fn note(&mut self, index: u32, generation: u32, used: Used) {
        let index = index as usize;
        if self.0.len() <= index {
            self.0.resize(index + 1, (0, Used::default()));
        }
        self.0[index] = (generation, used);
    }

    /// What this object was used for.
    pub fn of(&self, index: u32, generation: u32) -> Used {
        let known = self.0.get(index as usize).copied();
        known
            .filter(|(of, _)| *of == generation)
            .map_or_else(Used::default, |(_, used)| used)
    }
}

/// All that lies outside.
#[derive(Default)]
pub struct Outside {
    /// What went on as the cell ended.
    pub at_end: AtEnd,
    main: u32,
    before: HashMap<u32, Used>,
    after: HashMap<u32, Used>,
    blocked: HashMap<u32, [u64; WaitKind::COUNT]>,
    written: HashMap<u32, u64>,
}

impl Outside {
    /// Of the events since `baseline`, a time in ticks. The thread `main` runs the cells: what it
    /// waits for is counted from the cell's begin on.
    pub fn of(events: &[Raw], times: Times, baseline: u64, main: u32) -> Outside {
        let mut outside = Outside {
            main,
            ..Outside::default()
        };
        for event in events.iter().filter(|event| event.end() >= baseline) {
            outside.add(event, times, baseline);
        }
        outside
    }

    /// What was done with an object between the baseline and the cell.
    pub fn before(&self, object: u32) -> Used {
        self.before.get(&object).copied().unwrap_or_default()
    }

    /// What was done with an object after the cell.
    pub fn after(&self, object: u32) -> Used {
        self.after.get(&object).copied().unwrap_or_default()
    }

    /// What a thread waited outside of the cell, in ticks, over waits that have ended.
    pub fn blocked(&self, thread: u32) -> [u64; WaitKind::COUNT] {
        self.blocked.get(&thread).copied().unwrap_or_default()
    }

    /// How many events a thread wrote of what it did after the cell.
    pub fn written(&self, thread: u32) -> u64 {
        self.written.get(&thread).copied().unwrap_or_default()
    }

    fn add(&mut self, event: &Raw, times: Times, baseline: u64) {
        let (start, end) = (event.start(), event.end());
        // What began in the cell, or before the baseline, is counted where it began.
        let before = (baseline..times.begin).contains(&start);
        let after = times.is_after(start);
        if after {
            *self.written.entry(event.thread).or_default() += 1;
        }
        let later = if times.ended {
            end.saturating_sub(start.max(times.now))
        } else {
            0
        };
        let overlap = |from: u64, to: u64| end.min(to).saturating_sub(start.max(from));
        let earlier = overlap(baseline, times.begin);
        if earlier == 0 && later == 0 && !before && !after && event.code() != WAIT {
            return;
        }
        if event.code() == WAIT {
            let Some(kind) = wait_kind((event.what() >> 16) as u32 & 0xFFFF) else {
                return;
            };
            let blocked = self.blocked.entry(event.thread).or_default();
            let sum = &mut blocked[kind as usize];
            let earlier = if event.thread == self.main {
                0
            } else {
                earlier
            };
            *sum = sum.saturating_add(earlier).saturating_add(later);
            // An object is charged with a wait as a whole, when it ends.
            let outside = overlap(0, times.begin);
            if !matches!(kind, WaitKind::Join | WaitKind::Park | WaitKind::Sleep) {
                let sends = kind == WaitKind::Channel && event.flag();
                let used = |inside: bool, length: u64| Used {
                    contended: u64::from(inside && kind == WaitKind::Lock),
                    waits: u64::from(inside && !sends),
                    wait: if sends { 0 } else { length },
                    send_wait: if sends { length } else { 0 },
                    ..Used::default()
                };
                self.charge(event.target(), used(before, outside), used(after, later));
            }
            return;
        }
        let used = |inside: bool, length: u64| event.used(inside, length);
        let (earlier, later) = (used(before, earlier), used(after, later));
        self.charge(event.target(), earlier, later);
    }

    fn charge(&mut self, object: u32, before: Used, after: Used) {
        let earlier = self.before.entry(object).or_default();
        *earlier = earlier.and(before);
        let later = self.after.entry(object).or_default();
        *later = later.and(after);
    }
}

/// The number of a wait's event; see [`crate::writer::EventKind`].
const WAIT: u8 = 1;

impl Raw {
    /// What the event charges its object with, if it lies `inside` of a stretch of time, `length`
    /// of it at least.
    fn used(&self, inside: bool, length: u64) -> Used {
        let times = if inside { 1 + self.more() } else { 0 };
        let none = Used::default();
        match self.code() {
            2 => Used {
                acquisitions: times,
                reads: if self.flag() { times } else { 0 },
                hold: length,
                ..none
            },
            3 => Used {
                sent: times,
                ..none
            },
            4 => Used {
                received: times,
                ..none
            },
            8 => Used {
                notifies: times,
                notifies_unheard: if self.extra() == 0 { times } else { 0 },
                ..none
            },
            11 => Used {
                failed_tries: times,
                ..none
            },
            _ => none,
        }
    }
}
