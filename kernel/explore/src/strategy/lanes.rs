//! A random search in two lanes, which two workers can go along at the same time, and find what one
//! finds that goes along both.

use super::Strategy;
use super::guided::{Guided, Heuristic};
use crate::point::Point;
use crate::random::mix;
use crate::trace::Trace;

/// Runs by number, from 0 on. The first ones are chosen one after the other, and each lane learns
/// from them. After those a run belongs to the lane of its number's lowest bit, which learns from
/// its own runs alone. So what a run does hangs on the seed and its number, and not on who does it
/// when.
pub struct Lanes {
    lanes: [Guided; Lanes::COUNT],
    number: u64,
    /// Which lane's runs are done here after the first ones; none: all.
    own: Option<usize>,
}

impl Lanes {
    /// How many there are.
    pub const COUNT: usize = 2;
    /// So many runs come before they part.
    pub const COMMON: u64 = 128;

    /// A search with this seed, of one lane or of all.
    pub fn new(heuristic: Heuristic, seed: u64, own: Option<usize>) -> Lanes {
        Lanes {
            lanes: [seed, mix(seed ^ 1 << 63)].map(|seed| Guided::new(heuristic, seed)),
            number: 0,
            own,
        }
    }

    /// The number of the run that goes on, or comes next.
    pub fn number(&self) -> u64 {
        self.number
    }

    /// The lane of a run.
    pub fn of(number: u64) -> usize {
        match number {
            0..Lanes::COMMON => 0,
            _ => (number % Lanes::COUNT as u64) as usize,
        }
    }

    /// From now on only the runs of this lane are done here, after the first ones.
    pub fn keep_to(&mut self, lane: usize) {
        self.own = Some(lane);
        self.skip();
    }

    /// Goes on to the next run that is done here.
    fn skip(&mut self) {
        let is_others = |number| self.own.is_some_and(|own| own != Lanes::of(number));
        while self.number >= Lanes::COMMON && is_others(self.number) {
            self.number += 1;
        }
    }

    fn lane(&mut self) -> &mut Guided {
        &mut self.lanes[Lanes::of(self.number)]
    }
}

impl Strategy for Lanes {
    fn begin_run(&mut self) {
        self.lane().begin_run();
    }

    fn choose(&mut self, point: &Point<'_>) -> usize {
        self.lane().choose(point)
    }

    fn end_run(&mut self, trace: &Trace) {
        if self.number < Lanes::COMMON {
            self.lanes.iter_mut().for_each(|lane| lane.end_run(trace));
        } else {
            self.lane().end_run(trace);
        }
        self.number += 1;
        self.skip();
    }
}
