//! What runs tell about a program: how long it is, what its threads share, who reads from whom.

use std::collections::BTreeMap;

use super::site::{Site, is_use, leaves, reads};
use super::suspects::Suspects;
use crate::point::{Object, Operation, Pending};
use crate::trace::Trace;

/// After so many runs only some are looked at.
const LOOKED_AT: u32 = 64;

/// What has more objects, or more readers, is known well enough.
const MOST_OBJECTS: usize = 5_000;
const MOST_READERS: usize = 1_000;

#[derive(Default)]
pub(super) struct Profile {
    runs: u32,
    steps: usize,
    /// How often each thread used an object, in the run with the most; and whether it changed it.
    uses: BTreeMap<Object, BTreeMap<u32, (u32, bool)>>,
    shared: Vec<Object>,
    /// Of each object, the locks that were held at each of its uses: what a lock guards shows no
    /// order but the lock's (Savage, Burrows, Nelson, Sobalvarro and Anderson, "Eraser", SOSP
    /// 1997).
    guards: BTreeMap<Object, Vec<Object>>,
    /// Of each reading site, what it may read from; the start of the program first.
    sources: Vec<(Site, Vec<Site>)>,
    suspects: Suspects,
}

impl Profile {
    /// How many steps a run has.
    pub(super) fn steps(&self) -> usize {
        self.steps
    }

    /// What two threads use and one of them changes, without a lock that guards it.
    pub(super) fn shared(&self) -> &[Object] {
        &self.shared
    }

    /// How often each thread uses an object.
    pub(super) fn uses(&self, object: Object) -> impl Iterator<Item = (u32, u32)> + '_ {
        let all = self.uses.get(&object).into_iter().flatten();
        all.map(|(thread, (count, _))| (*thread, *count))
    }

    /// Of each reading site, what it may read from.
    pub(super) fn sources(&self) -> &[(Site, Vec<Site>)] {
        &self.sources
    }

    /// Combinations of reads that are worth a try.
    pub(super) fn suspects(&self) -> &Suspects {
        &self.suspects
    }

    pub(super) fn learn(&mut self, trace: &Trace) {
        self.runs += 1;
        let some = self.runs > LOOKED_AT && !self.runs.is_multiple_of(16);
        if some || self.uses.len() > MOST_OBJECTS {
            return;
        }
        self.steps = self.steps.max(trace.steps.len());
        let mut uses: BTreeMap<Object, BTreeMap<u32, (u32, bool)>> = BTreeMap::new();
        for step in trace.steps.iter().filter(|step| is_use(&step.pending)) {
            let thread = step.thread().0;
            for (object, writes) in step.pending.accesses() {
                let entry = uses.entry(object).or_default().entry(thread).or_default();
                entry.0 += 1;
                entry.1 |= writes;
            }
        }
        for (object, threads) in uses {
            let known = self.uses.entry(object).or_default();
            for (thread, (count, writes)) in threads {
                let entry = known.entry(thread).or_default();
                entry.0 = entry.0.max(count);
                entry.1 |= writes;
            }
        }
        self.learn_guards(trace);
        let shared = self.uses.iter().filter(|(object, threads)| {
            let changed = threads.values().any(|(_, writes)| *writes);
            threads.len() > 1 && changed && !self.is_guarded(**object)
        });
        self.shared = shared.map(|(object, _)| *object).collect();
        self.learn_sources(trace);
        self.suspects.learn(trace, &self.shared);
    }

    fn is_guarded(&self, object: Object) -> bool {
        let guards = self.guards.get(&object);
        guards.is_some_and(|guards| !guards.is_empty())
    }

    fn learn_guards(&mut self, trace: &Trace) {
        let mut held: BTreeMap<u32, Vec<Object>> = BTreeMap::new();
        for step in &trace.steps {
            let (pending, thread) = (&step.pending, step.thread().0);
            let held = held.entry(thread).or_default();
            match pending.operation {
                Operation::Lock => held.push(pending.object),
                Operation::TryLock if !step.effect.failed => held.push(pending.object),
                Operation::Unlock => held.retain(|lock| *lock != pending.object),
                Operation::Load
                | Operation::Store
                | Operation::ReadModifyWrite
                | Operation::CompareExchange => {
                    let guards = self.guards.entry(pending.object);
                    let guards = guards.or_insert_with(|| held.clone());
                    guards.retain(|lock| held.contains(lock));
                }
                _ => {}
            }
        }
    }

    /// Any site that changes an object may be read from by any that reads it.
    fn learn_sources(&mut self, trace: &Trace) {
        let shared = |pending: &Pending| self.shared.binary_search(&pending.object).is_ok();
        let relevant = trace.steps.iter().map(|step| &step.pending);
        let relevant = relevant.filter(|pending| shared(pending));
        let (mut readers, mut writers) = (Vec::new(), Vec::new());
        for pending in relevant {
            if reads(pending) {
                readers.push(Site::of(pending));
            }
            if leaves(pending) {
                writers.push(Site::of(pending));
            }
        }
        for sites in [&mut readers, &mut writers] {
            sites.sort_unstable();
            sites.dedup();
        }
        for reader in &readers {
            let known = self.sources.iter().any(|(known, _)| known == reader);
            if !known && self.sources.len() < MOST_READERS {
                self.sources.push((*reader, vec![Site::START]));
            }
        }
        for (reader, sources) in &mut self.sources {
            let of = writers
                .iter()
                .filter(|writer| writer.object == reader.object);
            for writer in of {
                if !sources.contains(writer) {
                    sources.push(*writer);
                }
            }
        }
    }
}
