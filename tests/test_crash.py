"""Every way in which a cell can take its process down: the report survives, the next cell works."""

import re

import pytest

from fearless_client import Kernel, wait_until
from fearless_client.schema import check_report

# In front of each death: a thread that waits for a lock which main holds, and a last line.
SCENE = """\
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
let treasure = Arc::new(Mutex::new(0));
let guard_of_treasure = treasure.lock().unwrap();
let (ready, is_ready) = mpsc::channel();
thread::Builder::new().name("thief".into()).spawn({
    let treasure = treasure.clone();
    move || {
        ready.send(()).unwrap();
        *treasure.lock().unwrap() += 1;
    }
}).unwrap();
is_ready.recv().unwrap();
thread::sleep(std::time::Duration::from_millis(100));
println!("last words");
"""

# What kills the process, and how the report must call it.
DEATHS = {
    "abort": ("std::process::abort();", "SIGABRT"),
    "segfault": ("unsafe { std::ptr::null_mut::<u8>().write_volatile(1) };", "SIGSEGV"),
    "stack_overflow": (
        "fn deeper(n: u64) -> u64 { let pad = std::hint::black_box([n; 64]);"
        " deeper(n + 1) + pad[3] }\nprintln!(\"{}\", deeper(0));",
        "SIGABRT|SIGSEGV",
    ),
    "exit": ("std::process::exit(3);", r"exit(ed)? .*\b3\b"),
    "exit_zero": ("std::process::exit(0);", r"exit(ed)? .*\b0\b"),
    "killed": (
        'std::process::Command::new("sh").arg("-c")'
        '.arg(format!("kill -9 {}", std::process::id())).status().unwrap();\nloop {}',
        "SIGKILL",
    ),
    "raised_signal": (
        'unsafe extern "C" { fn raise(signal: i32) -> i32; }\nunsafe { raise(8) };',
        "SIGFPE",
    ),
    "panic_in_drop_while_panicking": (
        'struct Bad; impl Drop for Bad { fn drop(&mut self) { panic!("in drop") } }\n'
        '{ let _bad = Bad; panic!("first") }',
        "SIGABRT",
    ),
    "in_another_thread": (
        "thread::spawn(|| std::process::abort()).join().unwrap();",
        "SIGABRT",
    ),
    "out_of_memory": (
        # The address space is limited first, so that the machine doesn't suffer.
        "#[repr(C)] struct Limit { soft: u64, hard: u64 }\n"
        'unsafe extern "C" { fn setrlimit(what: i32, limit: *const Limit) -> i32; }\n'
        "unsafe { setrlimit(9, &Limit { soft: 4 << 30, hard: 4 << 30 }) };\n"
        "let mut hoard = Vec::new();\n"
        "loop { hoard.push(vec![1u8; 64 << 20]); }",
        "SIGABRT|SIGKILL",
    ),
}


@pytest.fixture(scope="module")
def session():
    with Kernel() as kernel:
        yield kernel


def scene(death: str) -> str:
    # A guard can't be kept in a variable of the notebook, so all of it stands in a block.
    return "{\n" + SCENE + death + "\n}"


@pytest.mark.parametrize("how", DEATHS)
def test_the_report_survives(session, how):
    death, called = DEATHS[how]
    result = session.run(scene(death), timeout=90).failed("crashed")
    assert re.search(called, result.error["evalue"]), result.error["evalue"]
    assert "last words" in result.stdout

    report = check_report(result.report)
    assert report["outcome"] == "crashed"
    thief = next(t for t in report["threads"] if t["name"] == "thief")
    assert thief["state"] == "blocked"
    (treasure,) = [lock for lock in report["locks"] if lock["name"] == "treasure"]
    assert thief["waiting_for"] == {"lock": treasure["id"]}
    assert treasure["held_by"] == [1]
    assert re.search(called, result.text) or re.search(called, result.html)

    assert session.ok("21 * 2").value == "42"


def test_the_error_says_that_the_variables_are_lost():
    with Kernel() as kernel:
        kernel.ok("let gone = 1;")
        result = kernel.run("std::process::abort();").failed("crashed")
        assert "variables" in result.error_text and "lost" in result.error_text
        assert kernel.run("gone").status == "error"
        # What was defined is there as before, and so are dependencies and settings.
        kernel.ok("fn twice(n: i32) -> i32 { n * 2 }")
        kernel.run("std::process::abort();").failed("crashed")
        assert kernel.ok("twice(4)").value == "8"


def test_a_crash_in_the_background_between_cells():
    with Kernel() as kernel:
        kernel.ok(
            "std::thread::spawn(|| {\n"
            "std::thread::sleep(std::time::Duration::from_millis(300)); std::process::abort(); });"
        )
        before = kernel.cell_processes()
        wait_until(lambda: set(kernel.cell_processes()) != set(before), "the process of the cell lives on")
        result = kernel.run("1 + 1")
        assert result.status == "ok" or result.ename == "crashed"
        assert kernel.ok("2 + 2").value == "4"


def test_ten_crashes_in_a_row(session):
    for _ in range(10):
        session.run("std::process::abort();").failed("crashed")
    assert session.ok("1 + 1").value == "2"


def test_the_runtime_around_a_cell_is_not_the_cells(fresh_kernel):
    fresh_kernel.ok(':dep tokio = { version = "1", features = ["full"] }', timeout=400)
    fresh_kernel.ok("tokio::time::sleep(std::time::Duration::from_millis(1)).await;")
    assert fresh_kernel.ok("1 + 1").report is None
    fresh_kernel.run("std::process::abort();")
    result = fresh_kernel.ok("1 + 1")
    assert (result.value, result.report) == ("2", None)


def test_a_thread_that_ends_the_process_has_deadlocked_nobody(fresh_kernel):
    """It takes its locks along, but nobody will wait for them any more."""
    result = fresh_kernel.run(
        "use std::sync::{Arc, Mutex};\nuse std::{thread, time::Duration};\n"
        "let log = Arc::new(Mutex::new(0));\n"
        "let all: Vec<_> = (0..3).map(|n| { let log = log.clone(); thread::spawn(move || for step in 0..50 {\n"
        "    let mut count = log.lock().unwrap();\n"
        "    *count += 1;\n"
        "    thread::sleep(Duration::from_millis(1));\n"
        "    if n == 1 && step == 7 { std::process::exit(3); }\n"
        "}) }).collect();\n"
        "for each in all { each.join().unwrap(); }",
        timeout=60,
    )
    result.failed("crashed")
    assert result.report["outcome"] == "crashed" and not result.report["findings"]
    assert "; its process ended with exit code 3" in result.report["story"]
