"""Random programs without a cycle are never accused; the same with a cycle are always found.

The generator stands in the cell, in Rust, and is seeded: a failure names its seed. Locks are taken in
one global order, messages flow from lower to higher threads, and joins close each run.
"""

import os
import re

import pytest

from fearless_client import Kernel

FULL = os.environ.get("FEARLESS_FULL") == "1"
INNOCENT_RUNS = 10_000 if FULL else 1_000
GUILTY_RUNS = 1_000 if FULL else 200

GENERATOR = """\
use std::sync::mpsc::{Receiver, Sender, channel, sync_channel};
use std::sync::{Arc, Barrier, Condvar, Mutex, RwLock};
use std::thread;
use std::time::Duration;

struct Random(u64);
impl Random {
    fn new(seed: u64) -> Self { Self(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1) }
    fn below(&mut self, n: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % n
    }
}

struct World {
    mutexes: Vec<Mutex<u64>>,
    tables: Vec<RwLock<u64>>,
    flag: (Mutex<u64>, Condvar),
}

/// Up to three locks, lower numbers first, mutexes before tables.
fn take_some(world: &World, random: &mut Random) {
    let mut held = Vec::new();
    let mut next = 0;
    while next < world.mutexes.len() && held.len() < 3 {
        if random.below(2) == 0 {
            held.push(world.mutexes[next].lock().unwrap());
        }
        next += 1;
    }
    let table = &world.tables[random.below(world.tables.len() as u64) as usize];
    if random.below(4) == 0 { *table.write().unwrap() += 1 } else { std::hint::black_box(*table.read().unwrap()); }
    for guard in &mut held {
        **guard += 1;
    }
}

fn act(world: &World, random: &mut Random, sinks: &[Sender<u64>]) {
    match random.below(8) {
        0 => for sink in sinks { let _ = sink.send(random.below(100)); },
        1 => drop(world.mutexes[random.below(4) as usize].try_lock()),
        2 => thread::yield_now(),
        3 => { *world.flag.0.lock().unwrap() += 1; world.flag.1.notify_all(); }
        4 => {
            let guard = world.flag.0.lock().unwrap();
            drop(world.flag.1.wait_timeout(guard, Duration::from_micros(200)).unwrap());
        }
        _ => take_some(world, random),
    }
}

fn innocent(seed: u64) {
    let mut random = Random::new(seed);
    let threads = 2 + random.below(5) as usize;
    let world = Arc::new(World {
        mutexes: (0..4).map(|_| Mutex::new(0)).collect(),
        tables: (0..2).map(|_| RwLock::new(0)).collect(),
        flag: (Mutex::new(0), Condvar::new()),
    });
    let start = Arc::new(Barrier::new(threads));
    let (mut txs, mut rxs): (Vec<Sender<u64>>, Vec<Option<Receiver<u64>>>) =
        (0..threads).map(|_| { let (tx, rx) = channel(); (tx, Some(rx)) }).unzip();
    let mut running = Vec::new();
    for id in 0..threads {
        let (world, start) = (world.clone(), start.clone());
        let sinks: Vec<_> = txs[id + 1..].to_vec();
        let inbox = rxs[id].take().unwrap();
        let mut random = Random::new(seed ^ (id as u64 + 1) << 32);
        running.push(thread::spawn(move || {
            start.wait();
            for _ in 0..random.below(30) {
                act(&world, &mut random, &sinks);
            }
            drop(sinks);
            // Ends when all lower threads have dropped their senders.
            inbox.iter().fold(0, u64::wrapping_add)
        }));
    }
    txs.clear();
    for t in running {
        t.join().unwrap_or_else(|_| panic!("seed {seed} was accused"));
    }
}

/// A ring of 2 to 5 threads over random kinds of waiting, which closes in every run.
fn guilty(seed: u64) -> bool {
    let mut random = Random::new(seed);
    let n = 2 + random.below(4) as usize;
    let by_lock = random.below(2) == 0;
    let start = Arc::new(Barrier::new(n));
    let mut running = Vec::new();
    if by_lock {
        let ring: Vec<_> = (0..n).map(|_| Arc::new(Mutex::new(0))).collect();
        for id in 0..n {
            let (mine, next, start) = (ring[id].clone(), ring[(id + 1) % n].clone(), start.clone());
            running.push(thread::spawn(move || {
                let _mine = mine.lock();
                start.wait();
                drop(next.lock().unwrap_or_else(|poisoned| poisoned.into_inner()));
            }));
        }
    } else {
        let (txs, mut rxs): (Vec<_>, Vec<_>) =
            (0..n).map(|_| { let (tx, rx) = sync_channel::<()>(1); (tx, Some(rx)) }).unzip();
        let mut txs: Vec<_> = txs.into_iter().map(Some).collect();
        for id in 0..n {
            let inbox = rxs[id].take().unwrap();
            let next = txs[(id + 1) % n].take().unwrap();
            let start = start.clone();
            running.push(thread::spawn(move || {
                start.wait();
                inbox.recv().unwrap();
                let _ = next.send(());
            }));
        }
    }
    // Not all die of it: some go on when another has given way.
    running.into_iter().map(|t| t.join().is_err()).filter(|died| *died).count() > 0
}
"""


@pytest.fixture(scope="module")
def session():
    with Kernel() as kernel:
        kernel.ok(GENERATOR)
        yield kernel


def test_nobody_innocent_is_accused(session):
    result = session.ok(
        f'for seed in 0..{INNOCENT_RUNS} {{ innocent(seed); }} println!("all");', timeout=560
    )
    assert result.lines == ["all"]
    assert result.report["outcome"] == "ok" and not result.findings("deadlock")
    print(f"\n{INNOCENT_RUNS} random workloads in {result.seconds:.1f} s")


def test_every_cycle_is_found(session):
    result = session.run(
        # Where nobody can run, it may be the joining main thread that is told.
        f"let found = (0..{GUILTY_RUNS})\n"
        "    .filter(|seed| std::panic::catch_unwind(|| guilty(*seed)).unwrap_or(true)).count();\n"
        'println!("{found} found");',
        timeout=560,
    )
    result.failed("deadlock")
    found = re.search(r"(\d+) found", result.stdout)
    assert found and int(found[1]) == GUILTY_RUNS, result.describe()[-2000:]
    print(f"\n{GUILTY_RUNS} seeded cycles in {result.seconds:.1f} s")
