//! Schedules that are a little different, and how a run follows one loosely.

use std::collections::BTreeMap;

use crate::point::{Alternatives, Point, ThreadId};
use crate::trace::Trace;

/// Of a thread and its n-th step, what was chosen within it.
type Data = BTreeMap<(ThreadId, u32), Vec<u32>>;

/// A schedule to be followed loosely: what can't be done is left out.
#[derive(Clone, Debug, Default)]
pub(super) struct Plan {
    threads: Vec<ThreadId>,
    data: Data,
    /// At this step the running thread goes on instead.
    departs: Option<usize>,
}

/// How far a run came.
#[derive(Debug, Default)]
pub(super) struct Live {
    at: usize,
    datum: usize,
    counts: BTreeMap<ThreadId, u32>,
}

impl Plan {
    pub(super) fn choose(&self, point: &Point<'_>, live: &mut Live) -> usize {
        let Alternatives::Thread(options) = point.alternatives else {
            let count = live.counts.get(&point.running).copied().unwrap_or(0);
            let within = self.data.get(&(point.running, count));
            live.datum += 1;
            let chosen = within.and_then(|data| data.get(live.datum - 1));
            return chosen.map_or(0, |chosen| *chosen as usize);
        };
        let position = |thread: &ThreadId| options.iter().position(|next| next.thread == *thread);
        let mut chosen = None;
        if self.departs == Some(live.at) {
            live.at = self.threads.len();
        }
        while chosen.is_none() && live.at < self.threads.len() {
            chosen = position(&self.threads[live.at]);
            live.at += 1;
        }
        let chosen = chosen.or(point.stay()).unwrap_or(0);
        live.datum = 0;
        *live.counts.entry(options[chosen].thread).or_default() += 1;
        chosen
    }
}

/// A stretch of steps of one thread.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Stretch {
    thread: ThreadId,
    steps: usize,
}

fn stretches(trace: &Trace) -> Vec<Stretch> {
    let mut all: Vec<Stretch> = Vec::new();
    for step in &trace.steps {
        let thread = step.thread();
        match all.last_mut() {
            Some(last) if last.thread == thread => last.steps += 1,
            _ => all.push(Stretch { thread, steps: 1 }),
        }
    }
    all
}

fn data_of(trace: &Trace) -> Data {
    let (mut data, mut counts) = (Data::new(), BTreeMap::new());
    for (position, step) in trace.steps.iter().enumerate() {
        let count: &mut u32 = counts.entry(step.thread()).or_default();
        *count += 1;
        let within: Vec<u32> = trace
            .data(position)
            .iter()
            .map(|datum| datum.chosen)
            .collect();
        if !within.is_empty() {
            data.insert((step.thread(), *count), within);
        }
    }
    data
}

fn threads_of(stretches: &[Stretch]) -> Vec<ThreadId> {
    let each = |stretch: &Stretch| std::iter::repeat_n(stretch.thread, stretch.steps);
    stretches.iter().flat_map(each).collect()
}

/// Schedules that may be smaller; the last one is to be tried first.
pub(super) fn all(trace: &Trace) -> Vec<Plan> {
    let stretches = stretches(trace);
    let data = data_of(trace);
    let plan = |stretches: &[Stretch], data: &Data| Plan {
        threads: threads_of(stretches),
        data: data.clone(),
        departs: None,
    };
    let mut plans = Vec::new();
    for key in data.keys() {
        let mut fresher = data.clone();
        fresher.remove(key);
        plans.push(plan(&stretches, &fresher));
    }
    if data.len() > 1 {
        plans.push(plan(&stretches, &Data::new()));
    }
    for at in 0..stretches.len() {
        let mut without = stretches.clone();
        without.remove(at);
        plans.push(plan(&without, &data));
        let mut shorter = stretches.clone();
        shorter[at].steps /= 2;
        plans.push(plan(&shorter, &data));
    }
    for at in 1..stretches.len() {
        let thread = stretches[at].thread;
        let before = stretches[..at]
            .iter()
            .rposition(|other| other.thread == thread);
        if let Some(before) = before {
            let mut earlier = stretches.clone();
            let moved = earlier.remove(at);
            earlier[before].steps += moved.steps;
            plans.push(plan(&earlier, &data));
            let mut later = stretches.clone();
            let moved = later.remove(before);
            later[at - 1].steps += moved.steps;
            plans.push(plan(&later, &data));
        }
    }
    plans
}

/// Schedules that go along with the failing one up to a switch; the longest way comes first.
pub(super) fn departures(trace: &Trace) -> Vec<Plan> {
    let stretches = stretches(trace);
    let (threads, data) = (threads_of(&stretches), data_of(trace));
    let mut ends = Vec::new();
    let mut end = 0;
    for stretch in &stretches {
        end += stretch.steps;
        ends.push(end);
    }
    let depart = |end: usize| Plan {
        threads: threads.clone(),
        data: data.clone(),
        departs: Some(end),
    };
    ends.into_iter().map(depart).collect()
}
