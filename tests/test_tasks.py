"""tokio's tasks, in unchanged code: their table, their lanes, and what is found about them."""

from fearless_client.schema import check_report

START = """
:dep tokio = { version = "1", features = ["full"] }
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
let rt = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
"""

TOKEN = """
let total = Arc::new(Mutex::new(0));
rt.block_on(async {
    let (to_ping, mut pings) = tokio::sync::mpsc::channel::<u32>(1);
    let (to_pong, mut pongs) = tokio::sync::mpsc::channel::<u32>(1);
    let all = total.clone();
    let ping = tokio::spawn(async move {
        for n in 0..5 {
            to_pong.send(n).await.unwrap();
            *all.lock().await += pings.recv().await.unwrap();
        }
    });
    let pong = tokio::spawn(async move {
        while let Some(n) = pongs.recv().await {
            tokio::time::sleep(Duration::from_millis(2)).await;
            to_ping.send(n).await.unwrap();
        }
    });
    ping.await.unwrap();
    pong.await.unwrap();
});
"""

BLOCKS = """
rt.block_on(async {
    tokio::spawn(async { std::thread::sleep(Duration::from_millis(40)); }).await.unwrap();
});
"""

BLOCKS_NOBODY = """
rt.block_on(async {
    tokio::spawn(async {
        tokio::task::block_in_place(|| std::thread::sleep(Duration::from_millis(40)));
        tokio::task::spawn_blocking(|| std::thread::sleep(Duration::from_millis(40))).await.unwrap();
        tokio::time::sleep(Duration::from_millis(40)).await;
    }).await.unwrap();
    std::thread::sleep(Duration::from_millis(40));
});
"""

RING = """
let (left, right) = (Arc::new(Mutex::new(())), Arc::new(Mutex::new(())));
let both = Arc::new(tokio::sync::Barrier::new(2));
let begun = Arc::new(std::sync::atomic::AtomicU32::new(0));
let mut stuck = vec![];
for (one, other) in [(left.clone(), right.clone()), (right.clone(), left.clone())] {
    let (both, begun) = (both.clone(), begun.clone());
    stuck.push(rt.spawn(async move {
        let _one = one.lock().await;
        both.wait().await;
        begun.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
        WAIT
    }));
}
while begun.load(std::sync::atomic::Ordering::SeqCst) < 2 { std::thread::yield_now(); }
std::thread::sleep(Duration::from_millis(200));
"""
FOR_EVER = "let _other = other.lock().await;"
FOR_SO_LONG = "let _ = tokio::time::timeout(Duration::from_secs(60), other.lock()).await;"

# A guard that goes to another task, which gives it back after 300 ms: nobody waits for ever. HAND is
# how; meanwhile the task that took it waits for the lock, and the other one for the first.
HANDS_ON = """
{
let lock: &'static Mutex<()> = Box::leak(Box::new(Mutex::new(())));
let (tx, rx) = tokio::sync::oneshot::channel::<tokio::sync::MutexGuard<'static, ()>>();
let slot = Arc::new(std::sync::Mutex::new(None::<tokio::sync::MutexGuard<'static, ()>>));
let (bell, there) = (Arc::new(tokio::sync::Notify::new()), slot.clone());
let heard = bell.clone();
rt.spawn(async move {
    let guard = lock.lock().await;
    HAND
    drop(lock.lock().await);
});
rt.spawn(async move {
    let _guard = GET;
    tokio::time::sleep(Duration::from_millis(300)).await;
});
std::thread::sleep(Duration::from_millis(150));
}
"""
HANDS = [
    ("tx.send(guard).ok().unwrap();", "rx.await.unwrap()"),
    ("*slot.lock().unwrap() = Some(guard); bell.notify_one();",
     "{ heard.notified().await; there.lock().unwrap().take() }"),
    ("tokio::spawn(async move { let _guard = guard; tokio::time::sleep(Duration::from_millis(300)).await; });", "0"),
]
KEEPS = ("let _guard = guard;", "0")

# The first branch of a `select!` is ready each time, for a while.
STARVES = """
rt.block_on(async {
    tokio::spawn(async {
        let (stop, mut stopped) = tokio::sync::mpsc::channel::<()>(1);
        let begun = std::time::Instant::now();
        let mut rounds = 0u64;
        while begun.elapsed() < Duration::from_millis(250) {
            tokio::select! {
                ORDER
                _ = FIRST => rounds += 1,
                _ = stopped.recv() => break,
            }
        }
        drop(stop);
    }).await.unwrap();
});
"""
ALWAYS_READY = "std::future::ready(())"
NOT_ALWAYS = "async { if rounds % 64 == 63 { tokio::task::yield_now().await } }"

# Each task tells that it begins, and is idle soon after.
WAITS = """
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
use tokio::sync::{broadcast, mpsc, oneshot, watch, Barrier, Notify, Semaphore};
static BEGUN: AtomicU32 = AtomicU32::new(0);
fn begins() { BEGUN.fetch_add(1, SeqCst); }
let (tx, mut rx) = mpsc::channel::<u32>(1);
let (full, mut never) = mpsc::channel::<u32>(1);
let (utx, mut urx) = mpsc::unbounded_channel::<u32>();
let (otx, orx) = oneshot::channel::<u32>();
let (wtx, mut wrx) = watch::channel(0u32);
let (btx, mut brx) = broadcast::channel::<u32>(4);
let (bell, gate) = (Arc::new(Notify::new()), Arc::new(Barrier::new(2)));
let permits = Arc::new(Semaphore::new(1));
let held = permits.clone().try_acquire_owned().unwrap();
tx.try_send(1).unwrap();
full.try_send(1).unwrap();
rt.spawn(async move { rx.recv().await; begins(); rx.recv().await; });
rt.spawn(async move { begins(); full.send(2).await.ok(); });
rt.spawn(async move { begins(); urx.recv().await; });
rt.spawn(async move { begins(); orx.await.ok(); });
rt.spawn(async move { begins(); wrx.changed().await.ok(); });
rt.spawn(async move { begins(); while brx.recv().await != Err(broadcast::error::RecvError::Closed) {} });
let it = bell.clone(); rt.spawn(async move { begins(); it.notified().await; });
let it = gate.clone(); rt.spawn(async move { begins(); it.wait().await; });
let it = permits.clone(); rt.spawn(async move { begins(); let _permit = it.acquire().await; });
let handle = rt.spawn(async { begins(); std::future::pending::<()>().await; });
rt.spawn(async move { begins(); handle.await.ok(); });
rt.spawn(async move {
    let mut set = tokio::task::JoinSet::new();
    set.spawn(std::future::pending::<()>());
    begins();
    set.join_next().await;
});
rt.spawn(async move {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    begins();
    listener.accept().await.ok();
});
while BEGUN.load(SeqCst) < 13 { std::thread::yield_now(); }
std::thread::sleep(Duration::from_millis(200));
"""
WAIT_FOR = [
    ("channel", "waits for a message from `tx → rx`"),
    ("room", "waits for capacity in `full → never`"),
    ("channel", "waits for a message from `utx → urx`"),
    ("oneshot", "waits for the message of a oneshot channel made at line 9"),
    ("channel", "waits for a change of `wtx → wrx`"),
    ("channel", "waits for a message from `btx → brx`"),
    ("condvar", "waits to be notified on `bell`"),
    ("barrier", "waits at `gate`"),
    ("semaphore", "waits for a permit of `permits`"),
    (None, None),
    ("task", "joins task 10"),
    ("tasks", "joins one of a set of tasks"),
    ("io", "waits for I/O"),
]
PASSES = """
tx.try_send(2).unwrap();
utx.send(1).unwrap();
otx.send(3).unwrap();
wtx.send(1).unwrap();
for n in 0..9 { btx.send(n).unwrap(); }
bell.notify_one();
drop(held);
never.blocking_recv();
rt.block_on(gate.wait());
std::thread::sleep(Duration::from_millis(200));
"""

# The receiver waits for more, since the cell has kept a sender.
KEPT = """
let one = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
one.block_on(async {
    let (tx, mut rx) = tokio::sync::mpsc::channel::<u32>(4);
    let sum = tokio::spawn(async move {
        let mut sum = 0;
        while let Some(n) = rx.recv().await { sum += n; }
        sum
    });
    for n in 0..3 { tx.clone().send(n).await.unwrap(); }
    WAIT
});
"""


# Each gets what it waits for and waits again, within one poll.
WAITS_AGAIN = """
let bell = Arc::new(tokio::sync::Notify::new());
let turn = Arc::new(Mutex::new(0));
let (end, mut ended) = tokio::sync::mpsc::channel::<u32>(1);
one.block_on(async {
    let hears = { let bell = bell.clone(); tokio::spawn(async move { for _ in 0..5 { bell.notified().await; } }) };
    let picks = { let bell = bell.clone(); tokio::spawn(async move {
        for _ in 0..3 { tokio::select! { _ = bell.notified() => {} _ = ended.recv() => {} } }
    }) };
    tokio::task::yield_now().await;
    for _ in 0..5 { bell.notify_waiters(); tokio::task::yield_now().await; }
    hears.await.unwrap();
    picks.await.unwrap();
    drop(end);
    let first = turn.lock().await;
    let all: Vec<_> = (0..3).map(|_| { let turn = turn.clone(); tokio::spawn(async move {
        for _ in 0..4 { *turn.lock().await += 1; }
    }) }).collect();
    tokio::task::yield_now().await;
    drop(first);
    for task in all { task.await.unwrap(); }
});
"""

# What a `select!` has dropped and what a time limit has ended is waited for no longer.
WAITS_FOR_ONE = """
let (other, mut never) = tokio::sync::mpsc::channel::<u32>(1);
let (go, mut gone) = tokio::sync::mpsc::channel::<u32>(1);
let (free, busy) = (Arc::new(Mutex::new(1)), Arc::new(Mutex::new(2)));
let held = busy.clone().try_lock_owned().unwrap();
let (more, mut none) = tokio::sync::mpsc::channel::<u32>(1);
let (chooses, limits) = one.block_on(async {
    let chooses = { let busy = busy.clone(); tokio::spawn(async move {
        tokio::select! { biased; _ = never.recv() => {} _ = gone.recv() => {} }
        *busy.lock().await
    }) };
    let limits = { let free = free.clone(); let busy = busy.clone(); tokio::spawn(async move {
        assert!(tokio::time::timeout(Duration::from_millis(1), none.recv()).await.is_err());
        let n = *free.lock().await + *busy.lock().await;
        n
    }) };
    tokio::task::yield_now().await;
    go.send(1).await.unwrap();
    tokio::time::sleep(Duration::from_millis(20)).await;
    (chooses, limits)
});
"""

TRIED = """
let (lock, pair) = (Arc::new(Mutex::new(0)), Arc::new(tokio::sync::RwLock::new(0)));
let gate = Arc::new(tokio::sync::Semaphore::new(2));
{
    let (_lock, _pair) = (lock.try_lock().unwrap(), pair.try_write().unwrap());
    let _gate = gate.try_acquire_many(2).unwrap();
    assert!(lock.try_lock().is_err() && lock.clone().try_lock_owned().is_err());
    assert!(pair.try_read().is_err() && pair.try_write().is_err() && pair.clone().try_read_owned().is_err());
    assert!(gate.try_acquire().is_err());
}
gate.close();
assert!(gate.try_acquire().is_err());
"""

# The first is not wanted any more; nobody has said so of the others.
DROPPED = """
{
    let one = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let task = one.spawn(async {});
    task.abort();
    assert!(one.block_on(task).unwrap_err().is_cancelled());
    one.block_on(async {
        let mut set = tokio::task::JoinSet::new();
        set.spawn(async {});
        drop(set);
        tokio::task::yield_now().await;
    });
    one.spawn(async {});
}
"""

ONE = "let one = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();"


def report_of(kernel, code: str) -> dict:
    return check_report(kernel.ok(code, timeout=400).report)


def kinds(report: dict) -> set[str]:
    return {finding["kind"] for finding in report["findings"]}


def test_tasks_are_rows_and_lanes(kernel):
    kernel.ok(START, timeout=400)
    result = kernel.ok(TOKEN)
    report = check_report(result.report)
    main, ping, pong = report["tasks"]
    assert (main["kind"], ping["kind"]) == ("block_on", "spawn")
    assert {task["state"] for task in report["tasks"]} == {"finished"}
    assert ping["spawned_by"] == pong["spawned_by"] == {"task": main["id"]}
    assert pong["spawned_at"]["line"] > ping["spawned_at"]["line"]
    # Each message wakes the other one.
    assert min(ping["polls"], ping["wakes"], pong["polls"], pong["wakes"]) >= 5
    assert {"task": pong["id"]} in [waker["by"] for waker in ping["woken_by"]]
    for task in report["tasks"]:
        life = task["end_ns"] - task["start_ns"]
        assert abs(task["busy_ns"] + task["scheduled_ns"] + task["idle_ns"] - life) < 1000
        assert task["longest_poll_ns"] <= task["busy_ns"]
    threads = {thread["id"] for thread in report["threads"]}
    assert set(ping["workers"]) <= threads and ping["workers"]
    lanes = report["timeline"]["tasks"]
    assert [lane["task"] for lane in lanes] == [1, 2, 3]
    states = {segment["state"] for segment in lanes[2]["segments"]}
    assert "sleep" in states, states
    lock = next(lock for lock in report["locks"] if lock["name"] == "total")
    assert (lock["kind"], lock["acquisitions"]) == ("tokio::sync::Mutex", 5)
    assert "task 2" in result.text or "3 tasks" in result.text


def test_what_a_task_prints_stands_under_its_own_cell(kernel):
    kernel.ok(START, timeout=400)
    # Its thread is a worker of the first cell.
    result = kernel.ok("""rt.block_on(async {
        assert!(tokio::spawn(async { println!("hears"); panic!("falls") }).await.is_err());
    });""")
    assert result.stdout == "task 2│ hears\n", result.stdout
    assert result.stderr.startswith("task 2│ panicked at ["), result.stderr
    assert "line 2: falls" in result.stderr, result.stderr


def test_findings_about_tasks(kernel):
    kernel.ok(START, timeout=400)
    report = report_of(kernel, BLOCKS)
    found = next(it for it in report["findings"] if it["kind"] == "blocked_worker")
    assert found["tasks"] == [2] and found["at"][0]["line"] == 3, found
    assert not kinds(report_of(kernel, BLOCKS_NOBODY)) & {"blocked_worker", "long_poll"}
    report = report_of(kernel, RING.replace("WAIT", FOR_SO_LONG))
    assert "deadlock" not in kinds(report), report["findings"]
    assert {task["state"] for task in report["tasks"]} == {"idle"}


def test_a_ring_of_tasks_is_a_deadlock(kernel):
    kernel.ok(START, timeout=400)
    report = report_of(kernel, RING.replace("WAIT", FOR_EVER))
    found = next(it for it in report["findings"] if it["kind"] == "deadlock")
    assert sorted(found["tasks"]) == [1, 2], found
    assert {task["state"] for task in report["tasks"]} == {"idle"}
    assert all("lock" in task["waiting_for"] for task in report["tasks"])
    assert all(lock["wait_ns"]["total"] > 100_000_000 for lock in report["locks"]), report["locks"]
    # A cell that has nothing to do with them is told nothing of it.
    report = report_of(kernel, "rt.block_on(async { tokio::spawn(async {}).await.unwrap(); });")
    assert report["findings"] == [], report["findings"]


def test_a_guard_that_another_task_was_given_is_no_deadlock(kernel):
    kernel.ok(START, timeout=400)
    for hand, get in HANDS:
        report = report_of(kernel, HANDS_ON.replace("HAND", hand).replace("GET", get))
        waits = [task["waits"] for task in report["tasks"] if "`lock`" in (task.get("waits") or "")]
        assert waits, report["tasks"]
        assert "deadlock" not in kinds(report), report["findings"]
    hand, get = KEEPS
    report = report_of(kernel, HANDS_ON.replace("HAND", hand).replace("GET", get))
    assert "which it holds itself" in report["findings"][0]["title"], report["findings"]


def test_a_branch_that_starves(kernel):
    kernel.ok(START, timeout=400)
    cell = lambda order, first: STARVES.replace("ORDER", order).replace("FIRST", first)
    report = report_of(kernel, cell("biased;", ALWAYS_READY))
    found = next(it for it in report["findings"] if it["kind"] == "starved_branch")
    assert "branch 2 of its `select!`" in found["title"], found
    assert (found["tasks"], found["at"][0]["line"]) == ([2], 8), found
    # In an order that is drawn; and where the first one is not ready now and then.
    for order, first in (("", ALWAYS_READY), ("biased;", NOT_ALWAYS)):
        assert "starved_branch" not in kinds(report_of(kernel, cell(order, first)))


def test_tasks_can_be_left_out(kernel):
    kernel.ok(START, timeout=400)
    # That main waits for the runtime is all that is left to tell.
    assert "tasks" not in report_of(kernel, f":tasks off\n{TOKEN}")
    assert len(report_of(kernel, f":tasks on\n{TOKEN}")["tasks"]) == 3


def test_what_tasks_wait_for(kernel):
    kernel.ok(START, timeout=400)
    report = report_of(kernel, WAITS)
    tasks = report["tasks"]
    assert {task["state"] for task in tasks} == {"idle"}, tasks
    told = {task.get("waits"): task["waiting_for"] for task in tasks}
    for kind, words in WAIT_FOR:
        assert words in told, told
        assert told[words] == kind or kind in (told[words] or {}), told
    assert "deadlock" not in kinds(report), report["findings"]
    report = report_of(kernel, PASSES)
    rows = {row["name"]: row for row in report["channels"]}
    counts = {name: (row["sent"], row["received"], row["lost"]) for name, row in rows.items()}
    assert counts == {
        "tx → rx": (1, 1, 0),
        "full → never": (1, 1, 0),
        "utx → urx": (1, 1, 0),
        "otx → orx": (1, 1, 0),
        "wtx → wrx": (1, 1, 0),
        # Four find room, and the receiver lags behind by what was overwritten.
        "btx → brx": (9, 9 - counts["btx → brx"][2], counts["btx → brx"][2]),
    }, counts
    # What was overwritten was sent all the same, and a value of which there is one stands in no queue.
    assert "refused" not in rows["btx → brx"] and rows["wtx → wrx"]["max_queued"] == 0, rows
    notify = report["condvars"][0]
    assert (notify["name"], notify["kind"], notify["notifies"]) == ("bell", "tokio::sync::Notify", 1)
    barrier = report["barriers"][0]
    assert (barrier["name"], barrier["size"], barrier["generations"]) == ("gate", 2, 1), barrier
    semaphore = report["semaphores"][0]
    assert (semaphore["permits"], semaphore["acquisitions"]) == (1, 1), semaphore


def test_tasks_that_wait_for_each_other(kernel):
    kernel.ok(START, timeout=400)
    # A timer of one of them, and the others may go on.
    wait = "let _ = tokio::time::timeout(Duration::from_millis(300), sum).await;"
    report = report_of(kernel, KEPT.replace("WAIT", wait))
    assert "deadlock" not in kinds(report), report["findings"]
    report = report_of(kernel, KEPT.replace("WAIT", "drop(tx); sum.await.unwrap();"))
    assert "deadlock" not in kinds(report), report["findings"]


def test_a_cell_that_waits_for_ever_is_told_why(kernel):
    # Tasks of earlier cells may do something yet (one waits for a socket): they end with their
    # process. An earlier runtime whose workers are idle hides nothing.
    kernel.run("std::process::exit(0)")
    kernel.ok(f"{START}\nlet idle = rt;", timeout=400)
    kernel.ok(START, timeout=400)
    pending = kernel.begin(KEPT.replace("WAIT", "sum.await.unwrap();").replace("one.", "rt."))
    shown = lambda: [it["content"]["data"].get("text/plain", "") for it in pending.messages if "data" in it["content"]]
    pending.wait_until(lambda: any("Deadlock" in text for text in shown()), 60)
    kernel.interrupt()
    result = pending.finish(60)
    found = check_report(result.report)["findings"][0]
    assert found["title"] == (
        "Deadlock: both tasks wait for each other: task 1 joins task 2; "
        "task 2 waits for a message from `tx → rx`"
    )
    assert "1 sender of `tx → rx` is alive" in found["detail"]
    # Nothing is lost, and the runtime can be waited for again.
    assert kernel.ok("rt.block_on(async { tokio::spawn(async { 5 }).await.unwrap() })").value == "5"


def test_a_runtime_that_waits_for_sockets_is_parked_and_can_be_stopped(kernel):
    kernel.run("std::process::exit(0)")
    kernel.ok(START, timeout=400)
    kernel.ok("let one = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();\nlet kept = 7;")
    waits = "async { println!(\"waits\"); Arc::new(Mutex::new(1)).lock_owned().await; std::future::pending::<()>().await }"
    pending = kernel.begin(f"one.block_on({waits})")
    pending.until_stdout("waits")
    kernel.interrupt()
    result = pending.finish(60)
    assert result.ename == "interrupted", result.error_text
    main = check_report(result.report)["threads"][0]
    assert main["blocked_ns"]["park"] > 0, main
    # Neither the variables nor the runtime are lost.
    assert kernel.ok("one.block_on(async move { tokio::spawn(async move { kept }).await.unwrap() })").value == "7"
    # A timer and a socket end the wait as ever.
    code = """
    one.block_on(async {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let client = tokio::spawn(async move {
            tokio::time::sleep(Duration::from_millis(250)).await;
            tokio::net::TcpStream::connect(address).await.unwrap();
        });
        listener.accept().await.unwrap();
        client.await.unwrap();
    })
    """
    main = report_of(kernel, code)["threads"][0]
    assert main["blocked_ns"]["park"] >= 200_000_000, main


def test_a_runtime_without_drivers_serves_after_a_deadlock(kernel):
    kernel.run("std::process::exit(0)")
    kernel.ok(START, timeout=400)
    kernel.ok("drop(rt);\nlet bare = tokio::runtime::Builder::new_current_thread().build().unwrap();")
    waits = "async { let (_tx, mut rx) = tokio::sync::mpsc::channel::<u32>(1); rx.recv().await }"
    result = kernel.run(f"bare.block_on({waits})")
    assert (result.status, kinds(check_report(result.report))) == ("error", {"deadlock"}), result.report
    assert kernel.ok("bare.block_on(async { tokio::spawn(async { 5 }).await.unwrap() })").value == "5"


def test_each_wait_is_counted(kernel):
    kernel.ok(START, timeout=400)
    kernel.ok(ONE)
    report = report_of(kernel, WAITS_AGAIN)
    bell = next(it for it in report["condvars"] if it["name"] == "bell")
    assert (bell["waits"], bell["notifies"]) == (8, 5), bell
    turn = next(it for it in report["locks"] if it["name"] == "turn")
    assert (turn["acquisitions"], turn["contended"]) == (13, 12), turn


def test_what_a_task_waits_for_no_longer(kernel):
    kernel.ok(START, timeout=400)
    kernel.ok(ONE)
    report = report_of(kernel, WAITS_FOR_ONE)
    waits = [task.get("waits") for task in report["tasks"] if task["state"] == "idle"]
    assert waits == ["waits for `busy`"] * 2, report["tasks"]
    busy = next(it for it in report["locks"] if it["name"] == "busy")
    assert busy["contended"] == 2, busy


def test_tries_that_fail(kernel):
    kernel.ok(START, timeout=400)
    report = report_of(kernel, TRIED)
    failed = {lock["name"]: lock["failed_tries"] for lock in report["locks"]}
    assert failed == {"lock": 2, "pair": 3}, report["locks"]
    assert [it["failed_tries"] for it in report["semaphores"]] == [1], report["semaphores"]


def test_tasks_that_were_never_polled(kernel):
    kernel.ok(START, timeout=400)
    found = [it for it in report_of(kernel, DROPPED)["findings"] if it["kind"] == "never_polled"]
    assert [it["tasks"] for it in found] == [[4, 5]], found
    assert "dropped before its turn" in found[0]["detail"], found


def test_a_cell_that_wakes_tasks_of_an_earlier_one(kernel):
    kernel.ok(START, timeout=400)
    kernel.ok("let (tx, mut rx) = tokio::sync::mpsc::unbounded_channel::<u32>();\n"
              "let sum = rt.spawn(async move { let mut sum = 0; while let Some(n) = rx.recv().await { sum += n; } sum });")
    report = report_of(kernel, "for n in 0..10 { tx.send(n).unwrap(); }")
    assert report["channels"][0]["sent"] == 10, report["channels"]
    assert kernel.ok("let three = 3;").report is None


def test_a_cell_without_a_runtime_is_told_how_to_get_one(fresh_kernel):
    fresh_kernel.ok(':dep tokio = { version = "1", features = ["full"] }\nasync fn seven() -> u32 { 7 }')
    failed = fresh_kernel.run("let task = tokio::spawn(seven());").failed("panic").error_text
    assert "only if it awaits something itself" in failed and "write `async { … }.await` around this" in failed
    fresh_kernel.ok("let task = async { tokio::spawn(seven()) }.await;")
    assert fresh_kernel.ok("task.await?").value == "7"
