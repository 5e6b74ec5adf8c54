"""`:explore` and `:replay`: the order that fails is found, shown, and comes again."""

import pytest

from fearless_client import Kernel

EXPLORED = "application/vnd.fearless.explore+json"

LOST_UPDATE = """
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use std::sync::Arc;
use std::thread;
let n = Arc::new(AtomicUsize::new(0));
let threads: Vec<_> = (0..2)
    .map(|_| {
        let n = n.clone();
        thread::spawn(move || {
            let seen = n.load(SeqCst);
            n.store(seen + 1, SeqCst);
        })
    })
    .collect();
for thread in threads {
    thread.join().unwrap();
}
"""

CROSSED_LOCKS = """:explore
use std::sync::{Arc, Mutex};
let left = Arc::new(Mutex::new(0));
let right = Arc::new(Mutex::new(0));
let (l, r) = (left.clone(), right.clone());
let other = std::thread::spawn(move || {
    let _left = l.lock().unwrap();
    let _right = r.lock().unwrap();
});
{
    let _right = right.lock().unwrap();
    let _left = left.lock().unwrap();
}
other.join().unwrap();
"""


def explored(result):
    """The data of what was found last."""
    shown = [content["data"] for content in result.of_type("display_data", "update_display_data")]
    found = [bundle[EXPLORED] for bundle in shown if EXPLORED in bundle]
    assert found, f"nothing was found: {result.error_text}"
    return found[-1]


def test_a_lost_update_is_found_and_replayed_in_another_kernel(kernel):
    code = LOST_UPDATE + "assert_eq!(n.load(SeqCst), 2);"
    # What explored programs load is built first, once.
    result = kernel.run(":explore 2000" + code, timeout=400)
    found = explored(result)
    assert result.status == "error" and found["verdict"] == "failed"
    failure = found["failure"]
    assert failure["kind"] == "panic" and "left: 1" in failure["title"]
    # That a run has failed is told to nobody while it goes on.
    assert "pipe" not in str(failure["steps"])
    done = [(step["operation"], step["object"]) for step in failure["steps"]]
    assert ("load", "n") in done and ("store", "n") in done
    # Each switch that was forced is shown, also where the step at which it came is left out.
    switches = [step for step in failure["steps"] if step["preempted"]]
    assert len(switches) == failure["preemptions"] == 1 and failure["fewest"]
    lines = {step["at"]["line"] for step in failure["steps"] if step["at"]}
    assert {10, 11} <= lines, failure["steps"]
    with Kernel() as other:
        for _ in range(3):
            again = other.run(f":replay {failure['token']}{code}")
            same = explored(again)["failure"]
            assert [step["step"] for step in same["steps"]] == [
                step["step"] for step in failure["steps"]
            ]


def test_outcomes_are_counted_where_nothing_fails(kernel):
    result = kernel.run(":explore 200 seed=7" + LOST_UPDATE + 'println!("{}", n.load(SeqCst));')
    found = explored(result)
    assert result.status == "ok" and found["verdict"] == "passed"
    assert {outcome["printed"] for outcome in found["outcomes"]} == {"1\n", "2\n"}
    assert sum(outcome["times"] for outcome in found["outcomes"]) == 200 == found["schedules"]


def test_who_panics_has_the_number_of_its_steps(kernel):
    failure = explored(kernel.run(""":explore 10
use std::thread;
thread::scope(|scope| { scope.spawn(|| ()); scope.spawn(|| { panic!("no more seats") }); });
"""))["failure"]
    assert failure["title"] == "T3 panics: no more seats"
    assert {"thread": 3, "operation": "panic"}.items() <= failure["steps"][-1].items()


def test_an_old_value_is_told(kernel):
    """Only the language's rules allow it: no run on this machine shows it."""
    code = """
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::*};
use std::thread;
let (letter, flag) = (AtomicU32::new(0), AtomicBool::new(false));
thread::scope(|village| {
    village.spawn(|| { letter.store(42, Relaxed); flag.store(true, ORDER); });
    village.spawn(|| if flag.load(Acquire) { assert_eq!(letter.load(Relaxed), 42) });
});
"""
    result = kernel.run(":explore" + code.replace("ORDER", "Relaxed"))
    assert explored(result)["failure"]["steps"][-3]["stale"], result.describe()
    assert "T3 still sees the old value 0 of `letter`" in "".join(
        content["data"]["text/plain"].replace("\n", " ")
        for content in result.of_type("display_data", "update_display_data")
    )
    proved = explored(kernel.run(":explore all" + code.replace("ORDER", "Release")))
    assert proved["verdict"] == "proved" and proved["memory"] == "c11"


def test_items_of_earlier_cells_keep_what_they_import(kernel):
    kernel.ok("""
use std::sync::atomic::{AtomicU32, Ordering};
fn visit(door: &AtomicU32) { door.fetch_add(1, Ordering::Relaxed); }
""")
    found = explored(kernel.run(""":explore all
use std::sync::atomic::{AtomicU32, Ordering};
let door = AtomicU32::new(0);
std::thread::scope(|scope| { scope.spawn(|| visit(&door)); visit(&door); });
assert_eq!(door.load(Ordering::Relaxed), 2);
"""))
    assert found["verdict"] == "proved"


def test_a_deadlock_names_who_has_what(kernel):
    result = kernel.run(CROSSED_LOCKS)
    failure = explored(result)["failure"]
    assert failure["kind"] == "deadlock"
    assert "T1 waits for `left`, which T2 has" in failure["title"]
    assert "T2 waits for `right`, which T1 has" in failure["title"]


def test_all_orders_of_a_right_program_are_a_proof(kernel):
    kernel.ok("fn twice(n: u32) -> u32 { 2 * n }")
    result = kernel.run(""":explore all
use std::sync::Mutex;
let total = Mutex::new(0);
std::thread::scope(|scope| {
    for n in 1..3 {
        let total = &total;
        scope.spawn(move || *total.lock().unwrap() += twice(n));
    }
});
assert_eq!(*total.lock().unwrap(), 6);
""")
    found = explored(result)
    assert result.status == "ok", result.error_text
    assert found["verdict"] == "proved" and found["complete"]
    checked = kernel.ok(
        ":check explored.proved\n:check explored.outcomes > 1\n:check explored.failures == 0"
    )
    assert [line.split()[0] for line in checked.lines[1:]] == ["✓", "✗", "✓"], checked.stdout


PUBLISHED = """
use std::sync::atomic::{AtomicBool, Ordering};
static READY: AtomicBool = AtomicBool::new(false);
static mut DATA: u32 = 0;
std::thread::scope(|scope| {
    scope.spawn(|| {
        unsafe { DATA = 42 };
        READY.store(true, Ordering::Release);
    });
    scope.spawn(|| {
        if READY.load(Ordering::Acquire) {
            assert_eq!(unsafe { DATA }, 42);
        }
    });
});
"""


def test_a_data_race_is_found_and_its_mended_twin_is_proved(kernel):
    result = kernel.run(":explore" + PUBLISHED.replace("Release", "Relaxed"))
    failure = explored(result)["failure"]
    assert failure["kind"] == "data_race"
    assert "T2 writes (line 7) and T3 reads (line 12)" in failure["title"]
    assert "`DATA`" in failure["title"]
    assert explored(kernel.run(":explore all" + PUBLISHED))["verdict"] == "proved"


def test_loads_see_old_stores_where_their_order_allows_it(kernel):
    code = """
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
static X: AtomicU32 = AtomicU32::new(0);
static Y: AtomicU32 = AtomicU32::new(0);
let other = std::thread::spawn(|| { X.store(1, Relaxed); Y.load(Relaxed) });
Y.store(1, Relaxed);
let x = X.load(Relaxed);
println!("{x}{}", other.join().unwrap());
"""
    weak = explored(kernel.run(":explore all" + code))
    strong = explored(kernel.run(":explore all memory=sc" + code))
    printed = [{it["printed"].strip() for it in found["outcomes"]} for found in (weak, strong)]
    assert printed == [{"00", "01", "10", "11"}, {"01", "10", "11"}]
    assert weak["verdict"] == "proved" and strong["verdict"] == "passed"


def test_a_failure_is_made_small(kernel):
    code = LOST_UPDATE + "assert_eq!(n.load(SeqCst), 2);"
    failure = explored(kernel.run(":explore" + code))["failure"]
    assert failure["preemptions"] == 1 and failure["fewest"]
    passing = failure["passing"]["token"]
    assert kernel.run(f":replay {passing}{code}").status == "ok"


def test_time_is_not_waited_for_and_may_run_out(kernel):
    result = kernel.run(""":explore 300
use std::{sync::mpsc, thread, time::Duration};
let (sender, receiver) = mpsc::channel();
let slow = thread::spawn(move || {
    thread::sleep(Duration::from_secs(3600));
    let _ = sender.send(1);
});
println!("{:?}", receiver.recv_timeout(Duration::from_secs(7200)));
slow.join().unwrap();
""")
    found = explored(result)
    assert {outcome["printed"] for outcome in found["outcomes"]} == {
        "Ok(1)\n",
        "Err(Timeout)\n",
    }


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        ("while stop.load(SeqCst) == 0 { std::thread::yield_now(); }", "livelocked"),
        ("if stop.load(SeqCst) == 0 { std::process::abort(); }", "crashed"),
        ("if stop.load(SeqCst) == 0 { std::process::exit(3); }", "exited"),
    ],
)
def test_every_end_is_an_outcome(kernel, code, outcome):
    result = kernel.run(
        ":explore 20\nuse std::sync::atomic::{AtomicUsize, Ordering::SeqCst};\n"
        f"let stop = AtomicUsize::new(0);\n{code}"
    )
    assert [it["outcome"] for it in explored(result)["outcomes"]] == [outcome]


def test_a_token_is_of_one_cell(kernel):
    found = explored(kernel.run(CROSSED_LOCKS))
    token = found["failure"]["token"]
    edited = CROSSED_LOCKS.replace(":explore", f":replay {token}") + "let edited = 1;\n"
    assert "belongs to other code" in kernel.run(edited).error_text
    cut = CROSSED_LOCKS.replace(":explore", f":replay {token[:-4]}")
    assert "the token is cut" in kernel.run(cut).error_text


def test_what_a_program_includes_is_read_each_time(kernel, tmp_path):
    """A program that is explored again is not compiled again, unless it takes in other files."""
    other = tmp_path / "other.txt"
    code = f':explore 5\nprint!("{{}}", include_str!("{other}"));'
    for text in ("one", "two"):
        other.write_text(text)
        outcomes = explored(kernel.run(code))["outcomes"]
        assert [outcome["printed"] for outcome in outcomes] == [text]


def test_a_search_can_be_stopped(kernel):
    pending = kernel.begin(":explore 600s\nstd::thread::scope(|s| { s.spawn(|| ()); });")
    pending.wait_until(
        lambda: any(message["msg_type"] == "display_data" for message in pending.messages), 60
    )
    kernel.interrupt()
    result = pending.finish()
    assert result.status == "error"
    assert explored(result)["verdict"] == "interrupted"
    assert kernel.ok('println!("{}", 1 + 1)').lines == ["2"]


def test_a_thread_is_unparked_before_it_begins(kernel):
    # The token is its own, and passes on what was stored before: nothing waits for ever.
    result = kernel.ok(
        """:explore 1000
use std::sync::{Arc, atomic::{AtomicBool, Ordering::*}};
let flag = Arc::new(AtomicBool::new(false));
let seen = flag.clone();
let waiter = std::thread::spawn(move || while !seen.load(Acquire) { std::thread::park(); });
flag.store(true, Release);
waiter.thread().unpark();
waiter.join().unwrap();
"""
    )
    assert [outcome["title"] for outcome in explored(result)["outcomes"]] == ["printed nothing"]


def words_of(result):
    """What is shown under a cell, as one line."""
    shown = [it["data"] for it in result.of_type("display_data", "update_display_data")]
    return " ".join(shown[-1]["text/plain"].split())


def test_who_parks_is_a_thread_and_no_variable(kernel):
    result = kernel.run(
        """:explore 100
let waiter = std::thread::spawn(|| { std::thread::park(); std::thread::park(); });
waiter.thread().unpark();
waiter.thread().unpark();
waiter.join().unwrap();
"""
    )
    words = words_of(result)
    assert "unparks T2" in words and "waiter.thread()" not in words
    assert "two of them let one `park` pass" in words


def test_a_deadlock_after_a_panic_begins_with_the_panic(kernel):
    result = kernel.run(
        """:explore 100
use std::sync::{Arc, Barrier};
let barrier = Arc::new(Barrier::new(2));
let other = barrier.clone();
let one = std::thread::spawn(move || { other.wait(); });
let two = std::thread::spawn(move || { if barrier.is_broken() { barrier.wait(); } });
one.join().unwrap();
two.join().unwrap();
trait Broken { fn is_broken(&self) -> bool; }
impl Broken for Barrier { fn is_broken(&self) -> bool { panic!("no barrier") } }
"""
    )
    title = explored(result)["failure"]["title"]
    assert title.startswith("Deadlock after T3 panicked (no barrier): ")
    assert "Mend the panic first" in words_of(result)


def test_who_writes_what_it_reads_is_told_so(kernel):
    result = kernel.run(
        """:explore 100
use std::sync::{Arc, RwLock};
let cache = Arc::new(RwLock::new(0));
let threads: Vec<_> = (0..2).map(|_| {
    let cache = cache.clone();
    std::thread::spawn(move || {
        let seen = cache.read().unwrap();
        if *seen == 0 { *cache.write().unwrap() = 1; }
    })
}).collect();
for thread in threads { thread.join().unwrap(); }
"""
    )
    title = explored(result)["failure"]["title"]
    assert "waits to write `cache`, which it reads itself" in title
    assert "drop that of `cache` before `write()`" in words_of(result)


def test_a_field_of_a_static_variable_has_its_name(kernel):
    result = kernel.run(
        """:explore 1000
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
struct Pair { a: AtomicU32, b: AtomicU32 }
static PAIR: Pair = Pair { a: AtomicU32::new(0), b: AtomicU32::new(0) };
impl Pair {
    fn set(&self) { self.a.store(1, SeqCst); self.b.store(1, SeqCst); }
}
let other = std::thread::spawn(|| PAIR.set());
assert_eq!(PAIR.a.load(SeqCst), PAIR.b.load(SeqCst));
other.join().unwrap();
"""
    )
    steps = explored(result)["failure"]["steps"]
    names = {step["object"] for step in steps if step["operation"] in ("load", "store")}
    assert names == {"PAIR.a", "PAIR.b"}


def test_statements_beside_main_call_it(kernel):
    result = kernel.run(':explore 100\nfn main() { panic!("here"); }\nmain();')
    assert explored(result)["failure"]["title"] == "T1 panics: here"


def test_a_returned_error_is_a_failure(kernel):
    result = kernel.run(
        """:explore 500
let (sender, receiver) = std::sync::mpsc::channel();
let other = std::thread::spawn(move || drop(sender.send(5)));
let got: i32 = receiver.try_recv()?;
other.join().unwrap();
"""
    )
    found = explored(result)
    assert found["failure"]["kind"] == "returned_error"
    assert found["failure"]["title"] == "The program returns the error Empty"


def test_what_comes_from_outside_is_waited_for(kernel):
    # Nobody is said to wait for ever whom another process wakes.
    result = kernel.ok(
        """:explore 10
let mut child = std::process::Command::new("sh").args(["-c", "cat"])
    .stdin(std::process::Stdio::piped()).stdout(std::process::Stdio::piped()).spawn().unwrap();
let mut to = child.stdin.take().unwrap();
let writer = std::thread::spawn(move || std::io::Write::write_all(&mut to, b"hello").unwrap());
let said = std::io::read_to_string(child.stdout.take().unwrap()).unwrap();
writer.join().unwrap();
child.wait().unwrap();
println!("{said}");
"""
    )
    assert [outcome["printed"] for outcome in explored(result)["outcomes"]] == ["hello\n"]


def test_threads_talk_through_sockets_and_pipes(kernel):
    result = kernel.ok(
        """:explore 100
use std::io::{Read, Write};
let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
let address = listener.local_addr().unwrap();
let server = std::thread::spawn(move || listener.accept().unwrap().0.write_all(b"hello").unwrap());
let mut said = String::new();
std::net::TcpStream::connect(address).unwrap().read_to_string(&mut said).unwrap();
server.join().unwrap();
println!("{said}");
"""
    )
    assert [outcome["printed"] for outcome in explored(result)["outcomes"]] == ["hello\n"]
    result = kernel.run(
        """:explore 100
let (mut reader, writer) = std::io::pipe().unwrap();
let waits = std::thread::spawn(move || std::io::Read::read_to_end(&mut reader, &mut vec![]));
waits.join().unwrap().unwrap();
drop(writer);
"""
    )
    title = explored(result)["failure"]["title"]
    assert "T2 waits for a message from `a pipe or socket`" in title
