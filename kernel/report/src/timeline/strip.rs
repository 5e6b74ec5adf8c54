//! Threads without a lane: how many of them were in each state over time, by where they were
//! spawned.

use std::collections::BTreeMap;

use record::snapshot::ThreadState;

use crate::analyse::Facts;
use crate::model::At;
use crate::model::{Activity, ActivityCounts, Group, Series};
use crate::words::units;

/// Entries of a strip.
const BUCKETS: usize = 120;
/// Most groups; the smallest go together.
const GROUPS: usize = 5;

/// Time by bucket and state.
type Times = Vec<[u64; Activity::ALL.len()]>;

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
    /// By thread position: which group, 0 for those with a lane.
    group_of: Vec<Option<usize>>,
    labels: Vec<Label>,
    times: Vec<Times>,
}

impl Strips {
    /// `None` when all threads have lanes.
    pub(super) fn new(facts: &Facts<'_>, lane_of: &[Option<usize>]) -> Option<Strips> {
        let threads = &facts.snapshot.threads;
        let mut places: BTreeMap<Option<At>, Vec<usize>> = BTreeMap::new();
        for (position, thread) in threads.iter().enumerate() {
            if facts.thread_ids[position] != 0 && lane_of[position].is_none() {
                places
                    .entry(facts.at(thread.spawned_at))
                    .or_default()
                    .push(position);
            }
        }
        if places.is_empty() {
            return None;
        }
        let mut groups: Vec<(Option<At>, Vec<usize>)> = places.into_iter().collect();
        groups.sort_by_key(|(_, positions)| (std::cmp::Reverse(positions.len()), positions[0]));
        let mut group_of = vec![None; threads.len()];
        for (position, lane) in lane_of.iter().enumerate() {
            if lane.is_some() {
                group_of[position] = Some(0);
            }
        }
        let mut labels = vec![Label::default()];
        for (rank, (at, positions)) in groups.iter().enumerate() {
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
            labels[group].threads += positions.len() as u64;
            for &position in positions {
                group_of[position] = Some(group);
            }
        }
        let wall = facts.snapshot.wall_ns.max(1);
        let mut strips = Strips {
            bucket: wall.div_ceil(BUCKETS as u64).max(1),
            group_of,
            times: vec![vec![[0; Activity::ALL.len()]; BUCKETS]; labels.len()],
            labels,
        };
        for (position, thread) in threads.iter().enumerate() {
            let end = thread.end_ns.unwrap_or(wall).min(wall);
            // Everyone runs all their life; what they wait is moved from there.
            strips.spread(position, Activity::Running, thread.start_ns, end, false);
            if let (ThreadState::Blocked, Some(waiting)) = (thread.state, thread.waiting) {
                strips.add(
                    position,
                    Activity::of_wait(waiting.kind),
                    waiting.since_ns,
                    end,
                );
            }
        }
        Some(strips)
    }

    /// Moves a stretch from running to another state.
    pub(super) fn add(&mut self, position: usize, state: Activity, start: u64, end: u64) {
        self.spread(position, state, start, end, true);
    }

    fn spread(&mut self, position: usize, state: Activity, start: u64, end: u64, moved: bool) {
        let Some(group) = self.group_of[position] else {
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
                let running = &mut bucket[Activity::Running as usize];
                *running = running.saturating_sub(until - from);
            }
            from = until;
        }
    }

    /// The groups, and the counts over all threads.
    pub(super) fn finish(self) -> (Vec<Group>, ActivityCounts) {
        let mut all = vec![[0u64; Activity::ALL.len()]; BUCKETS];
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

fn counts(times: &Times, bucket_ns: u64) -> ActivityCounts {
    let series = Activity::ALL
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
    ActivityCounts { bucket_ns, series }
}
