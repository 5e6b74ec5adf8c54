//! The random walk: at each point, any alternative.

use super::Strategy;
use crate::point::Point;
use crate::random::Random;
use crate::trace::Trace;

/// Chooses evenly among the alternatives of each point.
#[derive(Clone, Debug)]
pub struct RandomWalk {
    seeds: Random,
    random: Random,
}

impl RandomWalk {
    /// The walks of a seed.
    pub fn new(seed: u64) -> RandomWalk {
        let mut seeds = Random::new(seed);
        let random = seeds.split();
        RandomWalk { seeds, random }
    }
}

impl Strategy for RandomWalk {
    fn begin_run(&mut self) {
        self.random = self.seeds.split();
    }

    fn choose(&mut self, point: &Point<'_>) -> usize {
        self.random.below(point.alternatives.len())
    }

    fn end_run(&mut self, _: &Trace) {}
}
