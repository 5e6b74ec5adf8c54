"""One process does many runs of an explored program, and each is what it is in a process of its
own."""

import os
import re

import pytest

from fearless_client import Kernel
from fearless_client.benchmarks import BENCHMARKS, EXPLORED

FULL = os.environ.get("FEARLESS_FULL")
COMPARED = [it for it in BENCHMARKS if FULL or it.name == "bounded buffer"]

KEEPS = """:explore 60
use std::cell::Cell;
use std::collections::HashSet;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
static RUNS: AtomicUsize = AtomicUsize::new(0);
static ONCE: OnceLock<Vec<usize>> = OnceLock::new();
thread_local! { static MINE: Cell<usize> = const { Cell::new(0) }; }
RUNS.fetch_add(1, SeqCst);
Box::leak(Box::new([1_u8; 100_000]));
let thread = std::thread::spawn(|| {
    MINE.set(MINE.get() + 1);
    RUNS.fetch_add(1, SeqCst);
    let set: HashSet<usize> = (0..9).collect();
    (MINE.get(), format!("{:?} {set:?}", std::thread::current().id()))
});
let once = ONCE.get_or_init(|| vec![RUNS.load(SeqCst)]).len();
println!("{once} {:?} {}", thread.join().unwrap(), RUNS.load(SeqCst));
LEAVES
println!("process {}", std::process::id());
"""


def explore(kernel, code):
    result = kernel.run(code, timeout=600)
    contents = result.of_type("display_data", "update_display_data")
    found = [it["data"][EXPLORED] for it in contents if EXPLORED in it["data"]]
    assert found, result.error_text
    return found[-1]


def without_times(found):
    return {name: it for name, it in found.items() if name not in ("seconds", "per_second")}


@pytest.mark.skipif(os.uname().machine != "x86_64", reason="each run is a process there")
def test_a_process_does_runs_as_processes_of_their_own_would(kernel):
    # What a run keeps does not reach the next one, though one process does all.
    outcomes = explore(kernel, KEEPS.replace("LEAVES", ""))["outcomes"]
    assert len(outcomes) == 1 and outcomes[0]["times"] == 60, outcomes
    # What can't be put back is no run's but one's.
    leaves = 'std::fs::write("left", "by a run").unwrap();'
    outcomes = explore(kernel, KEEPS.replace("LEAVES", leaves))["outcomes"]
    printed = [re.sub(r"process \d+", "", it["printed"]) for it in outcomes]
    assert len(outcomes) > 10, outcomes
    with Kernel(FEARLESS_EXPLORE_FORKS="1") as other:
        # Cells have the same numbers in both kernels then.
        other.ok("()")
        alone = explore(other, KEEPS.replace("LEAVES", ""))["outcomes"]
        assert len(alone) > 10
        assert set(printed) == {re.sub(r"process \d+", "", it["printed"]) for it in alone}
        for benchmark in COMPARED:
            for mended in (False, True):
                runs = [benchmark.explore(it, 200, mended=mended) for it in (kernel, other)]
                same, apart = map(without_times, runs)
                assert same == apart, benchmark.name


RARE = """:explore RUNS seed=SEED
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
let n = Arc::new(AtomicUsize::new(0));
let threads: Vec<_> = (0..3).map(|thread| {
    let n = n.clone();
    std::thread::spawn(move || for turn in 0..4 {
        n.store(n.load(SeqCst) * 3 + thread + turn, SeqCst);
    })
}).collect();
for thread in threads {
    thread.join().unwrap();
}
let n = n.load(SeqCst);
println!("{}", n % 16);
assert_ne!(n % 5003, 17);
"""


def test_two_processes_find_what_one_finds_alone():
    with Kernel() as two, Kernel(FEARLESS_EXPLORE_WORKERS="1") as one:
        for runs, seed, verdict in [(100_000, 3, "failed"), (3_000, 1, "passed")]:
            code = RARE.replace("RUNS", str(runs)).replace("SEED", str(seed))
            shared, alone = [without_times(explore(it, code)) for it in (two, one)]
            # How small a failure is made depends on the time that it may take.
            assert shared.pop("failure") is None or alone["failure"]
            alone.pop("failure")
            assert shared == alone
            # Long enough to be shared.
            assert shared["verdict"] == verdict and shared["schedules"] > 2_500
