//! Guided by who reads from whom: each run aims at a combination of two readers and their sources
//! that was tried least so far, and makes it come about by holding threads back.
//!
//! Sites stand for all threads that run the same code, so a hundred equal threads have as few
//! combinations as two.

use super::chooser::Chooser;
use super::pos::Pos;
use super::profile::Profile;
use super::site::{Aim, Site, leaves};
use crate::point::{Object, Pending, Point};
use crate::random::Random;

#[derive(Default)]
pub(super) struct ReadsFrom {
    aims: Vec<Aim>,
    /// Which aims this run has reached.
    reached: Vec<bool>,
    /// The last that changed each object of an aim.
    last: Vec<(Object, Site)>,
    /// How many choices may still hold somebody back.
    patience: usize,
    order: Pos,
    /// How often each suspect was aimed at.
    tried: Vec<u32>,
}

impl Chooser for ReadsFrom {
    fn begin(&mut self, profile: &Profile, random: &mut Random) {
        self.order.forget();
        self.patience = 2 * profile.steps() + 200;
        self.last.clear();
        self.aims.clear();
        let suspects = random.chance(3, 4);
        if suspects {
            self.aim_at_suspect(profile, random);
        }
        // What else is read may matter as well.
        if !suspects || random.chance(1, 2) {
            self.aim_at_any(profile, random);
        }
        self.reached.clear();
        self.reached.resize(self.aims.len(), false);
    }

    fn choose(&mut self, _: &Point<'_>, options: &[Pending], random: &mut Random) -> usize {
        let mut order = std::mem::take(&mut self.order);
        let mut held = false;
        let chosen = order.best(options, random, |next| {
            let waits = self.patience > 0 && self.must_wait(next, options);
            held |= waits;
            !waits
        });
        let chosen = chosen.or_else(|| order.best(options, random, |_| true));
        let chosen = chosen.unwrap_or(0);
        order.done(&options[chosen], options);
        self.order = order;
        self.patience -= usize::from(held);
        self.note(&options[chosen]);
        chosen
    }
}

impl ReadsFrom {
    /// Would it spoil an aim that is still to be reached?
    fn must_wait(&self, next: &Pending, options: &[Pending]) -> bool {
        let site = Site::of(next);
        let open = self.aims.iter().zip(&self.reached);
        let mut open = open.filter(|(aim, reached)| !**reached && aim.reader.object == next.object);
        open.any(|(aim, _)| {
            let there = self.source(next.object) == aim.source;
            if site == aim.reader {
                !there
            } else if site == aim.source {
                // The reader comes up to its read first, or what it does before covers the source.
                there || !options.iter().any(|other| Site::of(other) == aim.reader)
            } else {
                there && leaves(next)
            }
        })
    }

    fn source(&self, object: Object) -> Site {
        let mut known = self.last.iter();
        let found = known.find(|(of, _)| *of == object);
        found.map_or(Site::START, |(_, site)| *site)
    }

    fn note(&mut self, next: &Pending) {
        if !self.aims.iter().any(|aim| aim.reader.object == next.object) {
            return;
        }
        let site = Site::of(next);
        let source = self.source(next.object);
        for (aim, reached) in self.aims.iter().zip(&mut self.reached) {
            *reached |= aim.reader == site && aim.source == source;
        }
        if leaves(next) {
            self.last.retain(|(object, _)| *object != next.object);
            self.last.push((next.object, site));
        }
    }

    /// The suspect that was tried least.
    fn aim_at_suspect(&mut self, profile: &Profile, random: &mut Random) {
        let all = profile.suspects().all();
        self.tried.resize(all.len(), 0);
        let Some(least) = self.tried.iter().min().copied() else {
            return;
        };
        let tried = self.tried.iter().enumerate();
        let least: Vec<usize> = tried
            .filter(|(_, times)| **times == least)
            .map(|(at, _)| at)
            .collect();
        let chosen = least[random.below(least.len())];
        self.tried[chosen] += 1;
        self.aims.extend_from_slice(&all[chosen]);
    }

    /// One or two readers, and any source of theirs.
    fn aim_at_any(&mut self, profile: &Profile, random: &mut Random) {
        let readers = profile.sources();
        if readers.is_empty() {
            return;
        }
        for _ in 0..1 + random.below(2) {
            let (reader, sources) = &readers[random.below(readers.len())];
            let source = sources[random.below(sources.len())];
            if !self.aims.iter().any(|aim| aim.reader == *reader) {
                self.aims.push(Aim {
                    reader: *reader,
                    source,
                });
            }
        }
    }
}
