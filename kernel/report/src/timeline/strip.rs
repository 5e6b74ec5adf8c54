//! Threads without a lane: how many of them were in each state over time, by where they were spawned.

use std::collections::BTreeMap;

use record::snapshot::ThreadState;

use super::{Group, Series, State, StateCounts};
use crate::facts::Facts;
use crate::model::At;
use crate::units;

/// Entries of a strip.
const BUCKETS: usize = 120;
/// Most groups; the smallest go together.
const GROUPS: usize = 5;

/// Time by bucket and state.
type Times = Vec<[u64; State::ALL.len()]>;

/// What a group is called.
#[derive(Clone, Default)]
struct Label {
    place: String,
    origin: String,
    threads: u64,
}

/// Sums up the states of all threads while the events are read.
pub(super) struct Strips {
    bucket: u64,
    /// By thread slot: which group, 0 for those with a lane.
    group_of: Vec<Option<usize>>,
    labels: Vec<Label>,
    times: Vec<Times>,
}

impl Strips {
    /// `None` when all threads have lanes.
    pub(super) fn new(facts: &Facts<'_>, lane_of: &[Option<usize>]) -> Option<Strips> {
        let threads = &facts.snapshot.threads;
        let mut places: BTreeMap<Option<At>, Vec<usize>> = BTreeMap::new();
        for (slot, thread) in threads.iter().enumerate() {
            if facts.thread_ids[slot] != 0 && lane_of[slot].is_none() {
                places
                    .entry(facts.at(thread.spawned_at))
                    .or_default()
                    .push(slot);
            }
        }
        if places.is_empty() {
            return None;
        }
        let mut groups: Vec<(Option<At>, Vec<usize>)> = places.into_iter().collect();
        groups.sort_by_key(|(_, slots)| (std::cmp::Reverse(slots.len()), slots[0]));
        let mut group_of = vec![None; threads.len()];
        for (slot, lane) in lane_of.iter().enumerate() {
            if lane.is_some() {
                group_of[slot] = Some(0);
            }
        }
        let mut labels = vec![Label::default()];
        for (rank, (at, slots)) in groups.iter().enumerate() {
            let (place, origin) = match at {
                Some(At::Dependency { krate, .. }) => {
                    (krate.clone(), format!("spawned by {krate}"))
                }
                Some(at) => {
                    let place = facts.at_words(at);
                    (place.clone(), format!("spawned at {place}"))
                }
                None => ("elsewhere".to_owned(), "spawned elsewhere".to_owned()),
            };
            if rank < GROUPS {
                labels.push(Label {
                    place,
                    origin,
                    threads: 0,
                });
            } else {
                labels[GROUPS].place = "other places".to_owned();
                labels[GROUPS].origin = "spawned elsewhere".to_owned();
            }
            let group = (rank + 1).min(GROUPS);
            labels[group].threads += slots.len() as u64;
            for &slot in slots {
                group_of[slot] = Some(group);
            }
        }
        let wall = facts.snapshot.wall_ns.max(1);
        let mut strips = Strips {
            bucket: wall.div_ceil(BUCKETS as u64).max(1),
            group_of,
            times: vec![vec![[0; State::ALL.len()]; BUCKETS]; labels.len()],
            labels,
        };
        for (slot, thread) in threads.iter().enumerate() {
            let end = thread.end_ns.unwrap_or(wall).min(wall);
            // Everyone runs all their life; what they wait is moved from there.
            strips.spread(slot, State::Running, thread.start_ns, end, false);
            if let (ThreadState::Blocked, Some(waiting)) = (thread.state, thread.waiting) {
                strips.add(slot, State::of(waiting.kind), waiting.since_ns, end);
            }
        }
        Some(strips)
    }

    /// Moves a stretch from running to another state.
    pub(super) fn add(&mut self, slot: usize, state: State, start: u64, end: u64) {
        self.spread(slot, state, start, end, true);
    }

    fn spread(&mut self, slot: usize, state: State, start: u64, end: u64, moved: bool) {
        let Some(group) = self.group_of[slot] else {
            return;
        };
        let times = &mut self.times[group];
        let mut from = start;
        while from < end {
            let index = (from / self.bucket) as usize;
            let Some(bucket) = times.get_mut(index) else {
                return;
            };
            let until = end.min((index as u64 + 1).saturating_mul(self.bucket));
            bucket[state as usize] = bucket[state as usize].saturating_add(until - from);
            if moved {
                let running = &mut bucket[State::Running as usize];
                *running = running.saturating_sub(until - from);
            }
            from = until;
        }
    }

    /// The groups, and the counts over all threads.
    pub(super) fn finish(self) -> (Vec<Group>, StateCounts) {
        let mut all = vec![[0u64; State::ALL.len()]; BUCKETS];
        for (sum, one) in all.iter_mut().zip(0..) {
            for times in &self.times {
                for (sum, time) in sum.iter_mut().zip(times[one]) {
                    *sum = sum.saturating_add(time);
                }
            }
        }
        let groups = self
            .labels
            .iter()
            .zip(&self.times)
            .skip(1)
            .map(|(label, times)| Group {
                label: format!("{} × {}", units::count(label.threads), label.place),
                origin: label.origin.clone(),
                threads: label.threads,
                counts: counts(times, self.bucket),
            })
            .collect();
        (groups, counts(&all, self.bucket))
    }
}

fn counts(times: &Times, bucket_ns: u64) -> StateCounts {
    let series = State::ALL
        .into_iter()
        .filter(|&state| {
            times
                .iter()
                .any(|time| time[state as usize] >= (bucket_ns / 20).max(1))
        })
        .map(|state| Series {
            state,
            threads: times
                .iter()
                .map(|time| (time[state as usize] as f64 * 10.0 / bucket_ns as f64).floor() / 10.0)
                .collect(),
        })
        .collect();
    StateCounts { bucket_ns, series }
}
