//! Recordings for tests: of real work, and damaged ones.

#![allow(dead_code, reason = "every test uses its own part")]

use std::fs::File;
use std::os::fd::AsRawFd;
use std::os::unix::fs::FileExt;
use std::sync::atomic::Ordering;

use record::layout::EventKind;
use record::layout::{
    self, EventRef, Layout, SIZE, SampledRun, Share, THREAD_ALIVE, THREAD_FINISHED,
};
use record::writer::{self, NewEvent};
use record::{clock, snapshot::ObjectKind};

/// A small generator (xorshift64*): the same numbers for the same seed, everywhere.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Random {
        Random(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1)
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D)
    }

    pub fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }
}

/// The pages of a recording that are not all zeros.
pub type Pages = Vec<(u64, Vec<u8>)>;

/// Attaches this process to the recording and writes what a small cell would.
pub fn recorded_work(file: &File) -> Pages {
    let layout = writer::attach(file.as_raw_fd(), -1, -1).expect("attached");
    begin(layout, 1);
    work(layout);
    pages(file)
}

/// Begins a cell, as `std` does.
pub fn begin(layout: &Layout, cell: u32) {
    let now = clock::now();
    layout.header.cell_begin.store(now, Ordering::Relaxed);
    layout.header.cell.store(cell, Ordering::SeqCst);
}

/// Uses that go on with a run, of each lock and each channel.
pub const UNTIMED: u64 = 9;

/// A run that the recording was left with.
fn goes_on(run: &SampledRun, event: EventRef, begun: u64, epoch: u64, base: u32) {
    run.event.store(event.0, Ordering::Relaxed);
    run.begun.store(begun, Ordering::Relaxed);
    run.took.store(10, Ordering::Relaxed);
    run.base.store(base, Ordering::Relaxed);
    run.epoch.store(epoch, Ordering::Relaxed);
}

fn work(layout: &'static Layout) {
    std::thread::scope(|scope| {
        for ordinal in 1..=4 {
            scope.spawn(move || {
                let (index, entry) = layout.take_thread().expect("room");
                entry.cell.store(1, Ordering::Relaxed);
                entry.ordinal.store(ordinal, Ordering::Relaxed);
                entry.start.store(clock::now(), Ordering::Relaxed);
                entry.state.store(THREAD_ALIVE, Ordering::Release);
                writer::with(|local| {
                    local.adopt(index);
                    let (object, lock) = layout.take_object().expect("room");
                    lock.type_name
                        .store(layout.intern("alloc::string::String"), Ordering::Relaxed);
                    lock.cell.store(1, Ordering::Relaxed);
                    lock.kind.store(ObjectKind::Mutex as u32, Ordering::Release);
                    let place = local.place(std::panic::Location::caller());
                    let mut last = (None, 0);
                    for n in 0..500 {
                        let now = clock::now();
                        let kind = if n % 7 == 0 {
                            EventKind::Wait
                        } else {
                            EventKind::Hold
                        };
                        let event = local.event(NewEvent {
                            target: object,
                            place,
                            end: now + 10,
                            ..NewEvent::at(kind, now)
                        });
                        last = (event, now);
                        lock.taken(local.as_owner());
                        lock.given_back();
                    }
                    let (event, begun) = last;
                    goes_on(&lock.run, event.expect("room"), begun, local.epoch(), 500);
                    for _ in 0..UNTIMED {
                        lock.taken(local.as_owner());
                        lock.given_back();
                    }
                    // A message sent once, and then some more times.
                    let share = entry.share(EventKind::Send, object);
                    let now = clock::now();
                    let event = local.event(NewEvent {
                        target: object,
                        place,
                        extra: 1,
                        ..NewEvent::at(EventKind::Send, now)
                    });
                    share
                        .key
                        .store(Share::key(object, EventKind::Send as u8), Ordering::Relaxed);
                    share.uses.store(2 + 2 * UNTIMED, Ordering::Relaxed);
                    goes_on(&share.run, event.expect("room"), now, local.epoch(), 2);
                });
                if ordinal > 1 {
                    entry.end.store(clock::now(), Ordering::Relaxed);
                    entry.state.store(THREAD_FINISHED, Ordering::Release);
                }
                writer::forget_thread();
            });
        }
    });
}

/// All pages that are not zeros.
pub fn pages(file: &File) -> Pages {
    let mut page = vec![0; 4096];
    let mut all = Pages::new();
    for at in (0..SIZE as u64).step_by(4096) {
        file.read_exact_at(&mut page, at).expect("reads");
        if page.iter().any(|byte| *byte != 0) {
            all.push((at, page.clone()));
        }
    }
    all
}

/// Writes a recording back.
pub fn restore(file: &File, pages: &Pages) {
    let zeros = vec![0; 1 << 20];
    for at in (0..SIZE as u64).step_by(zeros.len()) {
        let length = (SIZE as u64 - at).min(zeros.len() as u64) as usize;
        file.write_all_at(&zeros[..length], at).expect("writes");
    }
    for (at, page) in pages {
        file.write_all_at(page, *at).expect("writes");
    }
}

/// Makes the header one that is read on: magic, version, cell and a beginning.
pub fn head(file: &File, cell: u32) {
    let put = |bytes: &[u8], at: usize| file.write_all_at(bytes, at as u64).expect("writes");
    put(
        &layout::MAGIC.to_le_bytes(),
        std::mem::offset_of!(layout::Header, magic),
    );
    put(
        &layout::VERSION.to_le_bytes(),
        std::mem::offset_of!(layout::Header, version),
    );
    put(
        &cell.to_le_bytes(),
        std::mem::offset_of!(layout::Header, cell),
    );
    put(
        &1_u64.to_le_bytes(),
        std::mem::offset_of!(layout::Header, cell_begin),
    );
}
