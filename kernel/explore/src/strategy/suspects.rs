//! Combinations of who reads from whom that show a mistake more often than others: a thread that
//! sees one half of what another one changes, or sees it change between two looks (the patterns of
//! Lu, Park, Seo and Zhou, "Learning from mistakes", ASPLOS 2008).

use std::collections::BTreeMap;

use super::site::{Aim, Site, is_use, leaves, reads};
use crate::point::Object;
use crate::trace::Trace;

/// What a thread does with shared objects is looked at up to so many operations.
const LENGTH: usize = 24;

/// More suspects are not kept, nor more codes.
const MOST: usize = 512;

/// What threads that run the same code do: an operation, whether it reads, whether it leaves.
type Code = Vec<(Site, bool, bool)>;

#[derive(Default)]
pub(super) struct Suspects {
    codes: BTreeMap<Code, u32>,
    all: Vec<Vec<Aim>>,
}

impl Suspects {
    /// Two aims each, in the order in which they were found.
    pub(super) fn all(&self) -> &[Vec<Aim>] {
        &self.all
    }

    pub(super) fn learn(&mut self, trace: &Trace, shared: &[Object]) {
        if self.all.len() >= MOST || self.codes.len() >= MOST {
            return;
        }
        let mut threads: BTreeMap<u32, Code> = BTreeMap::new();
        for step in &trace.steps {
            let pending = &step.pending;
            let code = threads.entry(step.thread().0).or_default();
            let site = Site::of(pending);
            let known = code.iter().any(|(other, ..)| *other == site);
            let relevant = is_use(pending) && shared.binary_search(&pending.object).is_ok();
            if relevant && !known && code.len() < LENGTH {
                code.push((site, reads(pending), leaves(pending)));
            }
        }
        let mut found: BTreeMap<Code, u32> = BTreeMap::new();
        for code in threads.into_values().filter(|code| !code.is_empty()) {
            *found.entry(code).or_default() += 1;
        }
        let before = self.codes.len();
        for (code, threads) in found {
            let known = self.codes.entry(code).or_default();
            *known = threads.max(*known);
        }
        if self.codes.len() > before {
            self.pair_up();
        }
    }

    fn pair_up(&mut self) {
        let mut found = Vec::new();
        for reader in self.codes.keys() {
            for (writer, threads) in &self.codes {
                if reader != writer || *threads > 1 {
                    suspicious(reader, writer, &mut found);
                }
            }
        }
        for aims in found {
            if self.all.len() < MOST && !self.all.contains(&aims) {
                self.all.push(aims);
            }
        }
    }
}

/// The start of the program, and then all that the writer leaves in an object, in order.
fn chain(writer: &Code, object: Object) -> Vec<Site> {
    let left = writer
        .iter()
        .filter(|(site, _, leaves)| *leaves && site.object == object);
    let left = left.map(|(site, ..)| *site);
    std::iter::once(Site::START).chain(left).collect()
}

fn suspicious(reader: &Code, writer: &Code, found: &mut Vec<Vec<Aim>>) {
    let aim = |reader: &Site, source: Site| Aim {
        reader: *reader,
        source,
    };
    let looks: Vec<Site> = reader
        .iter()
        .filter(|look| look.1)
        .map(|look| look.0)
        .collect();
    for (position, first) in looks.iter().enumerate() {
        for second in &looks[position + 1..] {
            let (one, other) = (chain(writer, first.object), chain(writer, second.object));
            let ([.., before, last], [.., other_before, other_last]) = (&one[..], &other[..])
            else {
                continue;
            };
            if first.object == second.object {
                // It changes between two looks.
                for pair in one.windows(2) {
                    found.push(vec![aim(first, pair[0]), aim(second, pair[1])]);
                }
            } else {
                // One half of the change is seen.
                found.push(vec![aim(first, *last), aim(second, *other_before)]);
                found.push(vec![aim(first, *before), aim(second, *other_last)]);
            }
        }
    }
}
