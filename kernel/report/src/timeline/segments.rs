//! From a thread's events to the segments, hold bars and marks of its lane.
//!
//! A lane takes events one by one and keeps a bounded number of pieces whatever their number: pieces
//! shorter than the resolution go together into one that carries the state that lasted longest and
//! says for how many it stands.

use record::snapshot::{Action, Event, Gap, ThreadState, WaitKind};

use super::merge::{Merger, thin_segments};
use super::{HoldBar, Lane, Mark, MarkKind, Segment, State, ended_well};
use crate::facts::Facts;
use crate::model::Ref;
use crate::{gaps, names};

/// Most marks on a lane; those that say most are kept.
const MARKS: usize = 24;

/// Makes one lane.
pub(super) struct LaneBuilder<'f> {
    facts: &'f Facts<'f>,
    slot: usize,
    resolution: u64,
    gaps: Vec<Gap>,
    cursor: u64,
    segments: Merger,
    holds: [Vec<HoldBar>; 2],
    held_until: Vec<u64>,
    marks: Vec<Mark>,
}

impl<'f> LaneBuilder<'f> {
    pub(super) fn new(facts: &'f Facts<'f>, slot: usize, resolution: u64) -> LaneBuilder<'f> {
        let thread = &facts.snapshot.threads[slot];
        LaneBuilder {
            facts,
            slot,
            resolution,
            gaps: gaps::of(facts.snapshot, thread.index),
            cursor: thread.start_ns,
            segments: Merger::new(resolution),
            holds: [Vec::new(), Vec::new()],
            held_until: Vec::new(),
            marks: Vec::new(),
        }
    }

    /// Takes the thread's next event.
    pub(super) fn add(&mut self, event: &Event) {
        let facts = self.facts;
        match event.action {
            Action::Wait {
                kind,
                target,
                outcome,
                ..
            } => {
                let stuck = !ended_well(outcome);
                self.wait(Segment {
                    start_ns: event.start_ns,
                    end_ns: event.end_ns,
                    state: State::of(kind),
                    object: facts.wait_ref(kind, target),
                    line: facts.own_line(event.at),
                    merged: 0,
                    mix: None,
                    stuck,
                });
                if outcome == record::snapshot::WaitOutcome::Deadlock {
                    self.mark(event.end_ns, MarkKind::Deadlock, None);
                } else if let (State::Join, Some(Ref::Thread(id)), false) =
                    (State::of(kind), facts.wait_ref(kind, target), stuck)
                {
                    self.mark(event.end_ns, MarkKind::Join, Some(id));
                }
            }
            Action::Hold { object, shared } => {
                self.held_until.retain(|&until| until > event.start_ns);
                let level = self.held_until.len().min(1);
                self.held_until.push(event.end_ns);
                if let Some(Ref::Lock(id)) = facts.object_ref(object) {
                    let bar = HoldBar {
                        start_ns: event.start_ns,
                        end_ns: event.end_ns.max(event.start_ns),
                        lock: Some(id),
                        level: level as u8,
                        shared,
                        merged: if event.times > 1 {
                            u64::from(event.times)
                        } else {
                            0
                        },
                    };
                    join_hold(&mut self.holds[level], bar, self.resolution);
                }
            }
            Action::Spawn { thread } => {
                self.mark(event.start_ns, MarkKind::Spawn, facts.thread_id(thread));
            }
            Action::ThreadStart if event.start_ns > self.cursor => {
                let start_ns = self.cursor;
                self.push(Segment {
                    start_ns,
                    end_ns: event.start_ns,
                    state: State::Starting,
                    object: None,
                    line: None,
                    merged: 0,
                    mix: None,
                    stuck: false,
                });
            }
            Action::Panic => self.mark(event.start_ns, MarkKind::Panic, None),
            _ => {}
        }
    }

    fn wait(&mut self, segment: Segment) {
        self.run_until(segment.start_ns);
        self.push(segment);
    }

    /// Fills up to `until` with running, except where events are lost.
    fn run_until(&mut self, until: u64) {
        let until = until.min(self.facts.snapshot.wall_ns);
        while let Some(stretch) = gaps::next(&self.gaps, self.cursor, until) {
            self.push(Segment {
                start_ns: self.cursor,
                end_ns: stretch.end_ns,
                state: if stretch.lost > 0 {
                    State::Gap
                } else {
                    State::Running
                },
                object: None,
                line: None,
                merged: 0,
                mix: None,
                stuck: false,
            });
        }
    }

    fn push(&mut self, mut segment: Segment) {
        segment.start_ns = segment.start_ns.max(self.cursor);
        segment.end_ns = segment.end_ns.min(self.facts.snapshot.wall_ns);
        if segment.end_ns > segment.start_ns {
            self.cursor = segment.end_ns;
            self.segments.push(segment);
        }
    }

    fn mark(&mut self, at_ns: u64, kind: MarkKind, thread: Option<u32>) {
        let near =
            |mark: &&mut Mark| at_ns.saturating_sub(mark.at_ns) < self.resolution.saturating_mul(6);
        let has_room = self.marks.len() < 4096;
        match self.marks.last_mut().filter(near) {
            Some(last) if last.kind == kind => {
                last.merged = last.merged.max(1) + 1;
                last.thread = None;
            }
            _ if has_room => {
                self.marks.push(Mark {
                    at_ns,
                    kind,
                    thread,
                    merged: 0,
                });
            }
            _ => {}
        }
    }

    /// The lane, with at most so many segments and holds.
    pub(super) fn finish(mut self, segments: usize, holds: usize) -> Lane {
        let facts = self.facts;
        let thread = &facts.snapshot.threads[self.slot];
        let end = thread
            .end_ns
            .unwrap_or(facts.snapshot.wall_ns)
            .min(facts.snapshot.wall_ns);
        if let (ThreadState::Blocked, Some(waiting)) = (thread.state, thread.waiting) {
            self.wait(Segment {
                start_ns: waiting.since_ns.min(end),
                end_ns: end,
                state: State::of(waiting.kind),
                object: facts.wait_ref(waiting.kind, waiting.target),
                line: facts.own_line(waiting.at),
                merged: 0,
                mix: None,
                stuck: !facts.live && waiting.kind != WaitKind::Sleep,
            });
        }
        self.run_until(end);
        for panic in &facts.snapshot.panics {
            let is_new = !self
                .marks
                .iter()
                .any(|mark| mark.kind == MarkKind::Panic && mark.at_ns == panic.at_ns);
            if panic.thread == thread.index && is_new {
                let mark = Mark {
                    at_ns: panic.at_ns,
                    kind: MarkKind::Panic,
                    thread: None,
                    merged: 0,
                };
                self.marks.push(mark);
            }
        }
        self.marks.sort_by_key(|mark| mark.at_ns);
        if self
            .marks
            .iter()
            .any(|mark| mark.kind == MarkKind::Deadlock)
        {
            // The victim of a deadlock panics; one sign for it is enough.
            self.marks.retain(|mark| mark.kind != MarkKind::Panic);
        }
        if self.marks.len() > MARKS {
            let keep = |mark: &Mark| matches!(mark.kind, MarkKind::Panic | MarkKind::Deadlock);
            let important = self.marks.iter().filter(|mark| keep(mark)).count();
            let mut others = MARKS.saturating_sub(important);
            self.marks.retain(|mark| {
                keep(mark) || {
                    others = others.saturating_sub(1);
                    others > 0
                }
            });
            self.marks.truncate(2 * MARKS);
        }
        let blocked = thread
            .blocked_ns
            .iter()
            .fold(0u64, |sum, &ns| sum.saturating_add(ns));
        let running = end.saturating_sub(thread.start_ns).saturating_sub(blocked);
        let mut bars: Vec<HoldBar> = self.holds.into_iter().flatten().collect();
        thin_holds(&mut bars, self.resolution, holds);
        Lane {
            thread: facts.thread_ids[self.slot],
            label: facts.label(thread.index),
            name: thread
                .name
                .as_deref()
                .and_then(names::name)
                .or_else(|| thread.is_main.then(|| "main".to_owned()))
                .map(|name| names::clean(&name, 40)),
            start_ns: thread.start_ns.min(end),
            end_ns: end,
            ended: thread.end_ns.is_some(),
            cpu_permille: thread
                .cpu_ns
                .filter(|_| running > 0)
                .map(|cpu| (cpu.saturating_mul(1000) / running).min(1000) as u32),
            segments: self.segments.finish(segments),
            holds: bars,
            marks: self.marks,
        }
    }
}

/// Adds a bar, or lengthens the last one when the pause between them can't be seen.
fn join_hold(bars: &mut Vec<HoldBar>, bar: HoldBar, resolution: u64) {
    let short = |bar: &HoldBar| bar.end_ns - bar.start_ns < resolution || bar.merged > 0;
    if let Some(last) = bars.last_mut()
        && bar.start_ns < last.end_ns.saturating_add(resolution)
        && bar.end_ns >= last.start_ns
        && short(last)
        && (short(&bar) || bar.merged > 0)
    {
        if last.lock != bar.lock {
            last.lock = None;
        }
        last.shared &= bar.shared;
        last.end_ns = last.end_ns.max(bar.end_ns);
        last.merged = last.merged.max(1) + bar.merged.max(1);
    } else {
        bars.push(bar);
    }
}

/// Merges ever more coarsely until there are at most `most`.
fn thin_holds(bars: &mut Vec<HoldBar>, mut resolution: u64, most: usize) {
    while bars.len() > most && resolution < u64::MAX {
        resolution = resolution.saturating_mul(2);
        let mut thinner: [Vec<HoldBar>; 2] = [Vec::new(), Vec::new()];
        for bar in bars.drain(..) {
            let level = usize::from(bar.level.min(1));
            join_hold(&mut thinner[level], bar, resolution);
        }
        bars.extend(thinner.into_iter().flatten());
    }
    bars.sort_by_key(|bar| (bar.start_ns, bar.level));
}

impl Lane {
    /// Halves the number of pieces, as far as it is large.
    pub(crate) fn coarsen(&mut self, resolution: u64) {
        let most = (self.segments.len() / 2).max(12);
        self.segments = thin_segments(std::mem::take(&mut self.segments), resolution, most);
        let most = (self.holds.len() / 2).max(8);
        thin_holds(&mut self.holds, resolution, most);
        self.marks.truncate((self.marks.len() / 2).max(6));
    }
}
