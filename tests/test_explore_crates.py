"""Crates are explored with the cell that uses them, and none is accused that is right."""

import os

import pytest

from fearless_client import Kernel
from fearless_client.benchmarks import EXPLORED
from fearless_client.crates import PROGRAMS

FULL = os.environ.get("FEARLESS_FULL")
# Quick to compile.
CHOSEN = [it for it in PROGRAMS if FULL or it.name in ("atomic_cell", "once_cell", "once_cell_set_twice")]

SLOT = """
use std::cell::UnsafeCell;
use std::sync::atomic::{AtomicBool, Ordering};
pub struct Slot {
    is_full: AtomicBool,
    value: UnsafeCell<u32>,
}
unsafe impl Sync for Slot {}
impl Slot {
    pub const fn new() -> Slot {
        Slot { is_full: AtomicBool::new(false), value: UnsafeCell::new(0) }
    }
    pub fn put(&self, value: u32, order: Ordering) {
        unsafe { *self.value.get() = value };
        self.is_full.store(true, order);
    }
    pub fn get(&self) -> Option<u32> {
        self.is_full.load(Ordering::Acquire).then(|| unsafe { *self.value.get() })
    }
}
"""

CELL = """
use std::sync::atomic::Ordering::ORDER;
static SLOT: slot::Slot = slot::Slot::new();
let other = std::thread::spawn(|| SLOT.put(1, ORDER));
assert_ne!(SLOT.get(), Some(0));
other.join().unwrap();
"""


def test_a_crate_is_found_wrong_and_proved_right(kernel, tmp_path):
    (tmp_path / "src").mkdir()
    (tmp_path / "src/lib.rs").write_text(SLOT)
    manifest = '[package]\nname = "slot"\nversion = "0.1.0"\nedition = "2024"\n'
    (tmp_path / "Cargo.toml").write_text(manifest)
    dependency = f'\n:dep slot = {{ path = "{tmp_path}" }}'
    # What explored programs load is built first, once.
    result = kernel.run(f":explore 200{dependency}{CELL.replace('ORDER', 'Relaxed')}", timeout=400)
    failure = _explored(result)["failure"]
    assert failure["kind"] == "data_race", result.describe()
    places = [f"/src/lib.rs, line {number})" for number in (14, 18)]
    assert all(place in failure["title"] for place in places), failure["title"]
    # The steps are shown where the cell asked for them, by what it called.
    called = {step["object"] for step in failure["steps"] if step["operation"] == "within"}
    assert {"SLOT.put", "SLOT.get"} <= called, failure["steps"]
    assert {step["at"]["line"] for step in failure["steps"] if step["at"]} >= {5, 6}
    result = kernel.run(f":explore all{CELL.replace('ORDER', 'Release')}")
    assert _explored(result)["verdict"] == "proved", result.describe()


@pytest.mark.parametrize("program", CHOSEN, ids=lambda it: it.name)
def test_a_crate_is_accused_only_of_what_it_does(fresh_kernel, program):
    found = program.explore(fresh_kernel, 1_000 if FULL else 100)
    assert program.mistake(found) is None
    assert found["cut"] == 0


def test_who_waits_in_a_crate_is_told_within_what(kernel):
    result = kernel.run(
        """:explore 10
:dep crossbeam-channel = "0.5"
let (jobs, inbox) = crossbeam_channel::bounded(1);
let (done, results) = crossbeam_channel::bounded(1);
let worker = std::thread::spawn(move || for job in inbox { done.send(job).unwrap(); });
for job in 0..4 { jobs.send(job).unwrap(); }
drop(jobs);
assert_eq!(results.iter().sum::<u32>(), 6);
worker.join().unwrap();
"""
    )
    failure = _explored(result)["failure"]
    assert failure["title"] == "Deadlock: T1 waits within `jobs.send`; T2 waits within `done.send`"
    assert "unpark" not in result.text


def test_who_waits_for_a_lock_of_a_crate_is_told_within_what(kernel):
    result = kernel.run(
        """:explore 1000
:dep parking_lot = "0.12"
use std::{sync::Arc, thread};
let level = Arc::new(parking_lot::RwLock::new(1));
let other = { let shared = level.clone(); thread::spawn(move || *shared.write() += 1) };
let first = level.read();
let again = level.read();
assert!(*first + *again > 0);
drop((first, again));
other.join().unwrap();
"""
    )
    failure = _explored(result)["failure"]
    title = "Deadlock: T1 waits within `level.read`; T2 waits within `shared.write`"
    assert failure["title"] == title


def _explored(result):
    shown = [content["data"] for content in result.of_type("display_data", "update_display_data")]
    return [bundle[EXPLORED] for bundle in shown if EXPLORED in bundle][-1]


TOKIO = ':dep tokio = { version = "1", features = ["full"] }\n'

# An hour passes at once, if the runtime's clock is asked before the other thread is done.
ONE_THREAD = TOKIO + """
use std::time::Duration;
let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
let done = runtime.block_on(async {
    tokio::time::timeout(Duration::from_secs(3600), tokio::task::spawn_blocking(|| 1)).await
});
assert!(done.is_ok(), "an hour was not enough");
"""

LOST_BY_TASKS = TOKIO + """
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use tokio::runtime::Builder;
let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
let n = Arc::new(AtomicUsize::new(0));
runtime.block_on(async {
    let tasks: Vec<_> = (0..2)
        .map(|_| {
            let n = n.clone();
            tokio::spawn(async move {
                let seen = n.load(SeqCst);
                tokio::task::yield_now().await;
                n.store(seen + 1, SeqCst);
            })
        })
        .collect();
    for task in tasks {
        task.await.unwrap();
    }
});
assert_eq!(n.load(SeqCst), 2);
"""


@pytest.mark.full
@pytest.mark.parametrize("code", [ONE_THREAD, LOST_BY_TASKS], ids=["one thread", "two threads"])
def test_a_failure_of_tasks_comes_again_in_other_kernels(code):
    with Kernel() as kernel:
        failure = _explored(kernel.run(f":explore 1000\n{code}", timeout=900))["failure"]
    assert failure["kind"] == "panic"
    for _ in range(5):
        with Kernel() as kernel:
            for _ in range(20):
                again = kernel.run(f":replay {failure['token']}\n{code}", timeout=300)
                assert "replayed" in again.error_text, again.describe()
                same = _explored(again)["failure"]
                assert _without_cells(same["steps"]) == _without_cells(failure["steps"])


def _without_cells(steps):
    """Steps, whatever numbers their cells have in a kernel."""
    return [{**step, "at": step["at"] and {**step["at"], "cell": 0}} for step in steps]
