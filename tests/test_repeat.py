"""`:repeat`: each run is the first one, however it is done, and each outcome is counted."""

import ctypes
import json
import os
import platform
from pathlib import Path

import pytest

from fearless_client import shown, wait_until


def test_repeat(kernel):
    result = kernel.ok(
        ":repeat 20\nuse std::sync::atomic::{AtomicU32, Ordering};\n"
        "let n = AtomicU32::new(0);\n"
        "std::thread::scope(|s| { for _ in 0..2 { s.spawn(|| n.fetch_add(1, Ordering::Relaxed)); } });\n"
        'println!("{}", n.into_inner());'
    )
    text = shown(result)
    assert "20 runs, 1 outcome" in text and 'printed "2"' in text
    assert "<details><summary>One of the runs that printed" in result.html
    assert result.text.startswith("One of the runs that printed")
    assert {t["spawned_at"]["line"] for t in result.report["threads"] if not t["is_main"]} == {4}


def test_programs_know_the_items_of_earlier_cells(fresh_kernel):
    fresh_kernel.ok(
        "use std::sync::Mutex;\nstatic TOTAL: Mutex<u32> = Mutex::new(0);\n"
        "fn add(n: u32) -> u32 {\n    let mut total = TOTAL.lock().unwrap();\n    *total += n;\n    *total\n}"
    )
    fresh_kernel.ok("struct Step { by: u32 }\nlet by = add(5);")
    # Its static is fresh in each run, and another than the session's.
    repeated = fresh_kernel.ok(":repeat 3\nadd(Step { by: 2 }.by)")
    assert "3 runs, 1 outcome" in shown(repeated) and 'printed "2"' in shown(repeated)
    main = fresh_kernel.ok(":main\nfn main() { println!(\"{}\", add(3)); }")
    assert main.lines == ["3"]
    for report in (repeated.report, main.report):
        (lock,) = report["locks"]
        assert (lock["name"], lock["created_at"]["cell"], lock["created_at"]["line"]) == ("TOTAL", 1, 2)
    # The cell's own item counts; it is not the session's afterwards.
    own = fresh_kernel.ok(":repeat 2\nfn add(n: u32) -> u32 { n + 100 }\nadd(1)")
    assert 'printed "101"' in shown(own)
    assert fresh_kernel.ok("add(1)").value == "6"
    failed = fresh_kernel.run(":repeat 2\nby").failed("E0425").error_text
    assert "it sees no variables of other cells" in failed


# Each thread has its lock before one of them wants the other's.
SCOPED_DEADLOCK = """\
let (a, b) = (std::sync::Mutex::new(1), std::sync::Mutex::new(2));
let both = std::sync::Barrier::new(2);
std::thread::scope(|s| {
    s.spawn(|| { let _a = a.lock().unwrap(); both.wait(); drop(b.lock().unwrap()); });
    s.spawn(|| { let _b = b.lock().unwrap(); both.wait(); drop(a.lock().unwrap()); });
});"""


# What runs before `main`, so that a copy of the process would find it done. It is not the run's.
INITIALISER = """\
extern "C" fn before_main() { println!("before"); }
#[used] #[unsafe(link_section = ".init_array")] static BEFORE: extern "C" fn() = before_main;
"""


@pytest.mark.parametrize(
    ("code", "title"),
    [
        ("1 + 1", 'printed "2"'),
        ("let n: i32 = \"7\".parse()?;\nprintln!(\"{n}\");", 'printed "7"'),
        ("let _n: i32 = \"x\".parse()?;", "returned an error: ParseIntError"),
        ("// fn main() is not here\nprintln!(\"a\\nb\");", 'printed "a ⏎ b"'),
        ("let t = 1;", "printed nothing"),
        ('panic!("burnt");', "panicked: burnt"),
        ("std::process::exit(7);", "ended with exit code 7"),
        ("std::process::abort();", "crashed with SIGABRT"),
        ("let m = std::sync::Mutex::new(1); let _a = m.lock(); let _b = m.lock();", "deadlocked"),
        (":main\nfn main() { println!(\"m\"); }", 'printed "m"'),
        (SCOPED_DEADLOCK, "deadlocked"),
        ("let mut s = String::new(); std::io::stdin().read_line(&mut s)?; println!(\"{s:?}\");", 'printed "\\"\\""'),
        # Each run is a copy of a process that has run nothing yet.
        ("use std::sync::atomic::{AtomicU32, Ordering};\nstatic RUNS: AtomicU32 = AtomicU32::new(1);\n"
         'println!("run {}", RUNS.fetch_add(1, Ordering::Relaxed));', 'printed "run 1"'),
        (f'{INITIALISER}println!("after");', 'printed "after"'),
        ("let one = std::thread::spawn(|| std::process::abort()); one.join().unwrap();", "crashed with SIGABRT"),
    ],
)  # fmt: skip
def test_repeat_tells_how_runs_ended(kernel, code, title):
    text = shown(kernel.ok(f":repeat 2\n{code}"))
    assert "2 runs, 1 outcome" in text and title in text


# What C runs at the end of the process, when the next one is made already.
AT_THE_END = """\
use std::io::Write;
unsafe extern "C" { safe fn atexit(function: extern "C" fn()) -> i32; }
fn note(what: &str) {
    let mut file = std::fs::File::options().append(true).create(true).open(PATH).unwrap();
    file.write_all(what.as_bytes()).unwrap();
}
extern "C" fn at_the_end() {
    std::thread::sleep(std::time::Duration::from_millis(20));
    note("end ");
}
atexit(at_the_end);
note("begin ");"""


def test_repeated_runs_never_overlap(kernel, tmp_path):
    path = tmp_path / "noted"
    code = AT_THE_END.replace("PATH", json.dumps(str(path)))
    assert "10 runs, 1 outcome" in shown(kernel.ok(f":repeat 10\n{code}"))
    assert path.read_text() == "begin end " * 10


# Every third run ends by itself, every third by `exit`, and every third crashes: told from a file's length.
ENDS_IN_THREE_WAYS = """\
use std::io::Write;
let mut file = std::fs::File::options().append(true).create(true).open(PATH)?;
file.write_all(b"x")?;
match file.metadata()?.len() % 3 { 0 => std::process::abort(), 1 => std::process::exit(3), _ => println!("ended") }"""


def test_a_run_ends_alone(kernel, tmp_path):
    code = ENDS_IN_THREE_WAYS.replace("PATH", json.dumps(str(tmp_path / "runs")))
    text = shown(kernel.ok(f":repeat 30\n{code}"))
    assert "30 runs, 3 different outcomes" in text and text.count("    10 ×") == 3
    for title in ("crashed with SIGABRT", "ended with exit code 3", 'printed "ended"'):
        assert title in text


@pytest.mark.parametrize("count", ["0", "-1", "100000", "many", ""])
def test_repeat_says_how_often(kernel, count):
    text = kernel.run(f":repeat {count}\nprintln!();").failed("command").error_text
    assert "with N from 1 to 10000" in text


def test_repeat_can_be_stopped(kernel):
    pending = kernel.begin(":repeat 10000\nstd::thread::sleep(std::time::Duration::from_millis(50));")
    # A table comes while it still runs.
    pending.wait_until(lambda: any(m["msg_type"] == "display_data" for m in pending.messages), 60)
    kernel.interrupt()
    result = pending.finish().failed("interrupted")
    assert "of 10000 runs" in result.error_text
    final = result.of_type("update_display_data")[-1]["data"]["text/plain"]
    assert " of 10000 runs, 1 outcome" in final


# Each leaves something behind that a second run in the same memory would find.
LEAVES_SOMETHING = {
    "a static": """\
use std::sync::atomic::{AtomicU32, Ordering};
static RUNS: AtomicU32 = AtomicU32::new(1);
println!("{}", RUNS.fetch_add(1, Ordering::Relaxed));""",
    "a pointer in a static, to memory that is never given back": """\
use std::sync::atomic::{AtomicPtr, Ordering};
static LAST: AtomicPtr<u32> = AtomicPtr::new(std::ptr::null_mut());
println!("{}", LAST.load(Ordering::Relaxed).is_null());
LAST.store(Box::into_raw(Box::new(1)), Ordering::Relaxed);""",
    "what is made once": """\
use std::sync::{LazyLock, OnceLock};
static LIST: LazyLock<Vec<u32>> = LazyLock::new(|| { println!("list"); vec![1, 2] });
static ONCE: OnceLock<u32> = OnceLock::new();
println!("{} {}", LIST.len(), ONCE.get_or_init(|| { println!("once"); 7 }));""",
    "thread-local values that are dropped at the end": """\
struct Told;
impl Drop for Told { fn drop(&mut self) { println!("dropped"); } }
thread_local! { static TOLD: (Told, std::cell::Cell<u32>) = const { (Told, std::cell::Cell::new(1)) }; }
fn main() {
    let next = || TOLD.with(|told| println!("{}", told.1.replace(told.1.get() + 1)));
    next();
    std::thread::spawn(next).join().unwrap();
}""",
    "memory that was new": """\
let mut large = vec![0u8; 5 << 20];
println!("{}", large.iter().step_by(1024).all(|byte| *byte == 0));
large.fill(1);
let mut small: Vec<_> = (0..500).map(|n| vec![0u8; n]).collect();
println!("{}", small.iter().flatten().all(|byte| *byte == 0));
for part in &mut small { part.fill(1); }
std::mem::forget(small);""",
    "a stack that has grown": """\
fn depth(n: u64) -> u64 { if n == 0 { 0 } else { std::hint::black_box([n; 64]).len() as u64 / 64 + depth(n - 1) } }
println!("{}", depth(3000));""",
    "a variable of the environment": """\
println!("{:?}", std::env::var("LEFT_BEHIND"));
unsafe { std::env::set_var("LEFT_BEHIND", "by a run") };""",
    "a panic hook": """\
std::panic::set_hook(Box::new(|_| println!("hooked")));
let _ = std::panic::catch_unwind(|| panic!("first"));""",
    "a poisoned lock, a thread that has panicked": """\
use std::sync::Mutex;
static SHARED: Mutex<u32> = Mutex::new(0);
println!("{}", SHARED.is_poisoned());
let panicked = std::thread::spawn(|| { let _held = SHARED.lock(); panic!("held") }).join();
println!("{} {}", panicked.is_err(), SHARED.is_poisoned());""",
    "more threads than any was prepared for": """\
let gate = std::sync::Barrier::new(12);
let sum = std::sync::atomic::AtomicU32::new(0);
std::thread::scope(|s| for n in 0..12 { let (gate, sum) = (&gate, &sum); s.spawn(move || { gate.wait(); sum.fetch_add(n, std::sync::atomic::Ordering::Relaxed); }); });
println!("{sum:?}");""",
    "a thread with a stack of its own size": """\
let thread = std::thread::Builder::new().name("large".into()).stack_size(64 << 20);
println!("{:?}", thread.spawn(|| std::thread::current().name().map(str::len)).unwrap().join().unwrap());""",
    "a thread that never ends": """\
static mut COUNT: u64 = 0;
std::thread::spawn(|| loop { unsafe { COUNT += 1 }; std::thread::yield_now() });
println!("main ends");""",
    "a thread that sleeps when main ends": """\
std::thread::spawn(|| { std::thread::sleep(std::time::Duration::from_millis(30)); println!("late"); });
println!("main ends");""",
    "the folder it works in": """\
let name = std::env::current_dir()?.file_name().unwrap().to_owned();
println!("{}", name == "left behind");
std::fs::create_dir_all("left behind")?;
std::env::set_current_dir("left behind")?;""",
    "an open file": """\
use std::os::fd::IntoRawFd;
let file = std::fs::File::open("/dev/null")?.into_raw_fd();
println!("{file}");""",
    "a handler of a signal, by a function of C": """\
unsafe extern "C" { fn signal(number: i32, handler: usize) -> usize; }
println!("{}", unsafe { signal(12, 1) });""",
    "what the system keeps, by a call without a function": """\
let mask: usize;
#[cfg(target_arch = "x86_64")]
unsafe { std::arch::asm!("syscall", inlateout("rax") 95_usize => mask, in("rdi") 0o111_usize, out("rcx") _, out("r11") _) };
#[cfg(not(target_arch = "x86_64"))]
{ mask = 0; }
println!("{mask:o}");""",
}  # fmt: skip


@pytest.mark.parametrize("what", LEAVES_SOMETHING)
def test_a_run_finds_nothing_of_the_run_before(kernel, what):
    text = shown(kernel.ok(f":repeat 30\n{LEAVES_SOMETHING[what]}"))
    assert "30 runs, 1 outcome" in text, text


def test_code_that_runs_at_the_end_of_a_process_runs_after_each(kernel, tmp_path):
    # Named in a section, so that no function tells of it.
    path = json.dumps(str(tmp_path / "ends"))
    code = f"""\
extern "C" fn at_the_end() {{
    use std::io::Write;
    let mut file = std::fs::File::options().append(true).create(true).open({path}).unwrap();
    file.write_all(b"end ").unwrap();
}}
#[used] #[unsafe(link_section = ".fini_array")] static AT_THE_END: extern "C" fn() = at_the_end;
println!("main");"""
    assert "5 runs, 1 outcome" in shown(kernel.ok(f":repeat 5\n{code}"))
    assert (tmp_path / "ends").read_text() == "end " * 5


def system_notes_writes() -> bool:
    """Whether a process here can have its memory put back: Linux 6.7 on x86-64, where nothing forbids it."""
    if platform.machine() != "x86_64":
        return False
    version = tuple(int(part) for part in platform.release().split("-")[0].split(".")[:2])
    user_mode_only, number = 1, 323
    descriptor = ctypes.CDLL(None).syscall(number, user_mode_only | os.O_CLOEXEC)
    if descriptor >= 0:
        os.close(descriptor)
    return version >= (6, 7) and descriptor >= 0


def reaped_children(kernel) -> bool:
    """Whether the process that does a program's runs has waited for the end of some process."""
    (server,) = [p for p in kernel.process.children() if "FEARLESS_REPEATED" in p.environ()]
    # The eleventh field: page faults of those it has waited for.
    return int(Path(f"/proc/{server.pid}/stat").read_text().rpartition(")")[2].split()[8]) > 0


@pytest.mark.skipif(not system_notes_writes(), reason="this system does not note what a process writes")
@pytest.mark.parametrize(("more", "by_copies"), [("", False), ('std::fs::metadata("/")?;', True)])
def test_one_process_does_all_runs_of_what_leaves_nothing(kernel, more, by_copies):
    pending = kernel.begin(f":repeat 10000\n{more}\nstd::thread::sleep(std::time::Duration::from_millis(1));")
    # A table comes when it has run for a second.
    pending.wait_until(lambda: any(m["msg_type"] == "display_data" for m in pending.messages), 60)
    assert reaped_children(kernel) == by_copies
    kernel.interrupt()
    pending.finish().failed("interrupted")
    wait_until(lambda: not any("FEARLESS_REPEATED" in p.environ() for p in kernel.cell_processes()), "a process is left")
