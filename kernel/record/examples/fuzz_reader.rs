//! Feeds the reader recordings that make no sense: `cargo run --release -p record --example
//! fuzz_reader -- 600`.
//!
//! Starts from a recording of real work, overwrites bytes of it at random, mostly where something
//! stands, and reads. A panic, a hang or an answer that breaks its own rules ends the run with the
//! seed that led to it (the second argument starts from a seed).

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::time::{Duration, Instant};

use record::Region;
use record::layout::{Chunk, Layout, ObjectEntry, SIZE, ThreadEntry};
use record::snapshot::{Snapshot, ThreadSlot};

#[path = "../tests/support/mod.rs"]
mod support;

use support::Random;

fn main() {
    let mut arguments = std::env::args().skip(1);
    let seconds = arguments
        .next()
        .and_then(|text| text.parse().ok())
        .unwrap_or(10);
    let first = arguments
        .next()
        .and_then(|text| text.parse().ok())
        .unwrap_or(1);
    let region = Region::create().expect("a recording");
    let file = File::from(region.fd().try_clone_to_owned().expect("its descriptor"));
    let clean = support::recorded_work(&file);
    let start = Instant::now();
    let (mut seed, mut longest) = (first, Duration::ZERO);
    while start.elapsed() < Duration::from_secs(seconds) {
        let mut random = Random::new(seed);
        if seed % 64 == 1 {
            support::restore(&file, &clean);
        }
        for _ in 0..1 + random.below(40) {
            mutate(&file, &mut random);
        }
        let began = Instant::now();
        let baseline = region.baseline();
        let cell = if random.below(4) == 0 {
            random.below(3) as u32
        } else {
            1
        };
        make_readable(&file, &mut random, cell);
        let snapshot = region.snapshot(cell, &baseline);
        check(&snapshot, seed);
        region.live_threads(cell);
        let took = began.elapsed();
        longest = longest.max(took);
        assert!(
            took < Duration::from_secs(20),
            "seed {seed}: reading took {took:?}"
        );
        seed += 1;
    }
    println!(
        "{} executions in {seconds} s, no finding; the longest took {longest:?}",
        seed - first
    );
}

/// Overwrites something, somewhere.
fn mutate(file: &File, random: &mut Random) {
    let at = match random.below(6) {
        0 => random.below(1024),
        1 => {
            std::mem::offset_of!(Layout, threads) as u64
                + random.below(size_of::<ThreadEntry>() as u64 * 8)
        }
        2 => {
            std::mem::offset_of!(Layout, objects) as u64
                + random.below(size_of::<ObjectEntry>() as u64 * 8)
        }
        3 => {
            std::mem::offset_of!(Layout, chunks) as u64
                + random.below(size_of::<Chunk>() as u64 * 64)
        }
        4 => 4096 + random.below(90 << 10),
        _ => random.below(SIZE as u64),
    };
    let at = (at & !7).min(SIZE as u64 - 4096);
    let word = match random.below(7) {
        0 => 0,
        1 => u64::MAX,
        2 => random.below(256),
        3 => u64::from(u32::MAX),
        4 => random.below(1 << 20),
        5 => 1 << random.below(64),
        _ => random.next(),
    };
    if random.below(16) == 0 {
        file.write_all_at(&[word as u8; 4096], at).expect("writes");
    } else if random.below(2) == 0 {
        file.write_all_at(&word.to_le_bytes(), at).expect("writes");
    } else {
        file.write_all_at(&(word as u32).to_le_bytes(), at + random.below(2) * 4)
            .expect("writes");
    }
}

/// Mostly leaves the header such that the reader goes on to the tables.
fn make_readable(file: &File, random: &mut Random, cell: u32) {
    if random.below(10) != 0 {
        support::head(file, cell);
    }
}

/// What holds of every snapshot, whatever was read.
fn check(snapshot: &Snapshot, seed: u64) {
    for event in &snapshot.events {
        assert!(event.start_ns <= event.end_ns, "seed {seed}: {event:?}");
        let known = snapshot
            .threads
            .iter()
            .any(|thread| thread.index == event.thread);
        assert!(known, "seed {seed}: {event:?}");
    }
    assert!(
        snapshot.events.is_sorted_by_key(|event| event.start_ns),
        "seed {seed}"
    );
    assert!(
        snapshot.locations.is_sorted_by_key(|place| place.index),
        "seed {seed}"
    );
    for thread in &snapshot.threads {
        assert!(thread.index != ThreadSlot::NONE, "seed {seed}: {thread:?}");
    }
    let text: usize = snapshot
        .locations
        .iter()
        .map(|place| place.file.len() + place.image.len())
        .sum();
    assert!(text <= 32 << 20, "seed {seed}: {text} bytes of strings");
}
