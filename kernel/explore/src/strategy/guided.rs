//! Random searches that learn from earlier runs, one of them or in turn.

use std::fmt;
use std::str::FromStr;

use super::Strategy;
use super::chooser::Chooser;
use super::pct::Pct;
use super::pos::Pos;
use super::profile::Profile;
use super::reads_from::ReadsFrom;
use super::surw::Surw;
use crate::point::{Alternatives, Pending, Point};
use crate::random::Random;
use crate::trace::Trace;

/// Ways to search at random. They find different mistakes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heuristic {
    /// Any alternative, evenly.
    Random,
    /// Probabilistic concurrency testing (Burckhardt, Kothari, Musuvathi and Nagarakatte, "A
    /// randomized scheduler with probabilistic guarantees of finding bugs", ASPLOS 2010).
    Pct,
    /// Partial order sampling (Yuan, Yang and Gu, "Partial order aware concurrency sampling", CAV
    /// 2018).
    Pos,
    /// Selectively uniform random walk (Zhao, Wolff, Mathur and Roychoudhury, "Selectively uniform
    /// concurrency testing", ASPLOS 2025).
    Surw,
    /// Guided by who reads from whom (after Wolff, Shi, Duck, Mathur and Roychoudhury, "Greybox
    /// fuzzing for concurrency testing", ASPLOS 2024).
    ReadsFrom,
    /// All of them in turn. They share what the runs tell.
    Portfolio,
}

/// A way of searching that is not known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownHeuristic(String);

impl fmt::Display for UnknownHeuristic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = Heuristic::ALL.map(|(name, _)| name).join(", ");
        write!(f, "no strategy is called `{}`; there are {names}", self.0)
    }
}

impl std::error::Error for UnknownHeuristic {}

impl Heuristic {
    const ALL: [(&str, Heuristic); 6] = [
        ("random", Heuristic::Random),
        ("pct", Heuristic::Pct),
        ("pos", Heuristic::Pos),
        ("surw", Heuristic::Surw),
        ("reads-from", Heuristic::ReadsFrom),
        ("all", Heuristic::Portfolio),
    ];
}

impl FromStr for Heuristic {
    type Err = UnknownHeuristic;

    fn from_str(text: &str) -> Result<Heuristic, UnknownHeuristic> {
        let mut all = Heuristic::ALL.into_iter();
        let found = all.find(|(name, _)| *name == text);
        let found = found.map(|(_, heuristic)| heuristic);
        found.ok_or_else(|| UnknownHeuristic(text.into()))
    }
}

/// Any alternative, evenly.
struct Walk;

impl Chooser for Walk {
    fn begin(&mut self, _: &Profile, _: &mut Random) {}

    fn choose(&mut self, _: &Point<'_>, options: &[Pending], random: &mut Random) -> usize {
        random.below(options.len())
    }
}

/// A random search that learns from the traces of earlier runs.
pub struct Guided {
    seeds: Random,
    random: Random,
    profile: Profile,
    choosers: Vec<Box<dyn Chooser>>,
    /// Whose turn it is, in a cycle.
    turns: &'static [usize],
    run: usize,
    /// Loads see the newest store, in this run.
    fresh: bool,
}

impl Guided {
    /// A search with this seed.
    pub fn new(heuristic: Heuristic, seed: u64) -> Guided {
        let one = |chooser: Box<dyn Chooser>| (vec![chooser], &[0][..]);
        let (choosers, turns): (Vec<Box<dyn Chooser>>, &'static [usize]) = match heuristic {
            Heuristic::Random => one(Box::new(Walk)),
            Heuristic::Pct => one(Box::<Pct>::default()),
            Heuristic::Pos => one(Box::<Pos>::default()),
            Heuristic::Surw => one(Box::<Surw>::default()),
            Heuristic::ReadsFrom => one(Box::<ReadsFrom>::default()),
            Heuristic::Portfolio => (
                vec![
                    Box::new(Walk),
                    Box::<ReadsFrom>::default(),
                    Box::<Surw>::default(),
                    Box::<Pct>::default(),
                    Box::<Pos>::default(),
                ],
                // What aims finds most mistakes soonest; the others find what aiming can't.
                &[0, 1, 1, 1, 4, 1, 1, 2, 1, 1, 0, 1, 1, 3, 1, 2],
            ),
        };
        let mut seeds = Random::new(seed);
        let random = seeds.split();
        Guided {
            seeds,
            random,
            profile: Profile::default(),
            choosers,
            turns,
            run: 0,
            fresh: true,
        }
    }

    fn turn(&self) -> usize {
        self.turns[self.run % self.turns.len()]
    }
}

impl Strategy for Guided {
    fn begin_run(&mut self) {
        self.random = self.seeds.split();
        self.fresh = self.random.chance(1, 4);
        let turn = self.turn();
        self.choosers[turn].begin(&self.profile, &mut self.random);
    }

    fn choose(&mut self, point: &Point<'_>) -> usize {
        match point.alternatives {
            Alternatives::Thread([_]) => 0,
            Alternatives::Thread(options) => {
                let turn = self.turn();
                self.choosers[turn].choose(point, options, &mut self.random)
            }
            Alternatives::Waiter(threads) => self.random.below(threads.len()),
            Alternatives::Store(_) | Alternatives::Value(_) if self.fresh => 0,
            // As often the newest as any older one.
            alternatives if self.random.chance(1, 2) => self.random.below(alternatives.len()),
            _ => 0,
        }
    }

    fn end_run(&mut self, trace: &Trace) {
        self.profile.learn(trace);
        self.run += 1;
    }
}
