//! What is known of the words of memory that a run accesses.
//!
//! Words that lie together are known together, as a block, so that a long access finds all of its
//! words at once. Blocks are found by a hash of their number, and serve the next run as well.

use super::touch::Known;

/// So many words are a block.
const WORDS: usize = 64;

#[derive(Clone, Debug)]
struct Block {
    number: u64,
    words: [Known; WORDS],
}

/// Where a block is: which one, and of which run. Empty, if that run is over.
#[derive(Clone, Copy, Debug, Default)]
struct Place {
    number: u64,
    run: u32,
    block: u32,
}

/// All words that the run has accessed.
#[derive(Debug)]
pub(super) struct Shadow {
    /// A power of two of them, and at least half of them empty.
    places: Vec<Place>,
    blocks: Vec<Block>,
    /// Where the last access was: most often the next one is there as well.
    last: Place,
    /// So many of the blocks are this run's.
    used: usize,
    run: u32,
    /// The accesses to words that have several.
    lists: Vec<Vec<Known>>,
    /// So many of these are this run's.
    lists_used: usize,
}

/// The places that there are at first.
const AT_FIRST: usize = 256;

impl Default for Shadow {
    fn default() -> Shadow {
        Shadow {
            places: vec![Place::default(); AT_FIRST],
            blocks: Vec::new(),
            last: Place::default(),
            used: 0,
            run: 1,
            lists: Vec::new(),
            lists_used: 0,
        }
    }
}

/// What is to be done with an access.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kept {
    Stays,
    Goes,
}

impl Shadow {
    /// Forgets all.
    pub(super) fn clear(&mut self) {
        self.used = 0;
        self.lists_used = 0;
        self.run = self.run.checked_add(1).unwrap_or_else(|| {
            self.places.fill(Place::default());
            self.last = Place::default();
            1
        });
    }

    /// The place of a block, or the empty one that it would have.
    #[inline]
    fn find(&self, number: u64) -> usize {
        let most = self.places.len() - 1;
        // Fibonacci hashing (Knuth, The Art of Computer Programming, volume 3, 6.4).
        let mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let mut at = (mixed >> 32) as usize & most;
        while self.places[at].run == self.run && self.places[at].number != number {
            at = (at + 1) & most;
        }
        at
    }

    /// The block of this number, where words of it were accessed.
    fn known_block(&self, number: u64) -> Option<usize> {
        let place = &self.places[self.find(number)];
        (place.run == self.run).then_some(place.block as usize)
    }

    /// The block of this number.
    #[inline]
    fn block(&mut self, number: u64) -> usize {
        if self.last.number == number && self.last.run == self.run {
            return self.last.block as usize;
        }
        self.other_block(number)
    }

    /// The same, where it is another one than the last.
    #[inline(never)]
    fn other_block(&mut self, number: u64) -> usize {
        let place = self.places[self.find(number)];
        if place.run == self.run {
            self.last = place;
            return place.block as usize;
        }
        self.new_block(number)
    }

    fn new_block(&mut self, number: u64) -> usize {
        if (self.used + 1) * 2 > self.places.len() {
            self.places = vec![Place::default(); self.places.len() * 2];
            for block in 0..self.used {
                self.put(self.blocks[block].number, block);
            }
        }
        match self.blocks.get_mut(self.used) {
            Some(old) => {
                old.number = number;
                old.words.fill(Known::default());
            }
            None => self.blocks.push(Block {
                number,
                words: [Known::default(); WORDS],
            }),
        }
        self.put(number, self.used);
        self.used += 1;
        self.used - 1
    }

    fn put(&mut self, number: u64, block: usize) {
        let at = self.find(number);
        self.places[at] = Place {
            number,
            run: self.run,
            block: block as u32,
        };
    }

    /// Notes an access to the words from one to another, the last one included, and to those bytes
    /// of the first and the last one. Where earlier accesses are there, `look` is shown them, the
    /// first one first, and says which of them stay.
    #[inline]
    pub(super) fn note(
        &mut self,
        (from, to): (u64, u64),
        (bytes_of_first, bytes_of_last): (u8, u8),
        new: Known,
        mut look: impl FnMut(&Known, &Known) -> Kept,
    ) {
        let mut word = from;
        let mut bytes = bytes_of_first;
        loop {
            let number = word / WORDS as u64;
            let last = to.min(number * WORDS as u64 + WORDS as u64 - 1);
            let block = self.block(number);
            let Shadow {
                blocks,
                lists,
                lists_used,
                ..
            } = self;
            let words = &mut blocks[block].words;
            let first_there = (word % WORDS as u64) as usize;
            let last_there = (last % WORDS as u64) as usize;
            for (word, known) in (word..).zip(&mut words[first_there..=last_there]) {
                if word == to {
                    bytes &= bytes_of_last;
                }
                let new = new.to(bytes);
                if known.bytes() == 0 || known.repeats(&new) {
                    *known = new;
                } else {
                    Lists { lists, lists_used }.add(known, new, &mut look);
                }
                bytes = u8::MAX;
            }
            if last == to {
                return;
            }
            word = last + 1;
        }
    }

    /// Looks at the accesses to those words from one to another, the last one included, that were
    /// accessed; the words in any order, the accesses to one in theirs. Those that have no bytes
    /// afterwards are forgotten.
    pub(super) fn each_within(
        &mut self,
        (from, to): (u64, u64),
        mut look: impl FnMut(u64, &mut Known),
    ) {
        let size = WORDS as u64;
        let (first, last) = (from / size, to / size);
        if last - first < self.used as u64 {
            for number in first..=last {
                if let Some(block) = self.known_block(number) {
                    self.each_of_block(block, (from, to), &mut look);
                }
            }
            return;
        }
        // A long stretch is mostly memory that nobody touched.
        for block in 0..self.used {
            if (first..=last).contains(&self.blocks[block].number) {
                self.each_of_block(block, (from, to), &mut look);
            }
        }
    }

    fn each_of_block(
        &mut self,
        block: usize,
        (from, to): (u64, u64),
        look: &mut impl FnMut(u64, &mut Known),
    ) {
        let block = &mut self.blocks[block];
        let begin = block.number * WORDS as u64;
        let first = from.saturating_sub(begin) as usize;
        let last = to.saturating_sub(begin).min(WORDS as u64 - 1) as usize;
        let words = (begin + first as u64..).zip(&mut block.words[first..=last]);
        for (word, known) in words.filter(|(_, it)| it.bytes() != 0) {
            let Some(list) = known.list() else {
                look(word, known);
                continue;
            };
            let list = &mut self.lists[list];
            list.iter_mut().for_each(|known| look(word, known));
            list.retain(|known| known.bytes() != 0);
            if list.is_empty() {
                *known = Known::default();
            }
        }
    }
}

/// The lists of a run.
struct Lists<'s> {
    lists: &'s mut Vec<Vec<Known>>,
    lists_used: &'s mut usize,
}

impl Lists<'_> {
    /// One more access to a word that has some.
    fn add(
        &mut self,
        known: &mut Known,
        new: Known,
        look: &mut impl FnMut(&Known, &Known) -> Kept,
    ) {
        if let Some(list) = known.list() {
            let list = &mut self.lists[list];
            match list.last_mut() {
                Some(last) if last.repeats(&new) => *last = new,
                _ => {
                    list.retain(|earlier| look(earlier, &new) == Kept::Stays);
                    list.push(new);
                }
            }
            return;
        }
        if look(known, &new) == Kept::Goes {
            *known = new;
            return;
        }
        if *self.lists_used == self.lists.len() {
            self.lists.push(Vec::new());
        }
        let list = &mut self.lists[*self.lists_used];
        list.clear();
        list.extend([*known, new]);
        *known = Known::several(*self.lists_used);
        *self.lists_used += 1;
    }
}
