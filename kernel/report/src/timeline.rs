//! Makes the timeline: which threads get a lane, what stands on it, who woke whom.
//!
//! A thousand threads and a million events give a picture of bounded size.

mod lanes;
mod marks;
mod path;
mod segments;
mod strip;
mod tasks;

use std::collections::BTreeMap;

use record::snapshot::Action;

use crate::analyse::{Facts, gaps};
use crate::model::{Activity, Lane, Timeline};
use segments::LaneBuilder;

/// Columns of a drawing: what is shorter than a column is merged.
const COLUMNS: u64 = 560;
/// Most segments and holds over all lanes.
const SEGMENTS: usize = 860;
const HOLDS: usize = 430;

/// Makes the timeline; `None` when only counters were recorded.
pub(crate) fn build(facts: &Facts<'_>) -> Option<Timeline> {
    let snapshot = facts.snapshot;
    if snapshot.counts_only {
        return None;
    }
    let path = path::critical(facts);
    let chosen = lanes::choose(facts, &path);
    let resolution = (snapshot.wall_ns / COLUMNS).max(1);
    let mut lane_of = vec![None; snapshot.threads.len()];
    let mut builders: Vec<LaneBuilder<'_>> = Vec::with_capacity(chosen.len());
    for (lane, &position) in chosen.iter().enumerate() {
        lane_of[position] = Some(lane);
        builders.push(LaneBuilder::new(facts, position, resolution));
    }
    let mut strips = strip::Strips::new(facts, &lane_of);
    for event in &snapshot.events {
        let Some(position) = facts.thread_position(event.thread) else {
            continue;
        };
        if let Some(lane) = lane_of[position] {
            builders[lane].add(event);
        }
        let Some(strips) = &mut strips else { continue };
        match event.action {
            Action::Wait { kind, .. } => {
                let activity = Activity::of_wait(kind);
                strips.add(position, activity, event.start_ns, event.end_ns);
            }
            Action::ThreadStart => {
                let spawned = snapshot.threads[position].start_ns;
                strips.add(position, Activity::Starting, spawned, event.start_ns);
            }
            _ => {}
        }
    }
    let ran_ns = strips.as_ref().map(|it| without_lane(facts, it));
    let share = (builders.len() + facts.snapshot.tasks.len().min(builders.len())).max(1);
    let lanes: Vec<Lane> = builders
        .into_iter()
        .map(|builder| builder.finish((SEGMENTS / share).min(160), (HOLDS / share).min(80)))
        .collect();
    let (groups, counts) = match strips {
        Some(strips) => {
            let (groups, counts) = strips.finish();
            (groups, Some(counts))
        }
        None => (Vec::new(), None),
    };
    let tasks = tasks::build(facts, resolution, (SEGMENTS / share).min(160));
    Some(Timeline {
        end_ns: snapshot.wall_ns,
        resolution_ns: resolution,
        merged: lanes
            .iter()
            .flat_map(|lane| &lane.segments)
            .filter(|segment| segment.merged > 0)
            .count() as u64,
        arrows: path::arrows(facts, &lane_of),
        critical_path: path::on_lanes(facts, &path, &lane_of),
        lanes,
        groups,
        counts,
        tasks: tasks.lanes,
        task_groups: tasks.groups,
        task_counts: tasks.counts,
        ran_ns: ran_ns.unwrap_or_default(),
    })
}

/// How long the threads without a lane ran, as far as that is known.
fn without_lane(facts: &Facts<'_>, strips: &strip::Strips) -> BTreeMap<u32, u64> {
    let threads = facts.snapshot.threads.iter().enumerate();
    let known = threads.filter(|(_, it)| gaps::of(facts.snapshot, it.index).is_empty());
    let ran =
        known.filter_map(|(position, _)| Some((facts.thread_ids[position], strips.ran(position)?)));
    ran.collect()
}
