"""The kernel's own commands, each as a person would use it."""

import csv
import json
import re

import pytest

from fearless_client import shown

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


def test_help_lists_evcxrs_and_ours(kernel):
    text = shown(kernel.ok(":help"))
    for command in (":dep", ":vars", ":threads", ":report", ":record", ":trace", ":send", ":timing", ":repeat"):
        assert command in text, command


def test_help_on_a_topic_is_that_alone(kernel):
    one = shown(kernel.ok(":help explore"))
    assert ":explore [N|30s|all]" in one and ":repeat" not in one
    several = shown(kernel.ok(":help thread"))
    assert ":threads on|off" in several and ":dep" not in several
    assert "did you mean `:explore`?" in kernel.run(":help explroe").error_text


def test_settings_are_told_when_nothing_is_asked_for(kernel):
    assert kernel.ok(":clear\n:vars").stdout == "there are no variables\n"
    assert kernel.ok(":opt").stdout == "cells are compiled at level 0; `:opt 0` to `:opt 3` change that\n"
    kernel.ok(":opt 2")
    assert "at level 2" in kernel.ok(":opt").stdout
    kernel.ok(":opt 0")
    assert "at level 0" in kernel.ok(":opt").stdout


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


def checked(kernel, *conditions: str) -> list[str]:
    """The answers to these conditions, after the line that names the cell."""
    return kernel.ok("\n".join(f":check {condition}" for condition in conditions)).lines[1:]


def test_check(kernel):
    cell = kernel.ok(WORK)
    result = kernel.ok(
        ":check acquisitions == 401\n:check threads >= 5   # one more\n:check no finding deadlock\n"
        ':check output contains "total 400"\n:check outcome is ok\n:check acquisitions of counter == 401'
    )
    first, *lines = result.lines
    assert first == f"cell [{cell.count}]:"
    assert [line[0] for line in lines] == ["✓", "✗", "✓", "✓", "✓", "✓"]
    assert lines[1] == "✗ not yet: threads >= 5; it is 4 (one more)"


def test_check_before_any_cell():
    from fearless_client import Kernel

    with Kernel() as kernel:
        assert kernel.ok(":check threads == 3").lines == [
            "? nothing to check yet: run the cell above first, then this one"
        ]


def test_check_looks_at_the_last_cell_alone(kernel):
    """A cell without threads has no report, and that of the cell before it is none of its own."""
    kernel.ok(WORK)
    kernel.ok('println!("alone")')
    assert checked(kernel, "threads == 4", "deadlocks == 0", 'output contains "alone"') == [
        "✗ not yet: threads == 4; it is 0",
        "✓ deadlocks == 0",
        '✓ output contains "alone"',
    ]
    kernel.run("let wrong: i32 = \"text\";").failed("E0308")
    for line in checked(kernel, "deadlocks == 0", "outcome is ok", 'output contains "alone"'):
        assert line.startswith("✗ not yet: ") and "mismatched types" in line
    # What asks only is no cell to look at.
    kernel.ok(WORK)
    kernel.ok(":vars")
    kernel.ok(":traits String")
    assert checked(kernel, "threads == 4", 'output contains "total 400"')[0][0] == "✓"


def test_check_above_code_looks_at_that_code(kernel):
    kernel.ok('println!("before")')
    lines = kernel.ok(f':check acquisitions == 401\n:check output contains "total 400"\n{WORK}').lines
    assert [line[0] for line in lines[-2:]] == ["✓", "✓"]


def test_check_counts_what_the_report_leaves_out(kernel):
    kernel.ok(
        "use std::sync::Mutex;\n{ let locks: Vec<_> = (0..300).map(Mutex::new).collect();\n"
        "std::thread::scope(|s| for lock in &locks { s.spawn(|| *lock.lock().unwrap() += 1); }); }"
    )
    assert {line[0] for line in checked(kernel, "threads == 300", "locks == 300", "acquisitions == 300")} == {"✓"}


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        ('panic!("burnt");', "✗ not yet: outcome is ok; it panicked: burnt"),
        ("{ let m = std::sync::Mutex::new(1); let _a = m.lock(); let _b = m.lock(); }",
         "✗ not yet: outcome is ok; it deadlocked"),
        (":main\nfn main() { std::process::exit(3); }",
         "✗ not yet: outcome is ok; it crashed: the program ended with exit code 3; the session is untouched"),
        (":main\nfn main() -> Result<(), String> { Err(\"no bread\".into()) }",
         '✗ not yet: outcome is ok; it failed: main returned an error: "no bread"'),
        (":main\nfn main() { nothing(); }",
         "✗ not yet: outcome is ok; it failed: cannot find function `nothing` in this scope"),
        (":repeat 3\nprintln!(\"x\");", "✓ outcome is ok"),
    ],
)  # fmt: skip
def test_check_knows_how_the_cell_ended(kernel, code, wanted):
    kernel.run(code)
    assert checked(kernel, "outcome is ok")[0].startswith(wanted)


def test_check_lists_what_can_be_asked(kernel):
    text = kernel.run(":check").failed("command").error_text
    assert all(word in text for word in ("running_together", "lock_order", "deadlocked", "output contains"))


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
    told = next(line for line in text.splitlines() if line.startswith("analysis "))
    parts = dict(re.findall(r"(\w+) ([\d.]+) ms", told))
    assert list(parts) == ["analysis", "compile", "link", "run", "report", "all"], text
    assert all(float(parts[part]) > 0 for part in ("analysis", "compile", "link", "run", "report"))


def test_main_is_a_program(kernel):
    """When main ends, its threads end, too: only a program of its own can show it."""
    result = kernel.ok(
        ":main\nfn main() {\n    std::thread::spawn(|| {\n"
        "        std::thread::sleep(std::time::Duration::from_secs(600));\n"
        '        println!("never");\n    });\n    std::thread::sleep(std::time::Duration::from_millis(30));\n'
        '    println!("main ends");\n}'
    )
    assert result.lines == ["main ends"]
    assert result.seconds < 60
    (finding,) = result.findings("running_at_end")
    assert "line 3" in finding["title"]
    sleeper = next(t for t in result.report["threads"] if not t["is_main"])
    # It was cut off in the middle of its sleep.
    assert sleeper["state"] == "blocked" and "sleep" in sleeper["waiting_for"]
    # What its thread waited for before `main` began is not its own.
    main = next(t for t in result.report["threads"] if t["is_main"])
    assert main["blocked_ns"]["join"] == 0 and main["blocked_ns"]["sleep"] > 0


@pytest.mark.parametrize(
    ("main", "ename", "part"),
    [
        ("fn main() -> Result<(), String> { Err(\"no bread\".into()) }", "returned", '"no bread"'),
        ("fn main() -> std::process::ExitCode { std::process::ExitCode::from(7) }", "exit", "exit code 7"),
        ("fn main() -> ! { std::process::exit(9) }", "exit", "exit code 9"),
        ("fn main() { std::process::abort() }", "crashed", "SIGABRT"),
        ('fn main() {\n    panic!("burnt");\n}', "panic", "line 3: burnt"),
        ("fn main() -> Option<u8> { None }", "E0277", "`main` returns `Option<u8>`"),
        ("fn main() { unknown(); }", "E0425", "a program of its own"),
        ('println!("no main");', "command", "this cell has no `fn main()`"),
        ("", "command", "there is none"),
    ],
)
def test_main_that_fails(kernel, main, ename, part):
    kernel.ok("let kept = 5;")
    assert part in kernel.run(f":main\n{main}").failed(ename).error_text
    assert kernel.ok("kept").value == "5"


def test_main_knows_nothing_of_other_programs(kernel):
    """Each has a recording of its own: another program's locks are not its locks, nor is their order."""
    program = (
        ":main\nuse std::sync::Mutex;\nfn main() {\n    let (fork, knife) = (Mutex::new(1), Mutex::new(2));\n"
        "    *fork.lock().unwrap() += 1;\n    *knife.lock().unwrap() += 1;\n"
        "    std::thread::scope(|s| { s.spawn(|| { let _a = FIRST.lock(); let _b = SECOND.lock(); }); });\n}"
    )
    for first, second in (("fork", "knife"), ("knife", "fork")):
        result = kernel.ok(program.replace("FIRST", first).replace("SECOND", second))
        assert {lock["name"] for lock in result.report["locks"]} == {"fork", "knife"}
        assert not result.findings("lock_order"), result.text


def test_main_that_ends_well(kernel):
    for main in (
        "fn main() -> Result<(), String> { Ok(()) }",
        "fn main() -> ! { std::process::exit(0) }",
        "pub fn  main () {}",
        "#![allow(dead_code)]\nfn unused() {}\nfn main() {}",
    ):
        kernel.ok(f":main\n{main}")


def test_main_has_no_arguments_but_its_name(kernel):
    code = 'println!("{:?}", std::env::args().collect::<Vec<_>>());'
    assert kernel.ok(f":main\nfn main() {{ {code} }}").lines == ['["main"]']
    assert 'printed "[\\"main\\"]"' in shown(kernel.ok(f":repeat 1\n{code}"))


def test_main_asks_for_input(kernel):
    code = (
        ":main\nfn main() {\n    let mut line = String::new();\n"
        '    std::io::stdin().read_line(&mut line).unwrap();\n    println!("hello {}", line.trim());\n}'
    )
    pending = kernel.begin(code, allow_stdin=True)
    question = kernel.client.get_stdin_msg(timeout=60)
    assert question["msg_type"] == "input_request"
    kernel.client.input("Ada")
    assert pending.finish().ok().lines == ["hello Ada"]
    assert kernel.run(code, allow_stdin=False).ok().lines == ["hello "]


def test_main_without_recording():
    from fearless_client import Kernel

    with Kernel() as kernel:
        kernel.ok(":record off", timeout=300)
        result = kernel.ok(':main\nfn main() { println!("out"); eprintln!("err"); }')
        assert result.lines == ["out"] and "err" in result.stderr and result.report is None
        shown_outcomes = shown(kernel.ok(':repeat 3\nprintln!("out");'))
        assert '3 ×' in shown_outcomes and 'printed "out"' in shown_outcomes


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


def test_the_last_compile_error_is_explained(kernel):
    for command in (":explain", ":last_error_json"):
        kernel.run("let wrong: u8 = true;").failed("E0308")
        assert kernel.ok(command).status == "ok"
    assert '"code":"E0308"' in kernel.ok(":last_error_json").stdout
    assert "Expected type did not match" in shown(kernel.ok(":explain"))
    kernel.ok("1")
    assert "no compile error" in kernel.run(":explain").error_text
    assert "used after its contents have been moved" in shown(kernel.ok(":explain E0382"))
    assert "knows nothing of an error `E9999`" in kernel.run(":explain E9999").error_text
    assert re.fullmatch(r"Fearless \S+, evcxr \S+, rustc .+\n", kernel.ok(":version").stdout)


def test_a_dependency_that_cannot_be_had_is_told_in_the_notebooks_words(kernel):
    text = kernel.run(':dep itoa = "1').error_text
    assert "invalid basic string" in text and "Cargo.toml" not in text and "error: error" not in text, text


def test_record_off_and_back():
    from fearless_client import Kernel

    with Kernel() as kernel:
        kernel.ok(":record off", timeout=300)
        result = kernel.ok(WORK)
        assert result.report is None and "total 400" in result.stdout
        kernel.ok(":record full", timeout=300)
        assert kernel.ok(WORK).report["locks"][0]["acquisitions"] == 401
