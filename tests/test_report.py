"""The report and the gutter as a person meets them: present, absent, switched off, harmless."""

import json
import re

import pytest

from fearless_client import Kernel
from fearless_client.schema import check_report

TWO_THREADS = """\
use std::sync::{Arc, Mutex};
use std::thread;
{
    let counter = Arc::new(Mutex::new(0));
    let worker = {
        let counter = counter.clone();
        thread::Builder::new().name("worker-1".into()).spawn(move || {
            *counter.lock().unwrap() += 1;
            println!("from the worker");
            // So that main waits for it, and the picture has a pattern.
            thread::sleep(std::time::Duration::from_millis(2));
        }).unwrap()
    };
    worker.join().unwrap();
    println!("from main");
}
"""


def test_a_plain_cell_has_no_report(kernel):
    result = kernel.ok("1 + 1")
    assert result.value == "2"
    assert result.report is None
    assert not result.of_type("display_data", "update_display_data", "stream")


@pytest.mark.parametrize(
    "code",
    [
        "()",
        'println!("x")',
        "for n in 0..2 { std::hint::black_box(n); }",
        "let all = vec![1];\nfor n in all { drop(n); }",
        "{ let a = 1; drop(a); }",
        "if true {}",
    ],
)
def test_a_unit_is_no_value(kernel, code):
    assert kernel.ok(code).value is None


def test_a_cell_that_only_prints_has_no_gutter(kernel):
    result = kernel.ok('println!("one"); print!("two")')
    assert result.stdout == "one\ntwo"
    assert result.report is None


def test_using_a_type_without_touching_it_is_no_concurrency(kernel):
    assert kernel.ok("use std::sync::Mutex; fn unused(_: &Mutex<i32>) {}").report is None


def test_every_representation_is_there(kernel):
    result = kernel.ok(TWO_THREADS)
    check_report(result.report)
    for needle in ("counter", "worker-1", "T2"):
        assert needle in result.html
        assert needle in result.text
    assert "<table" in result.html and "<svg" in result.html
    assert "<script" not in result.html and "http://" not in re.sub(
        r"http://www\.w3\.org/\S+", "", result.html
    )
    assert all(len(line) <= 80 for line in result.text.splitlines()), result.text


def test_the_gutter_names_the_printing_thread(kernel):
    result = kernel.ok(TWO_THREADS)
    assert result.gutter_lines == [("T2", "from the worker"), ("T1", "from main")]
    lines = {t["id"]: t["lines_printed"] for t in result.report["threads"]}
    assert lines == {1: 1, 2: 1}


def test_the_gutter_can_be_turned_off(kernel):
    kernel.ok(":threads off")
    try:
        assert kernel.ok(TWO_THREADS).stdout == "from the worker\nfrom main\n"
    finally:
        kernel.ok(":threads on")
    assert kernel.ok(TWO_THREADS).gutter_lines[0] == ("T2", "from the worker")


def test_a_thread_may_be_called_anything(kernel):
    name = '<script>alert("&\')</script>'
    quoted = name.replace('"', '\\"')
    result = kernel.ok(
        f'std::thread::Builder::new().name("{quoted}".into())'
        '.spawn(|| println!("<b>bold?</b>")).unwrap().join().unwrap();'
    )
    check_report(result.report)
    assert result.report["threads"][1]["name"] == name
    assert "<script" not in result.html.lower()
    assert "&lt;script&gt;" in result.html


def test_control_characters_in_a_name_stay_text(kernel):
    result = kernel.ok(
        'std::thread::Builder::new().name("a\\x1b[31mred\\nnext".into())'
        ".spawn(|| ()).unwrap().join().unwrap();"
    )
    bundle = result._report_bundle()
    assert "\x1b[31mred" not in bundle["text/plain"]
    assert "\x1b" not in bundle["text/html"]
    assert not any(line.startswith("next") for line in bundle["text/plain"].splitlines())


@pytest.mark.parametrize("mode", ["off", "summary", "full"])
def test_how_much_report(kernel, mode):
    kernel.ok(f":report {mode}")
    try:
        result = kernel.ok(TWO_THREADS)
    finally:
        kernel.ok(":report full")
    if mode == "off":
        assert result.report is None and not result.html
    else:
        assert result.html
        assert ("<svg" in result.html) == (mode == "full")


def test_a_report_shown_again_has_ids_of_its_own(kernel):
    """Else the second loses its patterns when the first is folded away."""
    pages = [kernel.ok(TWO_THREADS).html, kernel.ok(":report").html, kernel.ok(":report").html]
    ids = [set(re.findall(r' id="([^"]+)"', page)) for page in pages]
    assert all(ids)
    assert not (ids[0] & ids[1] or ids[0] & ids[2] or ids[1] & ids[2])


def test_a_cell_that_runs_shows_who_waits(kernel):
    """Not before a second, at most twice a second, small, and each a report that holds together."""
    result = kernel.ok(
        "use std::sync::{Arc, Mutex};\nuse std::{thread, time::Duration};\n{\n"
        "let table = Arc::new(Mutex::new(0));\nlet held = table.lock().unwrap();\n"
        "let guest = { let table = table.clone(); thread::Builder::new().name(\"guest\".into())"
        ".spawn(move || *table.lock().unwrap() += 1).unwrap() };\n"
        "thread::sleep(Duration::from_millis(3200));\ndrop(held);\nguest.join().unwrap();\n}",
        timeout=60,
    )
    *live, last = [c["data"] for c in result.of_type("display_data", "update_display_data")]
    assert 2 <= len(live) <= 5
    for data in live:
        assert sum(len(json.dumps(value)) for value in data.values()) < 50_000
        text = data["text/plain"]
        story = re.match(
            r"main \+ 1 thread, ([\d.]+) s so far; guest has waited ([\d.]+) s for `table` at line 6,\s+held\s+by\s+main",
            text,
        )
        assert story, text
        (in_table,) = re.findall(r"^T2 +guest .* lock ([\d.]+) s ", text, re.M)
        assert 1 <= float(in_table) <= float(story[1]) >= float(story[2])
    report = check_report(last["application/vnd.fearless.report+json"])
    assert "live" not in report and "guest waited 3.2 s for `table`" in report["story"]


def test_a_lock_that_std_makes_is_the_cells(kernel):
    """`Arc::default()` makes its mutex inside the standard library."""
    result = kernel.ok(
        "use std::sync::{Arc, Mutex};\n"
        "let shared: Arc<Mutex<u32>> = Arc::default();\n"
        "let theirs = shared.clone();\n"
        "std::thread::spawn(move || *theirs.lock().unwrap() += 1).join().unwrap();"
    )
    report = check_report(result.report)
    (lock,) = report["locks"]
    assert (lock["acquisitions"], lock["created_at"], report["dependencies"]) == (1, None, [])


def test_report_json_prints_the_data(kernel):
    kernel.ok(TWO_THREADS)
    result = kernel.ok(":report json")
    assert '"acquisitions"' in result.stdout + str(result.of_type("display_data", "execute_result"))


def test_counts_only(kernel):
    kernel.ok(":record counts")
    try:
        report = check_report(kernel.ok(TWO_THREADS).report)
    finally:
        kernel.ok(":record full")
    assert report["locks"][0]["acquisitions"] == 1


def test_the_rc_error_is_rustcs_own(kernel):
    code = (
        "use std::rc::Rc;\nuse std::thread;\n"
        "let shared = Rc::new(5);\n"
        "thread::spawn(move || println!(\"{shared}\")).join().unwrap();"
    )
    result = kernel.run(code).failed("E0277")
    assert "std::rc::Rc<i32>" in result.error_text or "Rc<i32>" in result.error_text
    assert "std::rc::Rc" in result.error_text
    assert "cannot be sent between threads safely" in result.error_text
    assert "fearless" not in result.error_text.lower().replace("lesson", "")
    assert re.search(r"(^|\D)4(\D|$)", result.error_text), "the cell's line is named"


def test_a_panic_is_an_error_and_variables_stay(kernel):
    kernel.ok("let kept = vec![1, 2, 3];")
    result = kernel.run('println!("before");\nlet n: Option<u8> = None;\nn.expect("nothing there");')
    result.failed("panic")
    assert "nothing there" in result.error["evalue"]
    assert "\n" not in result.error["evalue"]
    assert f"[{result.count}]" in result.error_text or re.search(r"\b3\b", result.error_text)
    assert "before" in result.stdout
    assert "stack backtrace" not in result.stderr
    assert kernel.ok("kept.len()").value == "3"


def test_a_panicking_thread_that_is_joined_fails_nothing(kernel):
    result = kernel.ok('std::thread::spawn(|| panic!("in T2")).join().is_err()')
    assert result.value == "true"
    assert result.report["outcome"] == "ok"
    assert result.report["threads"][1]["state"] == "panicked"


def test_a_compile_error_shows_the_line(kernel):
    result = kernel.run("let a = 1;\nlet b: String = a;").failed("E0308")
    assert "mismatched types" in result.error_text
    assert "let b: String = a;" in result.error_text


def test_several_compile_errors_are_one_error_message(kernel):
    result = kernel.run("let a: u8 = true;\nlet b: bool = 1;")
    assert result.status == "error" and len(result.of_type("error")) == 1


def test_stderr_and_dbg(kernel):
    result = kernel.ok('eprintln!("to stderr"); let n = dbg!(6 * 7); println!("{n}");')
    assert "to stderr" in result.stderr
    assert "[line 1] 6 * 7 = 42\n" in result.stderr
    assert result.stdout == "42\n"


def test_dbg_says_where():
    with Kernel() as kernel:
        kernel.ok("#[derive(Debug)] struct Point { x: i32 }\nfn doubled(n: i32) -> i32 {\n    dbg!(n * 2)\n}")
        result = kernel.ok(
            "let p = dbg!(Point { x: doubled(4) });\n"
            "dbg!();\n"
            "let both = dbg!(p.x, p.x + 1);\n"
            "std::thread::spawn(|| dbg!(1)).join().unwrap();"
        )
        plain = [line.split("│ ")[-1] for line in result.stderr.splitlines()]
        assert plain == [
            "[[1], line 3] n * 2 = 8",
            "[line 1] Point { x: doubled(4) } = Point {",
            "    x: 8,",
            "}",
            "[line 2]",
            "[line 3] p.x = 8",
            "[line 3] p.x + 1 = 9",
            "[line 4] 1 = 1",
        ]


def test_rayons_threads_are_seen():
    """A dependency is compiled against our std without knowing."""
    with Kernel() as kernel:
        kernel.ok(':dep rayon = "1"', timeout=300)
        result = kernel.ok(
            "use rayon::prelude::*;\n"
            "rayon::ThreadPoolBuilder::new().num_threads(3).build_global().unwrap();\n"
            "(0..100_000u64).into_par_iter().map(|n| n % 7).sum::<u64>()",
            timeout=300,
        )
        assert result.value == str(sum(n % 7 for n in range(100_000)))
        report = check_report(result.report)
        (rayon,) = [d for d in report["dependencies"] if d["crate"].startswith("rayon-core ")]
        assert rayon["threads"] == 3
        assert "rayon-core" in result.html
        spawns = [row["spawned_at"]["called_at"] for row in report["threads"] if row["spawned_at"]]
        assert [at["line"] for at in spawns] == [2, 2, 2]

        deadlock = kernel.run(
            "use std::sync::Mutex;\n"
            "{\n"
            "    let table = Mutex::new(0);\n"
            "    let held = table.lock().unwrap();\n"
            "    rayon::scope(|s| s.spawn(|_| *table.lock().unwrap() += 1));\n"
            '    println!("{held}");\n'
            "}",
            timeout=60,
        )
        deadlock.failed("deadlock")
        assert "table" in deadlock.error_text


KITCHEN = """\
use std::{fs, path::PathBuf, sync::mpsc, thread, time::Duration};

/// For a shorter wait the recorder doesn't ask who called.
const WORTH_A_LOOK: Duration = Duration::from_millis(3);

/// The calling thread, for one that is to act only once this one sleeps.
struct Caller(PathBuf);

impl Caller {
    fn new() -> Self {
        Caller(fs::canonicalize("/proc/thread-self").unwrap())
    }

    /// Returns when the system says that the thread sleeps, as it does where it waits.
    fn sleeps(&self) {
        loop {
            let stat = fs::read_to_string(self.0.join("stat")).unwrap();
            if stat.rsplit(") ").next().unwrap().starts_with('S') {
                return;
            }
            thread::yield_now();
        }
    }
}

pub fn cook() -> u32 {
    let (dish, dishes) = mpsc::channel();
    let caller = Caller::new();
    thread::spawn(move || {
        caller.sleeps();
        thread::sleep(WORTH_A_LOOK);
        dish.send(1).unwrap();
    });
    dishes.recv().unwrap()
}

pub fn serve<W: Fn() + Sync>(work: W) {
    let caller = Caller::new();
    let work = || {
        caller.sleeps();
        thread::sleep(WORTH_A_LOOK);
        work();
    };
    thread::scope(|scope| {
        scope.spawn(work);
        scope.spawn(work);
    });
}
"""


def lines_that_led_into_a_crate(report: dict) -> dict[str, set]:
    """Of spawns, and of waits in the timeline: the lines of this cell that led there."""
    spawns = [row["spawned_at"]["called_at"] for row in report["threads"] if row["spawned_at"]]
    lanes = report["timeline"]["lanes"]
    waits = [it for lane in lanes for it in lane["segments"] if it.get("within") == "kitchen"]
    assert all(at["cell"] == report["cell"] for at in spawns), spawns
    # What a thread of the crate's own does, no line of the cell called.
    waited_at = {it["line"] for it in waits if "line" in it}
    return {"spawns": {at["line"] for at in spawns}, "waits": waited_at}


def test_what_waits_in_a_crate_is_at_the_line_that_led_there(tmp_path):
    """Also where a function of the crate is compiled into the cell's own, and for a program."""
    kitchen = tmp_path / "kitchen"
    (kitchen / "src").mkdir(parents=True)
    (kitchen / "src/lib.rs").write_text(KITCHEN)
    (kitchen / "Cargo.toml").write_text(
        '[package]\nname = "kitchen"\nversion = "0.1.0"\nedition = "2024"\n'
    )
    with Kernel() as kernel:
        kernel.ok(f':dep kitchen = {{ path = "{kitchen}" }}', timeout=300)
        first = kernel.ok("let one =\n    kitchen::cook();\none").report
        assert lines_that_led_into_a_crate(first) == {"spawns": {2}, "waits": {2}}
        code = (
            "fn both() -> u32 {\n"
            "    let first = kitchen::cook();\n"
            "    first + kitchen::cook()\n"
            "}\n"
            "both();\n"
            "kitchen::serve(|| ());"
        )
        expected = {"spawns": {2, 3, 6}, "waits": {2, 3, 6}}
        assert lines_that_led_into_a_crate(kernel.ok(code).report) == expected
        kernel.ok(":opt 2")
        assert lines_that_led_into_a_crate(kernel.ok(code).report) == expected
        kernel.ok(":opt 0")
        program = f":main\n{code}".replace("both();", "fn main() { both();") + " }"
        report = kernel.ok(program).report
        expected = {"spawns": {3, 4, 7}, "waits": {3, 4, 7}}
        assert lines_that_led_into_a_crate(report) == expected


def test_what_threads_did_between_two_cells_is_told(kernel):
    first = kernel.ok(
        "use std::sync::{Arc, Mutex};\n"
        "let c = Arc::new(Mutex::new(0));\n"
        "let other = c.clone();\n"
        "let handle = std::thread::spawn(move || {\n"
        "    std::thread::sleep(std::time::Duration::from_millis(50));\n"
        "    for _ in 0..10 { *other.lock().unwrap() += 1; }\n"
        "});"
    ).report
    report = kernel.ok("handle.join().unwrap(); *c.lock().unwrap() += 1;").report
    (lock,) = report["locks"]
    between = report.get("between") or {}
    # However long the thread has slept, each lock is told once.
    rows = [*first["locks"], *between.get("locks", []), lock]
    assert sum(row["acquisitions"] for row in rows) == 11, rows


LEFT_BEHIND = """\
use std::sync::{mpsc, Arc, Mutex};
use std::thread;
let kept = Arc::new(Mutex::new(0));
let (go, gone) = mpsc::channel::<()>();
let (locked, is_locked) = mpsc::channel();
let theirs = kept.clone();
let left = thread::spawn(move || {
    let guard = theirs.lock().unwrap();
    locked.send(()).unwrap();
    let _ = gone.recv();
    drop(guard);
});
is_locked.recv().unwrap();
"""


def test_a_lock_that_outlives_its_cell(kernel):
    """It is drawn as held to the end, and in the next cell no longer than that cell was."""
    first = kernel.ok(LEFT_BEHIND).report
    lock = first["locks"][0]
    thread = next(row for row in first["threads"] if row["id"] == 2)
    lane = next(it for it in first["timeline"]["lanes"] if it["thread"] == 2)
    assert [bar["end_ns"] for bar in lane["holds"]] == [first["timeline"]["end_ns"]]
    assert (lock["held_by"], thread["state"] in ("running", "blocked")) == ([2], True)
    found = kernel.run("*kept.lock().unwrap() += 1;").report
    assert found["deadlock_ns"] is None or found["locks"][0]["hold_ns"]["total"] <= found["deadlock_ns"]
    assert found["deadlock_ns"] is not None, "nobody sends while main waits for the lock"
