//! Threads and tasks without a lane: how many of them were in each activity over time, by where
//! they were spawned.

use std::collections::BTreeMap;

use record::snapshot::{Thread, ThreadState};

use crate::analyse::Facts;
use crate::model::{Activity, ActivityCounts, At, Group, Series};
use crate::words::units;

/// Entries of a strip.
const BUCKETS: usize = 120;
/// Most groups; the smallest go together.
const GROUPS: usize = 5;

/// Time by bucket and activity.
type Times = Vec<[u64; Activity::ALL.len()]>;

/// What a group is called.
#[derive(Clone, Default)]
struct Label {
    place: String,
    origin: String,
    threads: u64,
}

impl Label {
    /// For threads spawned there, none of which is counted yet.
    fn new(facts: &Facts<'_>, at: &Option<At>) -> Label {
        let (place, origin) = match at {
            Some(At::Dependency { krate, .. }) => (krate.clone(), format!("spawned by {krate}")),
            Some(at) => {
                let place = facts.at_words(at);
                (place.clone(), format!("spawned at {place}"))
            }
            None => ("elsewhere".to_owned(), "spawned elsewhere".to_owned()),
        };
        Label {
            place,
            origin,
            threads: 0,
        }
    }
}

/// Positions by where what stands there was spawned.
type Groups = Vec<(Option<At>, Vec<usize>)>;

/// What has no lane, by where it was spawned, the largest group first.
pub(super) fn by_place(spawned: impl Iterator<Item = (usize, Option<At>)>) -> Groups {
    let mut places: BTreeMap<Option<At>, Vec<usize>> = BTreeMap::new();
    for (position, place) in spawned {
        places.entry(place).or_default().push(position);
    }
    let mut groups: Vec<_> = places.into_iter().collect();
    groups.sort_by_key(|(_, positions)| (std::cmp::Reverse(positions.len()), positions[0]));
    groups
}

/// Sums up the activities of all threads while the events are read.
pub(super) struct Strips {
    bucket: u64,
    /// By position of the thread or task: which group, 0 for those with a lane.
    group_of: Vec<Option<usize>>,
    labels: Vec<Label>,
    times: Vec<Times>,
    /// By position of the thread: how long it was running.
    ran: Vec<u64>,
}

impl Strips {
    /// `None` when all threads have lanes.
    pub(super) fn new(facts: &Facts<'_>, lane_of: &[Option<usize>]) -> Option<Strips> {
        let threads = facts.snapshot.threads.iter().enumerate();
        let spawned = threads
            .filter(|(position, _)| {
                facts.thread_ids[*position] != 0 && lane_of[*position].is_none()
            })
            .map(|(position, thread)| (position, facts.at(thread.spawned_at)));
        let in_lane = |lane: &Option<usize>| lane.map(|_| 0);
        let group_of = lane_of.iter().map(in_lane).collect();
        let mut strips = Strips::of(facts, by_place(spawned), group_of)?;
        let wall = facts.snapshot.wall_ns.max(1);
        for (position, thread) in facts.snapshot.threads.iter().enumerate() {
            strips.live(position, thread, wall);
        }
        Some(strips)
    }

    /// Empty ones of these groups; `group_of` says by position what has a lane (0). `None` when
    /// everything has one.
    pub(super) fn of(
        facts: &Facts<'_>,
        groups: Groups,
        mut group_of: Vec<Option<usize>>,
    ) -> Option<Strips> {
        if groups.is_empty() {
            return None;
        }
        let mut labels = vec![Label::default()];
        for (rank, (at, positions)) in groups.iter().enumerate() {
            if rank < GROUPS {
                labels.push(Label::new(facts, at));
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
        Some(Strips {
            bucket: wall.div_ceil(BUCKETS as u64).max(1),
            ran: vec![0; group_of.len()],
            group_of,
            times: vec![vec![[0; Activity::ALL.len()]; BUCKETS]; labels.len()],
            labels,
        })
    }

    /// Everyone runs all their life; what they wait is moved from there.
    fn live(&mut self, position: usize, thread: &Thread, wall: u64) {
        let end = thread.end_ns.unwrap_or(wall).min(wall);
        self.spread(position, Activity::Running, thread.start_ns, end, false);
        self.ran[position] = end.saturating_sub(thread.start_ns);
        if let (ThreadState::Blocked, Some(waiting)) = (thread.state, thread.waiting) {
            let activity = Activity::of_wait(waiting.kind);
            self.add(position, activity, waiting.since_ns, end);
        }
    }

    /// Moves a stretch from running to another activity.
    pub(super) fn add(&mut self, position: usize, activity: Activity, start: u64, end: u64) {
        self.spread(position, activity, start, end, true);
        self.ran[position] = self.ran[position].saturating_sub(end.saturating_sub(start));
    }

    /// How long a thread without a lane was running.
    pub(super) fn ran(&self, position: usize) -> Option<u64> {
        self.group_of[position].filter(|&group| group != 0)?;
        Some(self.ran[position])
    }

    /// Adds a stretch to an activity.
    pub(super) fn lie(&mut self, position: usize, activity: Activity, start: u64, end: u64) {
        self.spread(position, activity, start, end, false);
    }

    fn spread(&mut self, position: usize, activity: Activity, start: u64, end: u64, moved: bool) {
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
            bucket[activity as usize] = bucket[activity as usize].saturating_add(until - from);
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
        .filter(|&activity| {
            times
                .iter()
                .any(|time| time[activity as usize] >= (bucket_ns / 20).max(1))
        })
        .map(|activity| Series {
            state: activity,
            threads: times
                .iter()
                .map(|time| {
                    (time[activity as usize] as f64 * 10.0 / bucket_ns as f64).floor() / 10.0
                })
                .collect(),
        })
        .collect();
    ActivityCounts { bucket_ns, series }
}
