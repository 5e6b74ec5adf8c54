"""The kernel's own commands, each as a person would use it."""

import csv
import json
import re

import pytest

WORK = """\
use std::sync::{Arc, Mutex};
use std::thread;
{
    let counter = Arc::new(Mutex::new(0));
    let all: Vec<_> = (0..4).map(|_| {
        let counter = counter.clone();
        thread::spawn(move || for _ in 0..100 { *counter.lock().unwrap() += 1; })
    }).collect();
    for t in all { t.join().unwrap(); }
    println!("total {}", counter.lock().unwrap());
}
"""


def shown(result) -> str:
    """All text that a person sees under the cell."""
    bundles = [c["data"].get("text/plain", "") for c in result.of_type("display_data", "execute_result")]
    return result.stdout + "\n".join(bundles)


def test_help_lists_evcxrs_and_ours(kernel):
    text = shown(kernel.ok(":help"))
    for command in (":dep", ":vars", ":threads", ":report", ":record", ":trace", ":send", ":timing", ":repeat"):
        assert command in text, command


@pytest.mark.parametrize(("typo", "meant"), [(":reprot", ":report"), (":thread on", ":threads"), (":hepl", ":help")])
def test_an_unknown_command_suggests_the_near_one(kernel, typo, meant):
    result = kernel.run(typo)
    assert result.status == "error" and meant in result.error_text


def test_an_unknown_command_that_is_near_nothing(kernel):
    result = kernel.run(":xyzzyplugh")
    assert result.status == "error" and ":help" in result.error_text


@pytest.mark.parametrize(
    ("kind", "has", "lacks"),
    [
        ("Rc<i32>", ["Clone", "Unpin", "'static"], ["Send", "Sync", "Copy"]),
        ("std::sync::Arc<std::sync::Mutex<i32>>", ["Send", "Sync", "Clone"], ["Copy"]),
        ("u8", ["Send", "Sync", "Copy", "Clone"], []),
        ("std::sync::MutexGuard<'static, i32>", ["Sync"], ["Send", "Copy"]),
        ("std::cell::Cell<i32>", ["Send"], ["Sync", "Copy"]),
        ("*const u8", ["Copy"], ["Send", "Sync"]),
    ],
)
@pytest.mark.parametrize("command", [":send", ":traits"])
def test_traits_of_a_type(kernel, command, kind, has, lacks):
    lines = shown(kernel.ok(f"{command} {kind}")).splitlines()

    def line_of(name: str) -> str:
        return next(line for line in lines if line.split() and name in line.split()[:2])

    yes = {name: line_of(name) for name in has}
    no = {name: line_of(name) for name in lacks}
    mark_yes = {line.replace(name, "").split()[0] for name, line in yes.items()}
    mark_no = {line.replace(name, "").split()[0] for name, line in no.items()}
    assert len(mark_yes) == 1 and len(mark_no) <= 1 and mark_yes.isdisjoint(mark_no), lines


def test_traits_of_ones_own_type_and_why(kernel):
    kernel.ok("struct Handle { raw: *mut u8 }")
    assert "*mut u8" in shown(kernel.ok(":send Handle"))


def test_traits_of_nonsense(kernel):
    assert kernel.run(":send NoSuchType").status == "error"
    assert kernel.run(":send").status == "error"


def test_check(kernel):
    kernel.ok(WORK)
    lines = kernel.ok(
        ":check acquisitions == 401\n:check threads >= 5   # one more\n:check no finding deadlock\n"
        ':check output contains "total 400"\n:check outcome is ok'
    ).lines
    assert [line[0] for line in lines] == ["✓", "✗", "✓", "✓", "✓"]
    assert "one more" in lines[1] and "4" in lines[1]


def test_report_again(kernel):
    first = kernel.ok(WORK)
    again = kernel.ok(":report")
    assert again.report == first.report


def test_timing(kernel):
    kernel.ok(":timing")
    try:
        text = shown(kernel.ok(WORK))
    finally:
        kernel.ok(":timing")
    parts = dict(re.findall(r"(\w+) ([\d.]+) ms", text))
    assert list(parts) == ["analysis", "compile", "link", "run", "report", "all"], text
    assert all(float(parts[part]) > 0 for part in ("analysis", "compile", "link", "run", "report"))


def test_main_is_a_program(kernel):
    """When main ends, its threads end, too: only a program of its own can show it."""
    result = kernel.ok(
        ":main\nfn main() {\n    std::thread::spawn(|| {\n"
        "        std::thread::sleep(std::time::Duration::from_secs(600));\n"
        '        println!("never");\n    });\n    println!("main ends");\n}'
    )
    assert result.lines == ["main ends"]
    assert result.seconds < 60


def test_repeat(kernel):
    result = kernel.ok(
        ":repeat 20\nuse std::sync::atomic::{AtomicU32, Ordering};\n"
        "let n = AtomicU32::new(0);\n"
        "std::thread::scope(|s| { for _ in 0..2 { s.spawn(|| n.fetch_add(1, Ordering::Relaxed)); } });\n"
        'println!("{}", n.into_inner());'
    )
    text = shown(result)
    assert "20" in text and "2" in text


def test_trace_for_perfetto(kernel, tmp_path):
    """Trace Event JSON: lanes, slices that nest, flows in pairs, counters."""
    kernel.ok(WORK.replace("{\n    let counter", "{\n    let (tx, rx) = std::sync::mpsc::channel();"
              " for n in 0..5 { tx.send(n).unwrap(); } drop(tx); let _ = rx.iter().count();\n    let counter"))
    file = tmp_path / "run.json"
    kernel.ok(f":trace save {file}")
    trace = json.loads(file.read_text())
    events = trace["traceEvents"] if isinstance(trace, dict) else trace
    assert {e["ph"] for e in events} <= set("XBEiICMsftbne")
    for event in events:
        assert isinstance(event["pid"], int) and "name" in event
        if event["ph"] != "M":
            assert event["ts"] >= 0
        if event["ph"] == "X":
            assert event["dur"] >= 0
    names = [e for e in events if e["ph"] == "M" and e["name"] == "thread_name"]
    assert len(names) == 5
    starts = [e["id"] for e in events if e["ph"] == "s"]
    ends = [e["id"] for e in events if e["ph"] == "f"]
    assert sorted(starts) == sorted(ends)
    assert any(e["ph"] == "C" for e in events), "a counter for the queue"


def test_trace_as_csv(kernel, tmp_path):
    kernel.ok(WORK)
    file = tmp_path / "run.csv"
    kernel.ok(f":trace save {file}")
    rows = list(csv.reader(file.open()))
    assert any("counter" in row for row in rows) and any("401" in row for row in rows)


def test_trace_to_a_place_that_cannot_be_written(kernel):
    kernel.ok(WORK)
    result = kernel.run(":trace save /no/such/folder/x.json")
    assert result.status == "error" and "/no/such/folder/x.json" in result.error_text


def test_record_off_and_back():
    from fearless_client import Kernel

    with Kernel() as kernel:
        kernel.ok(":record off", timeout=300)
        result = kernel.ok(WORK)
        assert result.report is None and "total 400" in result.stdout
        kernel.ok(":record full", timeout=300)
        assert kernel.ok(WORK).report["locks"][0]["acquisitions"] == 401
