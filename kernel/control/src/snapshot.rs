//! The program's memory before a run, so that it can be put back after it.
//!
//! All that the process may write is made read-only once. The first write to a page is a fault:
//! then the page is copied, and may be written from then on. After a run the pages that were ever
//! written are copied back. So a run finds each byte as a new process would: variables of the
//! program and of all libraries, the heap and what libc keeps of it, thread-local variables.

use std::cell::UnsafeCell;
use std::ops::Range;
use std::ptr;

use crate::{carriers, own, system};

const PAGE: usize = 4096;
/// Stretches of memory that are told apart.
const MOST: usize = 512;
/// Pages that are put back, at most: beyond that a new process costs less.
const MOST_PAGES: usize = 16 << 10;

/// A stretch of memory.
#[derive(Clone, Copy)]
struct Stretch {
    from: usize,
    to: usize,
    /// The first of its pages, among all.
    first: usize,
}

struct Snapshot {
    stretches: [Stretch; MOST],
    count: usize,
    /// Whether a page was written, for each.
    written: *mut bool,
    /// The pages that were, and what they were before.
    pages: *mut usize,
    copies: *mut u8,
    length: usize,
    /// Where the heap ends.
    heap_end: usize,
    /// It may end elsewhere now.
    heap_moved: bool,
    taken: bool,
}

struct Only(UnsafeCell<Snapshot>);

// SAFETY: the one thread that works uses it, and what handles its faults.
unsafe impl Sync for Only {}

static SNAPSHOT: Only = Only(UnsafeCell::new(Snapshot {
    stretches: [Stretch {
        from: 0,
        to: 0,
        first: 0,
    }; MOST],
    count: 0,
    written: ptr::null_mut(),
    pages: ptr::null_mut(),
    copies: ptr::null_mut(),
    length: 0,
    heap_end: 0,
    heap_moved: false,
    taken: false,
}));

fn snapshot() -> &'static mut Snapshot {
    // SAFETY: see `Only`; no reference outlives the call that took it.
    unsafe { &mut *SNAPSHOT.0.get() }
}

/// Remembers all memory that a run may write, but for what `others` see to; `false` where that
/// can't be.
pub fn take(others: &[Range<usize>]) -> bool {
    let snapshot = snapshot();
    carriers::keep_all();
    let mut left_out: Vec<Range<usize>> = carriers::memory().collect();
    left_out.extend(own::variables());
    left_out.extend_from_slice(others);
    let memory = own::writable().into_iter();
    let memory: Vec<Range<usize>> = memory.flat_map(|it| without(it, &left_out)).collect();
    let most: usize = memory.iter().map(ExactSizeIterator::len).sum::<usize>() / PAGE + 1;
    let Ok(tables) = system::own_memory(most * (PAGE + size_of::<usize>() + 1) + PAGE) else {
        return false;
    };
    snapshot.copies = tables;
    // SAFETY: the memory is as long as all three.
    unsafe {
        snapshot.pages = tables.add(most * PAGE).cast();
        snapshot.written = tables.add(most * (PAGE + size_of::<usize>())).cast();
    }
    let mut pages = 0;
    for stretch in memory {
        let Some(place) = snapshot.stretches.get_mut(snapshot.count) else {
            return false;
        };
        *place = Stretch {
            from: stretch.start,
            to: stretch.end,
            first: pages,
        };
        pages += stretch.len() / PAGE;
        snapshot.count += 1;
    }
    snapshot.heap_end = system::heap_end(0);
    snapshot.taken = true;
    // The kernel itself writes to what libc keeps of the thread, at any time.
    let by_kernel = system::written_by_kernel(carriers::thread_of_first());
    for range in &by_kernel {
        range.clone().step_by(PAGE).for_each(|page| {
            snapshot.note(page);
        });
    }
    let stretches = snapshot.stretches[..snapshot.count].iter();
    for part in stretches.flat_map(|one| without(one.from..one.to, &by_kernel)) {
        // SAFETY: a write there is a fault that `fault` sees to.
        unsafe { system::protect(part.start, part.len(), false) };
    }
    true
}

/// What is left of a stretch of memory without others.
fn without(range: Range<usize>, others: &[Range<usize>]) -> Vec<Range<usize>> {
    let mut left = vec![range];
    for other in others {
        left = left
            .into_iter()
            .flat_map(|range| {
                let before = range.start..range.end.min(other.start).max(range.start);
                let after = range.start.max(other.end).min(range.end)..range.end;
                [before, after]
            })
            .filter(|range| !range.is_empty())
            .collect();
    }
    left
}

impl Snapshot {
    fn stretch_of(&self, address: usize) -> Option<Stretch> {
        let stretches = &self.stretches[..self.count];
        let known = |stretch: &&Stretch| (stretch.from..stretch.to).contains(&address);
        stretches.iter().find(known).copied()
    }

    /// Copies a page that is about to be written for the first time; whether it is one.
    fn note(&mut self, page: usize) -> bool {
        let Some(stretch) = self.stretch_of(page) else {
            return false;
        };
        let number = stretch.first + (page - stretch.from) / PAGE;
        // SAFETY: there is room for all pages of all stretches in each table.
        unsafe {
            let written = self.written.add(number);
            if *written {
                return false;
            }
            *written = true;
            let copy = self.copies.add(self.length * PAGE);
            ptr::copy_nonoverlapping(ptr::with_exposed_provenance(page), copy, PAGE);
            self.pages.add(self.length).write(page);
        }
        self.length += 1;
        true
    }
}

/// What a fault is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The first write to a page, which may be tried again.
    FirstWrite,
    /// The same, and from now on no more can be put back.
    TooMany,
    /// The program's own.
    Own,
}

/// What a fault at `address` is.
pub fn fault(address: usize) -> Fault {
    let snapshot = snapshot();
    let page = address & !(PAGE - 1);
    if !snapshot.taken || !snapshot.note(page) {
        return Fault::Own;
    }
    // SAFETY: it was so before the snapshot was taken.
    let done = unsafe { system::protect(page, PAGE, true) };
    if done && snapshot.length < MOST_PAGES {
        Fault::FirstWrite
    } else {
        Fault::TooMany
    }
}

/// Puts all memory back.
pub fn put_back() {
    let snapshot = snapshot();
    carriers::put_back();
    // SAFETY: the copies were made of these pages, and no thread of the program goes on.
    unsafe {
        for number in 0..snapshot.length {
            let page = ptr::with_exposed_provenance_mut::<u8>(snapshot.pages.add(number).read());
            ptr::copy_nonoverlapping(snapshot.copies.add(number * PAGE), page, PAGE);
        }
    }
    if std::mem::take(&mut snapshot.heap_moved) {
        system::heap_end(snapshot.heap_end);
    }
}

/// The run has asked for another end of the heap.
pub fn heap_moved() {
    snapshot().heap_moved = true;
}

/// Lets all be written, and never put back.
pub fn give_up() {
    let snapshot = snapshot();
    if !std::mem::take(&mut snapshot.taken) {
        return;
    }
    for stretch in &snapshot.stretches[..snapshot.count] {
        // SAFETY: it was so before the snapshot was taken.
        unsafe { system::protect(stretch.from, stretch.to - stretch.from, true) };
    }
}
