//! Partial order sampling: each next operation has a random priority, and has another one after an
//! operation that it depends on.

use super::chooser::Chooser;
use super::profile::Profile;
use crate::point::{Pending, Point};
use crate::random::Random;

#[derive(Default)]
pub(super) struct Pos {
    /// By thread; 0: to be drawn.
    priorities: Vec<u64>,
}

impl Pos {
    /// The position of the highest priority, of those that may go on.
    pub(super) fn best(
        &mut self,
        options: &[Pending],
        random: &mut Random,
        mut may: impl FnMut(&Pending) -> bool,
    ) -> Option<usize> {
        let mut best = None;
        for (position, next) in options.iter().enumerate() {
            let thread = next.thread.0 as usize;
            if self.priorities.len() <= thread {
                self.priorities.resize(thread + 1, 0);
            }
            if self.priorities[thread] == 0 {
                self.priorities[thread] = random.number() | 1;
            }
            let priority = self.priorities[thread];
            if may(next) && best.is_none_or(|(highest, _)| priority > highest) {
                best = Some((priority, position));
            }
        }
        best.map(|(_, position)| position)
    }

    /// The operation is done: what depends on it draws anew.
    pub(super) fn done(&mut self, done: &Pending, options: &[Pending]) {
        for next in options.iter().filter(|next| next.depends_on(done)) {
            self.priorities[next.thread.0 as usize] = 0;
        }
    }

    pub(super) fn forget(&mut self) {
        self.priorities.clear();
    }
}

impl Chooser for Pos {
    fn begin(&mut self, _: &Profile, _: &mut Random) {
        self.forget();
    }

    fn choose(&mut self, _: &Point<'_>, options: &[Pending], random: &mut Random) -> usize {
        let best = self.best(options, random, |_| true).unwrap_or(0);
        self.done(&options[best], options);
        best
    }
}
