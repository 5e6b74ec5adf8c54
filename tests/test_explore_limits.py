"""What `:explore all` proves, and what `:explore` says where it can't control what a program does."""

import pytest

from fearless_client.benchmarks import FOLDER, ORDERS, explore

SMALL = {path.stem: path.read_text() for path in sorted((FOLDER / "book").glob("*.rs"))}
SMALL["spin lock"] = next(it for it in ORDERS if it.name == "spin lock").cell(mended=True)


def cell(text):
    """Without what says of a file what it is."""
    return "\n".join(line for line in text.splitlines() if not line.startswith("//!"))


@pytest.mark.parametrize("name", SMALL)
def test_small_things_of_ones_own_are_proved(kernel, name):
    found = explore(kernel, "all", cell(SMALL[name]))
    assert found["verdict"] == "proved", (found["failure"], found["notes"])


# T2 meets `N` = 1 in few orders.
END = """
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
static N: AtomicU32 = AtomicU32::new(0);
fn deep(n: u64) -> u64 { let many = [n; 512]; deep(n + 1) + std::hint::black_box(many)[3] }
struct Bomb;
impl Drop for Bomb { fn drop(&mut self) { panic!("in drop") } }
fn main() {
    let other = std::thread::Builder::new().name("other".into())
        .spawn(|| if N.load(SeqCst) == 1 { END }).unwrap();
    N.store(1, SeqCst);
    N.store(0, SeqCst);
    let _ = other.join();
}
"""


@pytest.mark.parametrize(
    ("end", "kind", "title"),
    [
        ("deep(1);", "crash", "T2 (`other`) overflows its stack"),
        ("drop(Bomb)", "panic", "T2 other panics: in drop"),
        (
            "{ let _bomb = Bomb; panic!() }",
            "crash",
            "T2 (`other`) panics where nothing can unwind, and the program aborts",
        ),
        ("std::process::abort()", "crash", "T2 (`other`) aborts the program"),
        ("std::process::exit(0)", None, None),
    ],
)
def test_no_end_of_a_run_ends_the_search(kernel, end, kind, title):
    code = END.replace("END", end)
    if kind == "panic":
        code = code.replace("let _ = other.join();", "other.join().unwrap();")
    found = explore(kernel, "100", code)
    failure = found["failure"]
    if kind is None:
        outcomes = {it["outcome"] for it in found["outcomes"]}
        assert (failure, outcomes) == (None, {"ok", "exited"})
        return
    assert (failure["kind"], failure["title"]) == (kind, title)
    assert failure["threads"][-1] == {"id": 2, "name": "other"}


def test_a_livelock_is_shown_until_it_repeats(kernel):
    found = explore(
        kernel,
        "20",
        """use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
let met = AtomicU32::new(0);
std::thread::scope(|scope| {
    for _ in 0..2 {
        scope.spawn(|| {
            met.fetch_add(1, SeqCst);
            while met.load(SeqCst) < 2 {}
            met.store(0, SeqCst);
        });
    }
});
""",
    )
    failure = found["failure"]
    assert failure["kind"] == "livelock"
    assert len(failure["steps"]) < 20 < failure["omitted"]


def alone(body):
    """A thread beside the first, which waits for it."""
    return f"std::thread::spawn(|| {{ {body} }}).join().unwrap();"


def shown(kernel, options, code):
    """What stands under the cell."""
    result = kernel.run(f":explore {options}\n{code}")
    return result.of_type("display_data", "update_display_data")[-1]["data"]["text/plain"]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ('std::fs::read("/etc/hostname").unwrap();', "opens files"),
        ('std::path::Path::new("/etc/hostname").exists();', "opens files"),
        ('std::net::TcpListener::bind("127.0.0.1:0").unwrap();', "opens sockets"),
        ('std::process::Command::new("true").status().unwrap();', "starts processes"),
        ("std::thread::available_parallelism().unwrap(); std::time::SystemTime::now();", None),
    ],
)
def test_what_is_not_controlled_is_named_and_nothing_is_proved(kernel, body, told):
    found = explore(kernel, "all", alone(body))
    assert found["complete"] and found["failure"] is None
    said = [note for note in found["notes"] if note.startswith("The program")]
    if told is None:
        assert (found["verdict"], said) == ("proved", [])
    else:
        assert found["verdict"] == "passed"
        assert f"{found['schedules']} schedules, none fails. They are all that can be" in shown(
            kernel, "all", alone(body)
        )
        assert said == [
            f"The program {told}: what comes of that is not controlled here, and may be another in "
            "each run."
        ]


def test_a_run_that_was_given_up_proves_nothing(kernel):
    endless = "let mut n = 0u64; while n < u64::MAX { n = std::hint::black_box(n) + 1 }"
    found = explore(kernel, "all", alone(endless))
    assert [it["outcome"] for it in found["outcomes"]] == ["cut"]
    assert (found["verdict"], found["complete"]) == ("passed", False)


DETACHED = """
use std::sync::{Arc, Mutex, OnceLock, atomic::{AtomicU32, Ordering::SeqCst}, mpsc::channel};
static ONCE: OnceLock<u32> = OnceLock::new();
static mut PLAIN: u32 = 0;
fn main() { BODY }
"""


@pytest.mark.parametrize(
    ("body", "title"),
    [
        (
            """let n = Arc::new(Mutex::new(0)); let m = n.clone();
            std::thread::spawn(move || *m.lock().unwrap() += 1);
            assert!(*n.lock().unwrap() == 0);""",
            "T1 panics: assertion failed: *n.lock().unwrap() == 0",
        ),
        (
            """let (tx, rx) = channel(); std::thread::spawn(move || tx.send(1));
            assert!(rx.try_recv().is_err());""",
            "T1 panics: assertion failed: rx.try_recv().is_err()",
        ),
        (
            "std::thread::spawn(|| ONCE.set(1)); assert!(ONCE.get().is_none());",
            "T1 panics: assertion failed: ONCE.get().is_none()",
        ),
        (
            """let n = Arc::new(AtomicU32::new(0)); let m = n.clone();
            std::thread::spawn(move || assert!(m.load(SeqCst) == 0)); n.store(1, SeqCst);""",
            "T2 panics: assertion failed: m.load(SeqCst) == 0",
        ),
        (
            "std::thread::spawn(|| unsafe { PLAIN += 1 }); unsafe { PLAIN += 1 }",
            "Data race on `PLAIN`: T1 writes (line 6) and T2 reads (line 6)",
        ),
        ("std::thread::spawn(|| ONCE.set(1)); std::thread::spawn(|| ONCE.get());", None),
    ],
)
@pytest.mark.parametrize("options", ["all", "5s"])
def test_a_thread_that_nobody_joins_may_do_something_before_the_end(kernel, options, body, title):
    found = explore(kernel, options, DETACHED.replace("BODY", body))
    if title is None:
        assert found["failure"] is None
        assert found["verdict"] == "proved" or options != "all"
    else:
        assert found["failure"]["title"].startswith(title)


def test_one_thread_has_one_order(kernel):
    found = explore(kernel, "1000", 'println!("{}", [1, 2].len());')
    assert (found["schedules"], found["verdict"]) == (1, "proved")
    assert found["notes"] == [
        "The program has one thread: there is no order of threads to be tried."
    ]


WIDE = """
use std::cell::UnsafeCell;
struct Shared(UnsafeCell<TYPE>);
unsafe impl Sync for Shared {}
static SHARED: Shared = Shared(UnsafeCell::new(BEFORE));
std::thread::scope(|scope| {
    scope.spawn(|| unsafe { *SHARED.0.get() = AFTER });
    scope.spawn(|| { std::hint::black_box(unsafe { READ }); });
});
"""


@pytest.mark.parametrize(
    ("of", "before", "after", "read"),
    [
        ("[u64; 8]", "[0; 8]", "[1, 2, 3, 4, 5, 6, 7, 8]", "*SHARED.0.get()"),
        ("(u64, u64, u32)", "(0, 0, 0)", "(1, 2, 3)", "*SHARED.0.get()"),
        ("Vec<u8>", "Vec::new()", "vec![1, 2, 3]", "(&*SHARED.0.get()).len()"),
        ("[u8; 100]", "[0; 100]", "[7; 100]", "std::ptr::read(SHARED.0.get())[99]"),
    ],
)
def test_a_race_on_more_than_a_word_is_found(kernel, of, before, after, read):
    words = {"TYPE": of, "BEFORE": before, "AFTER": after, "READ": read}
    code = WIDE
    for word, text in words.items():
        code = code.replace(word, text)
    found = explore(kernel, "200", code)
    assert found["failure"] and found["failure"]["kind"] == "data_race", found["outcomes"]
    title = found["failure"]["title"]
    assert "T2 writes (line 8)" in title and "T3 reads (line 9)" in title


# The second thread meets the first one's flag after that has done what it does.
AFTER = """
use std::cell::UnsafeCell;
use std::sync::atomic::{AtomicPtr, AtomicBool, Ordering::*};
use std::thread::{self, Thread};
struct Shared { number: AtomicPtr<u64>, handle: UnsafeCell<Option<Thread>>, flag: AtomicBool }
unsafe impl Sync for Shared {}
fn main() {
    let number = AtomicPtr::new(Box::into_raw(Box::new(7)));
    let shared = Shared { number, handle: UnsafeCell::new(None), flag: AtomicBool::new(false) };
    let shared = &shared;
    thread::scope(|scope| {
        scope.spawn(|| {
            FIRST
            shared.flag.store(true, ORDER);
        });
        scope.spawn(|| {
            if shared.flag.load(Acquire) {
                SECOND
            }
        });
    });
}
"""
FREES = "drop(unsafe { Box::from_raw(shared.number.load(Relaxed)) });"
READS = "println!(\"{}\", unsafe { *shared.number.load(Relaxed) });"
KEEPS = "unsafe { *shared.handle.get() = Some(thread::current()) };"
TAKES = "drop(unsafe { (*shared.handle.get()).take() });"


@pytest.mark.parametrize(
    ("first", "second", "order", "kind", "title"),
    [
        (FREES, READS, "Release", "use_after_free", "T2 frees it (line 14), and then T3 reads it"),
        (FREES, FREES, "Release", "use_after_free", "Double free: T2 frees it (line 14), and then"),
        (KEEPS, TAKES, "Relaxed", "data_race", "T2 writes (line 14) and T3 reads (line 19)"),
        (KEEPS, TAKES, "Release", None, None),
    ],
    ids=["used", "freed again", "unordered", "right"],
)
def test_memory_is_used_neither_unordered_nor_freed(kernel, first, second, order, kind, title):
    code = AFTER.replace("FIRST", first).replace("SECOND", second).replace("ORDER", order)
    found = explore(kernel, "all", code)
    failure = found["failure"]
    if kind is None:
        assert found["verdict"] == "proved", failure
    else:
        assert failure and failure["kind"] == kind, found["outcomes"]
        assert title in failure["title"]


# The thread has the first of two `Arc`s of a number, and gives it to what drops it.
GIVEN = """
use std::{cell::RefCell, sync::{mpsc::channel, Arc, OnceLock}, thread};
thread_local! { static KEPT: RefCell<Option<Arc<u32>>> = const { RefCell::new(None) }; }
let mine = Arc::new(5);
let given = mine.clone();
let other = thread::spawn(move || { assert_eq!(*given, 5); GIVE });
assert_eq!(*mine, 5);
drop(mine);
other.join().unwrap();
"""


@pytest.mark.parametrize(
    "give",
    [
        "KEPT.with(|kept| *kept.borrow_mut() = Some(given));",
        "let (sender, receiver) = channel(); sender.send(given).unwrap(); drop(receiver);",
        "let once = OnceLock::new(); once.set(given).unwrap();",
        "thread::spawn(|| given).thread().id();",
    ],
    ids=["thread-local variable", "channel", "initialiser", "thread"],
)
def test_what_a_twin_drops_is_counted(kernel, give):
    found = explore(kernel, "all", GIVEN.replace("GIVE", give))
    assert found["verdict"] == "proved", found["failure"]
    # Either of the two may be the last one.
    assert found["schedules"] > 1
