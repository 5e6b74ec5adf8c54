//! Probabilistic concurrency testing: threads have priorities, which fall at a few random steps.

use super::chooser::Chooser;
use super::profile::Profile;
use crate::point::{Pending, Point};
use crate::random::Random;

/// How many priorities fall in a run, at most.
const MOST_CHANGES: usize = 3;

#[derive(Default)]
pub(super) struct Pct {
    /// The steps at which the running thread falls behind all others, in order.
    changes: Vec<u32>,
    /// By thread. 0: not known yet.
    priorities: Vec<u64>,
    fallen: u64,
}

impl Chooser for Pct {
    fn begin(&mut self, profile: &Profile, random: &mut Random) {
        let steps = profile.steps().max(1);
        let changes = random.below(MOST_CHANGES + 1);
        self.changes.clear();
        self.changes
            .extend((0..changes).map(|_| random.below(steps) as u32));
        self.changes.sort_unstable();
        self.changes.dedup();
        self.priorities.clear();
        self.fallen = MOST_CHANGES as u64 + 1;
    }

    fn choose(&mut self, point: &Point<'_>, options: &[Pending], random: &mut Random) -> usize {
        let running = point.running.0 as usize;
        while self
            .changes
            .first()
            .is_some_and(|change| *change <= point.step)
        {
            self.changes.remove(0);
            self.fall(running);
        }
        // Who spins or yields gives way, or a run would not end.
        if point
            .stay()
            .is_some_and(|at| options[at].operation.gives_way())
        {
            self.fall(running);
        }
        let mut priority = |next: &Pending| {
            let thread = next.thread.0 as usize;
            if self.priorities.len() <= thread {
                self.priorities.resize(thread + 1, 0);
            }
            if self.priorities[thread] == 0 {
                self.priorities[thread] = random.number() >> 1 | 1 << 62;
            }
            self.priorities[thread]
        };
        let all = options.iter().enumerate();
        all.max_by_key(|(_, next)| priority(next))
            .map_or(0, |(at, _)| at)
    }
}

impl Pct {
    fn fall(&mut self, thread: usize) {
        if let Some(priority) = self.priorities.get_mut(thread) {
            // Each falls behind those that fell before it.
            self.fallen = self.fallen.saturating_sub(1).max(1);
            *priority = self.fallen;
        }
    }
}
