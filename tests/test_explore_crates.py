"""Crates are explored with the cell that uses them, and none is accused that is right."""

import os

import pytest

from fearless_client.benchmarks import EXPLORED
from fearless_client.crates import PROGRAMS

FULL = os.environ.get("FEARLESS_FULL")
# Quick to compile.
CHOSEN = [it for it in PROGRAMS if FULL or it.name in ("atomic_cell", "once_cell")]

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
    # The steps are shown where the cell asked for them.
    assert {step["at"]["line"] for step in failure["steps"] if step["at"]} >= {5, 6}
    result = kernel.run(f":explore all{CELL.replace('ORDER', 'Release')}")
    assert _explored(result)["verdict"] == "proved", result.describe()


@pytest.mark.parametrize("program", CHOSEN, ids=lambda it: it.name)
def test_a_crate_is_accused_only_of_what_it_does(fresh_kernel, program):
    found = program.explore(fresh_kernel, 1_000 if FULL else 100)
    assert program.mistake(found) is None
    assert found["cut"] == 0


def _explored(result):
    shown = [content["data"] for content in result.of_type("display_data", "update_display_data")]
    return [bundle[EXPLORED] for bundle in shown if EXPLORED in bundle][-1]
