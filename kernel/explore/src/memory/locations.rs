//! The locations of a run, by their addresses.

use std::collections::BTreeMap;

use super::location::Location;

/// The logarithm of a page's size.
const PAGE: u32 = 12;

#[derive(Debug, Default)]
pub(super) struct Locations {
    known: BTreeMap<u64, Location>,
    /// Locations that are no more: their memory serves others.
    old: Vec<Location>,
    /// Where locations lie or lay: a bit for each page, which it shares with others. Most plain
    /// accesses are to pages where no atomic variable is.
    pages: u64,
}

/// The bit of the page of an address.
#[inline]
fn page(address: u64) -> u64 {
    1 << ((address >> PAGE) % u64::from(u64::BITS))
}

impl Locations {
    /// None is known any more.
    pub(super) fn clear(&mut self) {
        while let Some((_, location)) = self.known.pop_first() {
            self.old.push(location);
        }
        self.pages = 0;
    }

    /// The location there; `now` is what lies in memory, if it was not known.
    pub(super) fn at(&mut self, address: u64, now: u64) -> &mut Location {
        self.pages |= page(address);
        let new = || self.old.pop().unwrap_or_default().begun_with(now);
        self.known.entry(address).or_insert_with(new)
    }

    /// The location there, if it is known.
    pub(super) fn get(&self, address: u64) -> Option<&Location> {
        self.known.get(&address)
    }

    /// The location is not known any more.
    #[inline]
    pub(super) fn forget(&mut self, address: u64) {
        if self.pages & page(address) != 0 {
            self.old.extend(self.known.remove(&address));
        }
    }

    /// All of a stretch of memory are not known any more.
    pub(super) fn forget_within(&mut self, address: u64, size: u64) {
        let end = address.saturating_add(size);
        let pages = (address >> PAGE)..=(end >> PAGE);
        let is_long = pages.end() - pages.start() >= u64::from(u64::BITS);
        if !is_long
            && pages
                .clone()
                .all(|number| self.pages & page(number << PAGE) == 0)
        {
            return;
        }
        while let Some((location, _)) = self.known.range(address..end).next() {
            let location = *location;
            self.old.extend(self.known.remove(&location));
        }
    }
}
