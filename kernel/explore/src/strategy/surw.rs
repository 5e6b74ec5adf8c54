//! The selectively uniform random walk: every order of the operations on one object, or on all
//! that is shared, is equally likely.
//!
//! Each thread's weight is how many such operations it still has before it, as earlier runs tell.
//! The next one to do such an operation is drawn by weight; the others wait where they are about to
//! do one, and all else goes on at random.

use super::chooser::Chooser;
use super::profile::Profile;
use crate::point::{Object, Pending, Point};
use crate::random::Random;

#[derive(Default)]
pub(super) struct Surw {
    interesting: Vec<Object>,
    /// By thread: interesting operations that are still to come.
    left: Vec<u32>,
    intended: Option<u32>,
    /// Prefers who runs, in this run: few switches where nothing is at stake.
    lazy: bool,
}

impl Chooser for Surw {
    fn begin(&mut self, profile: &Profile, random: &mut Random) {
        self.interesting.clear();
        self.left.clear();
        self.intended = None;
        self.lazy = random.chance(1, 2);
        let shared = profile.shared();
        if shared.is_empty() {
            return;
        }
        if random.chance(1, 4) {
            self.interesting.extend_from_slice(shared);
        } else {
            self.interesting.push(shared[random.below(shared.len())]);
        }
        for object in &self.interesting {
            for (thread, count) in profile.uses(*object) {
                let thread = thread as usize;
                if self.left.len() <= thread {
                    self.left.resize(thread + 1, 0);
                }
                self.left[thread] += count;
            }
        }
    }

    fn choose(&mut self, point: &Point<'_>, options: &[Pending], random: &mut Random) -> usize {
        if self.intended.is_none() {
            self.intended = self.draw(random);
        }
        let free: Vec<usize> = (0..options.len())
            .filter(|at| {
                let next = &options[*at];
                !self.is_interesting(next) || self.intended == Some(next.thread.0)
            })
            .collect();
        let chosen = match free.len() {
            // The intended one can't go on: any may.
            0 => {
                self.intended = None;
                random.below(options.len())
            }
            count => match point.stay() {
                Some(stay) if self.lazy && free.contains(&stay) && !random.chance(1, 32) => stay,
                _ => free[random.below(count)],
            },
        };
        let next = &options[chosen];
        if self.is_interesting(next) {
            if let Some(left) = self.left.get_mut(next.thread.0 as usize) {
                *left = left.saturating_sub(1);
            }
            self.intended = None;
        }
        chosen
    }
}

impl Surw {
    fn is_interesting(&self, next: &Pending) -> bool {
        let mut objects = next.accesses().map(|(object, _)| object);
        objects.any(|object| self.interesting.binary_search(&object).is_ok())
    }

    /// A thread by its weight.
    fn draw(&self, random: &mut Random) -> Option<u32> {
        let total: u64 = self.left.iter().map(|left| u64::from(*left)).sum();
        if total == 0 {
            return None;
        }
        let mut drawn = random.below(total as usize) as u64;
        let drawn = self.left.iter().position(|left| {
            let here = drawn < u64::from(*left);
            drawn = drawn.saturating_sub(u64::from(*left));
            here
        });
        drawn.map(|thread| thread as u32)
    }
}
