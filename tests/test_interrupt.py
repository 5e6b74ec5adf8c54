"""The stop button: what blocks unwinds and the session stays; what computes is ended after a grace."""

import time

import pytest

from fearless_client import Kernel, wait_until
from fearless_client.schema import check_report

GRACE_SECONDS = 2

BLOCKED = {
    "sleep": 'println!("go"); std::thread::sleep(std::time::Duration::from_secs(600));',
    "recv": """
        let (tx, rx) = std::sync::mpsc::channel::<u8>();
        let keep = std::thread::spawn(move || {
            std::thread::sleep(std::time::Duration::from_secs(600));
            drop(tx);
        });
        println!("go");
        let _ = rx.recv();""",
    "send": """
        let (tx, rx) = std::sync::mpsc::sync_channel::<u8>(0);
        let keep = std::thread::spawn(move || {
            std::thread::sleep(std::time::Duration::from_secs(600));
            drop(rx);
        });
        println!("go");
        let _ = tx.send(1);""",
    "lock": """
        use std::sync::{Arc, Mutex};
        {
            let m = Arc::new(Mutex::new(0));
            let (held, is_held) = std::sync::mpsc::channel();
            let n = m.clone();
            std::thread::spawn(move || {
                let _guard = n.lock().unwrap();
                held.send(()).unwrap();
                std::thread::sleep(std::time::Duration::from_secs(600));
            });
            is_held.recv().unwrap();
            println!("go");
            drop(m.lock());
        }""",
    "read": """
        use std::sync::{Arc, RwLock};
        {
            let m = Arc::new(RwLock::new(0));
            let (held, is_held) = std::sync::mpsc::channel();
            let n = m.clone();
            std::thread::spawn(move || {
                let _guard = n.write().unwrap();
                held.send(()).unwrap();
                std::thread::sleep(std::time::Duration::from_secs(600));
            });
            is_held.recv().unwrap();
            println!("go");
            drop(m.read());
        }""",
    "join": """
        println!("go");
        let _ = std::thread::spawn(|| std::thread::sleep(std::time::Duration::from_secs(600))).join();""",
    "scope": """
        println!("go");
        std::thread::scope(|s| {
            s.spawn(|| std::thread::sleep(std::time::Duration::from_secs(600)));
        });""",
    "condvar": """
        use std::sync::{Condvar, Mutex};
        {
            let m = Mutex::new(());
            let cv = Condvar::new();
            println!("go");
            let hour = std::time::Duration::from_secs(3600);
            drop(cv.wait_timeout_while(m.lock().unwrap(), hour, |_| true));
        }""",
    "park": """
        println!("go");
        loop { std::thread::park_timeout(std::time::Duration::from_secs(600)); }""",
    "barrier": """
        use std::sync::{Arc, Barrier};
        {
            let b = Arc::new(Barrier::new(2));
            let late = b.clone();
            std::thread::spawn(move || {
                std::thread::sleep(std::time::Duration::from_secs(600));
                late.wait();
            });
            println!("go");
            b.wait();
        }""",
    "print_loop": 'loop { println!("go"); }',
    "yield_loop": 'println!("go"); loop { std::thread::yield_now(); }',
    "try_lock_loop": """
        let m = std::sync::Mutex::new(0);
        println!("go");
        loop { drop(m.try_lock()); }""",
    "many_threads": """
        let all: Vec<_> = (0..50).map(|_| std::thread::spawn(|| {
            std::thread::sleep(std::time::Duration::from_secs(600));
        })).collect();
        println!("go");
        for t in all { let _ = t.join(); }""",
    "catches_panics": """
        println!("go");
        for _ in 0..5 {
            let _ = std::panic::catch_unwind(|| {
                std::thread::sleep(std::time::Duration::from_secs(600));
            });
        }""",
}

COMPUTE = 'println!("go"); let mut n = 0u64; loop { n = std::hint::black_box(n.wrapping_add(1)); }'


@pytest.fixture(scope="module")
def session():
    with Kernel() as kernel:
        kernel.ok("let survivor = String::from(\"still here\");")
        yield kernel


def cell_threads(kernel: Kernel) -> int:
    return sum(p.num_threads() for p in kernel.cell_processes())


@pytest.mark.parametrize("what", BLOCKED)
def test_blocked_cell_stops_and_variables_stay(session, what):
    threads_before = cell_threads(session)
    pending = session.begin(BLOCKED[what])
    pending.until_stdout("go")
    session.interrupt()
    result = pending.finish(30).failed("interrupted")
    if result.report:
        assert check_report(result.report)["outcome"] == "interrupted"
        # The stop unwound them: nobody panicked.
        assert "panicked" not in {thread["state"] for thread in result.report["threads"]}
    assert session.ok("survivor.as_str()").value == '"still here"'

    wait_until(lambda: cell_threads(session) <= threads_before, "a thread of the interrupted cell is left")


def test_a_computing_loop_is_ended_and_says_so():
    with Kernel() as kernel:
        kernel.ok("let lost = 1;")
        pending = kernel.begin(COMPUTE)
        pending.until_stdout("go")
        began = time.monotonic()
        kernel.interrupt()
        result = pending.finish(30)
        took = time.monotonic() - began
        result.failed("interrupted")
        assert took >= GRACE_SECONDS, f"{took:.2f} s"
        text = result.error_text + result.stderr
        assert "variables" in text and "lost" in text
        assert "`lost` was lost with the process in [2]" in kernel.run("lost").error_text
        assert kernel.ok("1 + 1").value == "2"


def test_what_waits_in_the_system_is_ended_and_not_said_to_compute_only():
    with Kernel() as kernel:
        pending = kernel.begin(
            'let socket = std::net::TcpListener::bind("127.0.0.1:0").unwrap(); println!("go"); drop(socket.accept());'
        )
        pending.until_stdout("go")
        kernel.interrupt()
        result = pending.finish(30).failed("interrupted")
        assert "waits in the system" in result.error_text and "lost" in result.error_text
        assert kernel.ok("1 + 1").value == "2"


def test_a_computing_thread_is_ended_too():
    with Kernel() as kernel:
        pending = kernel.begin(
            'std::thread::spawn(|| { println!("go"); let mut n = 0u64;'
            " loop { n = std::hint::black_box(n.wrapping_add(1)); } }).join().unwrap();"
        )
        pending.until_stdout("go")
        kernel.interrupt()
        result = pending.finish(30).failed("interrupted")
        assert check_report(result.report)["outcome"] == "interrupted"
        assert kernel.ok("1 + 1").value == "2"


def test_twice_ends_at_once():
    with Kernel() as kernel:
        pending = kernel.begin(COMPUTE)
        pending.until_stdout("go")
        kernel.interrupt()
        kernel.interrupt()
        result = pending.finish(30).failed("interrupted")
        assert "a second time" in result.error_text
        assert kernel.ok("1 + 1").value == "2"


def much_to_compile(functions: int) -> str:
    """Every tuple type is a new instance of everything in the function."""
    rows = "\n".join(
        f"fn f{n}() -> String {{ let v: Vec<(u8, [u16; {n}])> = vec![];"
        ' let mut w = v.clone(); w.sort(); format!("{w:?}") }'
        for n in range(1, functions)
    )
    calls = "\n".join(f"f{n}();" for n in range(1, functions))
    return f"{rows}\nfn all() {{ {calls} }}\nall();"


def compilers(kernel: Kernel) -> list[str]:
    return [p.name() for p in kernel.descendants() if p.name() in ("rustc", "cargo")]


@pytest.mark.parametrize(
    "when",
    [
        pytest.param(lambda pending: pending.messages, id="as_soon_as_it_is_said_to_be_busy"),
        pytest.param(lambda pending: compilers(pending.kernel), id="while_rustc_runs"),
    ],
)
def test_a_compile_can_be_stopped(session, when):
    session.ok("let before = 5;")
    pending = session.begin(much_to_compile(2500))
    pending.wait_until(lambda: when(pending), 60)
    session.interrupt()
    # To its own end it would take a minute, and then some.
    pending.finish(30).failed("interrupted")
    wait_until(lambda: not compilers(session), "the compiler goes on")
    assert session.ok("before").value == "5"
    assert "not found" in session.run("f1()").error_text


def test_what_was_queued_is_aborted(session):
    pending = session.begin(BLOCKED["sleep"])
    queued = [session.begin('println!("never");') for _ in range(3)]
    pending.until_stdout("go")
    session.interrupt()
    pending.finish(30).failed("interrupted")
    for cell in queued:
        result = cell.finish(30)
        assert result.status in ("aborted", "error") and not result.stdout
    assert session.ok("1 + 1").value == "2"


def test_interrupting_an_idle_kernel_changes_nothing(session):
    session.interrupt()
    reply = session.ask("interrupt_request", {}, channel="control")
    assert reply["msg_type"] == "interrupt_reply" and reply["content"]["status"] == "ok"
    assert session.ok("survivor.len()").value == "10"


def test_a_background_thread_of_an_earlier_cell_goes_on():
    """Stop means this cell: a server that an earlier one started is not the cell's."""
    with Kernel() as kernel:
        kernel.ok(
            "use std::sync::{Arc, Mutex};\nlet beats = Arc::new(Mutex::new(0));\n"
            "{ let beats = beats.clone(); std::thread::spawn(move || loop {\n"
            "*beats.lock().unwrap() += 1;\n"
            "std::thread::sleep(std::time::Duration::from_millis(20)); }); }"
        )
        pending = kernel.begin(BLOCKED["sleep"])
        pending.until_stdout("go")
        kernel.interrupt()
        pending.finish(30).failed("interrupted")
        kernel.ok("let first = *beats.lock().unwrap(); while *beats.lock().unwrap() == first { std::thread::yield_now(); }")
