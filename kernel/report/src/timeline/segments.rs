//! From a thread's events to the segments, hold bars and marks of its lane.
//!
//! A lane takes events one by one and keeps a bounded number of pieces whatever their number:
//! pieces shorter than the resolution go together into one that carries the activity that lasted
//! longest and says for how many it stands.

use std::ops::Range;

use record::snapshot::{
    Action, Event, Gap, LocationSlot, ObjectSlot, ThreadSlot, ThreadState, WaitKind, WaitOutcome,
};

use super::marks::Marks;
use crate::analyse::{Facts, ended_well, gaps};
use crate::model::{Activity, HoldBar, Lane, MarkKind, Merger, Ref, Segment};
use crate::model::{join_hold, thin_holds};
use crate::words::names;

/// Makes one lane.
pub(super) struct LaneBuilder<'f> {
    facts: &'f Facts<'f>,
    /// The thread's position.
    position: usize,
    resolution: u64,
    gaps: Vec<Gap>,
    /// Up to when the lane is filled.
    cursor: u64,
    segments: Merger,
    /// By level: alone, or taken while another was held.
    holds: [Vec<HoldBar>; 2],
    held_until: Vec<u64>,
    /// Locks that it still holds, of which no event tells, and since when; the latest first.
    open: Vec<(u64, ObjectSlot)>,
    /// Whether it had begun to run.
    began: bool,
    marks: Marks,
}

impl<'f> LaneBuilder<'f> {
    pub(super) fn new(facts: &'f Facts<'f>, position: usize, resolution: u64) -> LaneBuilder<'f> {
        let thread = &facts.snapshot.threads[position];
        LaneBuilder {
            facts,
            position,
            resolution,
            gaps: gaps::of(facts.snapshot, thread.index),
            cursor: thread.start_ns,
            segments: Merger::new(resolution),
            holds: [Vec::new(), Vec::new()],
            held_until: Vec::new(),
            open: open_holds(facts, thread.index),
            began: thread.is_main || thread.is_foreign || thread.cell != facts.snapshot.cell,
            marks: Marks::new(resolution),
        }
    }

    /// Takes the thread's next event.
    pub(super) fn add(&mut self, event: &Event) {
        self.began = true;
        match event.action {
            Action::Wait { .. } => self.waited(event),
            Action::Hold { .. } => self.held(event),
            Action::Spawn { thread } => {
                let id = self.facts.thread_id(thread);
                self.marks.add(event.start_ns, MarkKind::Spawn, id);
            }
            Action::ThreadStart if event.start_ns > self.cursor => {
                let start = self.cursor;
                self.push(plain(start, event.start_ns, Activity::Starting));
            }
            Action::Panic => self.marks.add(event.start_ns, MarkKind::Panic, None),
            _ => {}
        }
    }

    fn waited(&mut self, event: &Event) {
        let Action::Wait {
            kind,
            target,
            outcome,
            ..
        } = event.action
        else {
            return;
        };
        let stuck = !ended_well(outcome);
        let object = self.facts.wait_ref(kind, target);
        self.wait(Segment {
            object,
            line: self.facts.own_line(event.at),
            within: self.within(event.at),
            stuck,
            ..plain(event.start_ns, event.end_ns, Activity::of_wait(kind))
        });
        if outcome == WaitOutcome::Deadlock {
            self.marks.add(event.end_ns, MarkKind::Deadlock, None);
        } else if let (WaitKind::Join, Some(Ref::Thread(id)), false) = (kind, object, stuck) {
            self.marks.add(event.end_ns, MarkKind::Join, Some(id));
        }
    }

    /// The crate that a place lies in, without its version.
    fn within(&self, at: LocationSlot) -> Option<String> {
        let krate = self.facts.dependency(at)?;
        let name = krate.split(' ').next().unwrap_or(krate);
        Some(names::clean(name, 40))
    }

    fn held(&mut self, event: &Event) {
        let Action::Hold { object, shared } = event.action else {
            return;
        };
        self.hold_open_until(event.start_ns);
        let merged = match event.times {
            0 | 1 => 0,
            times => u64::from(times),
        };
        self.hold(object, event.start_ns..event.end_ns, shared, merged);
    }

    /// A hold, or so many together.
    fn hold(&mut self, object: ObjectSlot, time: Range<u64>, shared: bool, merged: u64) {
        let end_ns = time.end.max(time.start);
        self.held_until.retain(|&until| until > time.start);
        let level = self.held_until.len().min(1);
        self.held_until.push(end_ns);
        let Some(Ref::Lock(id)) = self.facts.object_ref(object) else {
            return;
        };
        let bar = HoldBar {
            start_ns: time.start,
            end_ns,
            lock: Some(id),
            level: level as u8,
            shared,
            merged,
            held_permille: None,
        };
        join_hold(&mut self.holds[level], bar, self.resolution);
    }

    /// The bars of locks that are still held and were taken up to then.
    fn hold_open_until(&mut self, until: u64) {
        while let Some((since, object)) = self.open.pop_if(|(since, _)| *since <= until) {
            self.hold(object, since..self.facts.snapshot.wall_ns, false, 0);
        }
    }

    fn wait(&mut self, segment: Segment) {
        self.run_until(segment.start_ns);
        self.push(segment);
    }

    /// Fills up to `until` with running, except where events are lost.
    fn run_until(&mut self, until: u64) {
        let until = until.min(self.facts.snapshot.wall_ns);
        while let Some(span) = gaps::next(&self.gaps, self.cursor, until) {
            let activity = if span.lost > 0 {
                Activity::Gap
            } else {
                Activity::Running
            };
            self.push(plain(self.cursor, span.end_ns, activity));
        }
    }

    fn push(&mut self, mut segment: Segment) {
        segment.start_ns = segment.start_ns.max(self.cursor);
        let end = segment.end_ns.min(self.facts.snapshot.wall_ns);
        segment.end_ns = end.max(segment.start_ns);
        // What never ends is drawn, however late it began.
        if segment.end_ns > segment.start_ns || segment.for_ever {
            self.cursor = segment.end_ns;
            self.segments.push(segment);
        }
    }

    /// The lane, with at most so many segments and holds.
    pub(super) fn finish(mut self, segments: usize, holds: usize) -> Lane {
        let facts = self.facts;
        let thread = &facts.snapshot.threads[self.position];
        let wall = facts.snapshot.wall_ns;
        let end = thread.end_ns.unwrap_or(wall).min(wall);
        self.hold_open_until(u64::MAX);
        if let (ThreadState::Blocked, Some(waiting)) = (thread.state, thread.waiting) {
            let activity = Activity::of_wait(waiting.kind);
            let for_ever = facts.for_ever.contains(&thread.index);
            let (line, within) = (facts.own_line(waiting.at), self.within(waiting.at));
            // A runtime's thread that has nothing to do waits for work, as it should.
            let is_idle = thread.is_pooled && line.is_none() && within.is_some();
            let has_ended = facts.live || waiting.kind == WaitKind::Sleep || is_idle;
            self.wait(Segment {
                object: facts.wait_ref(waiting.kind, waiting.target),
                line,
                within,
                stuck: for_ever || !has_ended,
                for_ever,
                ..plain(waiting.since_ns.min(end), end, activity)
            });
            if is_in_proof(facts, thread.index) {
                self.marks.add(end, MarkKind::Deadlock, None);
            }
        }
        if !self.began && self.gaps.is_empty() && thread.end_ns.is_none() && self.cursor < end {
            let since = self.cursor;
            self.push(plain(since, end, Activity::Starting));
        }
        self.run_until(end);
        self.marks.add_panics(&facts.snapshot.panics, thread.index);
        let blocked = thread
            .blocked_ns
            .iter()
            .fold(0u64, |sum, &ns| sum.saturating_add(ns));
        let running = end.saturating_sub(thread.start_ns).saturating_sub(blocked);
        let mut bars: Vec<HoldBar> = self.holds.into_iter().flatten().collect();
        thin_holds(&mut bars, self.resolution, holds);
        Lane {
            thread: facts.thread_ids[self.position],
            task: None,
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
            marks: self.marks.finish(),
        }
    }
}

/// What a thread still holds, the latest first.
fn open_holds(facts: &Facts<'_>, thread: ThreadSlot) -> Vec<(u64, ObjectSlot)> {
    let objects = facts.snapshot.objects.iter();
    let held = objects.filter(|object| object.held_by == [thread]);
    let mut open: Vec<(u64, ObjectSlot)> = held
        .filter_map(|object| Some((object.held_since_ns?, object.index)))
        .collect();
    open.sort_unstable_by(|one, other| other.cmp(one));
    open
}

/// Whether a thread is one of those that were proved to wait for each other.
fn is_in_proof(facts: &Facts<'_>, thread: ThreadSlot) -> bool {
    let proof = facts.snapshot.verdicts.first();
    proof.is_some_and(|verdict| verdict.edges.iter().any(|edge| edge.waiter == thread))
}

/// A segment of one piece, without a place.
pub(super) fn plain(start_ns: u64, end_ns: u64, state: Activity) -> Segment {
    Segment {
        start_ns,
        end_ns,
        state,
        object: None,
        line: None,
        within: None,
        merged: 0,
        mix: None,
        stuck: false,
        for_ever: false,
    }
}
