//! The marks of a lane: spawns, joins, panics, deadlocks.

use record::snapshot::{Panic, ThreadSlot};

use crate::model::{Mark, MarkKind};

/// Most marks on a lane; those that say most are kept.
const MARKS: usize = 24;
/// Most marks while they are gathered.
const GATHERED: usize = 4096;
/// How near two marks of a kind stand to become one, in units of the resolution.
const NEAR: u64 = 6;

/// Gathers a lane's marks.
pub(super) struct Marks {
    near: u64,
    marks: Vec<Mark>,
}

impl Marks {
    /// No marks yet.
    pub(super) fn new(resolution: u64) -> Marks {
        Marks {
            near: resolution.saturating_mul(NEAR),
            marks: Vec::new(),
        }
    }

    /// Adds a mark, or counts it into the last one when that is near and of its kind.
    pub(super) fn add(&mut self, at_ns: u64, kind: MarkKind, thread: Option<u32>) {
        let is_near = |mark: &&mut Mark| at_ns.saturating_sub(mark.at_ns) < self.near;
        let has_room = self.marks.len() < GATHERED;
        match self.marks.last_mut().filter(is_near) {
            Some(last) if last.kind == kind => {
                last.merged = last.merged.max(1) + 1;
                last.thread = None;
            }
            _ if has_room => self.marks.push(mark(at_ns, kind, thread)),
            _ => {}
        }
    }

    /// Adds the panics of `thread` that no event told of.
    pub(super) fn add_panics(&mut self, panics: &[Panic], thread: ThreadSlot) {
        for panic in panics.iter().filter(|panic| panic.thread == thread) {
            let is_it = |mark: &Mark| mark.kind == MarkKind::Panic && mark.at_ns == panic.at_ns;
            if !self.marks.iter().any(is_it) {
                self.marks.push(mark(panic.at_ns, MarkKind::Panic, None));
            }
        }
    }

    /// All of them by time, or those that say most.
    pub(super) fn finish(self) -> Vec<Mark> {
        let mut marks = self.marks;
        marks.sort_by_key(|mark| mark.at_ns);
        if marks.iter().any(|mark| mark.kind == MarkKind::Deadlock) {
            // The victim of a deadlock panics; one sign for it is enough.
            marks.retain(|mark| mark.kind != MarkKind::Panic);
        }
        if marks.len() > MARKS {
            let says_much = |mark: &Mark| matches!(mark.kind, MarkKind::Panic | MarkKind::Deadlock);
            let important = marks.iter().filter(|mark| says_much(mark)).count();
            let mut others = MARKS.saturating_sub(important);
            marks.retain(|mark| {
                says_much(mark) || {
                    others = others.saturating_sub(1);
                    others > 0
                }
            });
            marks.truncate(2 * MARKS);
        }
        marks
    }
}

fn mark(at_ns: u64, kind: MarkKind, thread: Option<u32>) -> Mark {
    Mark {
        at_ns,
        kind,
        thread,
        merged: 0,
    }
}
