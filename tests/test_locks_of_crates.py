"""Locks and channels of crates, in unchanged code: in the tables by their names, in deadlocks, and stopped."""

from concurrent.futures import ThreadPoolExecutor

from fearless_client import Kernel
from fearless_client.schema import check_report

START = """
:dep parking_lot = "0.12"
:dep crossbeam-channel = "0.5"
use parking_lot::{Condvar, Mutex, RwLock, RwLockUpgradableReadGuard, const_mutex};
use std::sync::Arc;
use std::thread;
"""

USES = """
struct Queue { items: Mutex<Vec<u32>>, ready: Condvar }
static HITS: Mutex<u32> = const_mutex(0);
let table = Arc::new(RwLock::new(vec![1]));
let queue = Arc::new(Queue { items: Mutex::default(), ready: Condvar::new() });
let (seen, waiting) = (Arc::clone(&table), Arc::clone(&queue));
let worker = thread::spawn(move || {
    for _ in 0..500 { *HITS.lock() += 1; }
    let guard = seen.upgradable_read();
    RwLockUpgradableReadGuard::upgrade(guard).push(2);
    let mut items = waiting.items.lock();
    waiting.ready.wait_while(&mut items, |items| items.is_empty());
});
queue.items.lock().push(7);
queue.ready.notify_all();
worker.join().unwrap();
assert_eq!((*HITS.lock(), table.read().len()), (500, 2));
"""

# Of the first mutex both threads are stopped at, one is main's and one std's.
RING = """
let (left, right) = (Arc::new(Mutex::new(1)), Arc::new(std::sync::Mutex::new(2)));
let both = Arc::new(std::sync::Barrier::new(2));
let others = (left.clone(), right.clone(), both.clone());
let worker = thread::spawn(move || {
    let _right = others.1.lock().unwrap();
    others.2.wait();
    let _left = others.0.lock();
});
{
    let _left = left.lock();
    both.wait();
    let _right = right.lock();
}
"""

STOPPED = """
let value = Arc::new(Mutex::new(5));
let (other, held) = (value.clone(), Arc::new(std::sync::Barrier::new(2)));
let is_held = held.clone();
let over = Arc::new(std::sync::atomic::AtomicBool::new(false));
let is_over = over.clone();
let holder = thread::spawn(move || {
    let _guard = other.lock();
    is_held.wait();
    while !is_over.load(std::sync::atomic::Ordering::Relaxed) {
        thread::sleep(std::time::Duration::from_millis(5));
    }
});
held.wait();
"""


# Bounded, handed over, and without a bound; one message is never received.
MESSAGES = """
let (jobs, todo) = crossbeam_channel::bounded::<u32>(2);
let (done, results) = crossbeam_channel::unbounded();
let (hand, over) = crossbeam_channel::bounded::<u8>(0);
drop(over);
let workers: Vec<_> = (0..3).map(|_| {
    let (todo, done) = (todo.clone(), done.clone());
    thread::spawn(move || for job in todo { done.send(job).unwrap(); })
}).collect();
drop(todo);
thread::spawn(move || hand.send(1)).join().unwrap().unwrap_err();
for job in 0..100 { jobs.send(job).unwrap(); }
drop(jobs);
for worker in workers { worker.join().unwrap(); }
for _ in 0..99 { results.recv().unwrap(); }
drop((done, results));
"""

ENDS = """
let ((left, right), (there, back)) = (crossbeam_channel::bounded::<u8>(1), crossbeam_channel::unbounded::<u8>());
"""

FOR_EACH_OTHER = """
let (wanted, given) = (right.clone(), there.clone());
let other = thread::spawn(move || given.send(wanted.recv().unwrap()));
{
    crossbeam_channel::select! {
        recv(back) -> message => left.send(message.unwrap()).unwrap(),
        recv(crossbeam_channel::never::<u8>()) -> _ => unreachable!(),
    }
}
"""

# A rendezvous, a bounded and an unbounded channel, and a map whose guard is dropped by another thread.
OTHERS_START = """
:dep flume = "0.12"
:dep async-channel = "2"
:dep dashmap = "6"
:dep crossbeam-utils = "0.8"
use dashmap::DashMap;
use std::sync::Arc;
use std::thread;
"""

OTHERS = """
let (jobs, todo) = flume::bounded::<u32>(2);
let (done, results) = async_channel::unbounded();
let (hand, over) = flume::bounded::<u8>(0);
let scores: DashMap<u32, u32> = DashMap::with_shard_amount(2);
thread::scope(|scope| {
    for _ in 0..3 {
        let (todo, done, scores) = (todo.clone(), done.clone(), &scores);
        scope.spawn(move || for job in todo {
            *scores.entry(job % 2).or_insert(0) += 1;
            done.send_blocking(job).unwrap();
        });
    }
    scope.spawn(move || hand.send(1).unwrap());
    drop(todo);
    assert_eq!(over.recv(), Ok(1));
    for job in 0..100 { jobs.send(job).unwrap(); }
    drop(jobs);
    for _ in 0..99 { results.recv_blocking().unwrap(); }
});
drop((done, results));
let one = scores.get(&1).unwrap();
thread::scope(|scope| { scope.spawn(move || assert_eq!(*one, 50)); });
assert_eq!(scores.insert(1, 7), Some(50));
"""

# The receiver waits first, so that it is handed a message.
HANDED = """
let (jobs, todo) = flume::bounded::<u32>(2);
let sender = thread::spawn(move || {
    thread::sleep(std::time::Duration::from_millis(5));
    for job in 0..6 { jobs.send(job).unwrap(); }
});
assert_eq!(todo.iter().sum::<u32>(), 15);
sender.join().unwrap();
"""

SCOPE = "crossbeam_utils::thread::scope(|scope| { for n in 0..3 { scope.spawn(move |_| n); } }).unwrap();"

OTHERS_DEADLOCKS = {
    "`there → back`": """
let (there, back) = flume::bounded::<u8>(0);
let (left, right) = async_channel::bounded::<u8>(1);
let (wanted, given) = (right.clone(), there.clone());
let other = thread::spawn(move || given.send(wanted.recv_blocking().unwrap()));
left.send_blocking(back.recv().unwrap()).unwrap();
""",
    "`scores`": """
let scores: DashMap<u32, u32> = DashMap::from_iter([(1, 10)]);
{
    let best = scores.get(&1).unwrap();
    scores.insert(1, *best + 1);
}
""",
}


def report_of(kernel, code: str) -> dict:
    return check_report(kernel.ok(code, timeout=400).report)


def named(rows: list[dict]) -> dict[str, dict]:
    return {row["name"]: row for row in rows}


def test_locks_are_counted_by_their_names(kernel):
    kernel.ok(START, timeout=400)
    report = report_of(kernel, USES)
    locks = named(report["locks"])
    assert {name: lock["kind"] for name, lock in locks.items()} == {
        "HITS": "parking_lot::Mutex",
        "table": "parking_lot::RwLock",
        "queue.items": "parking_lot::Mutex",
    }
    assert locks["HITS"]["acquisitions"] == 501 and locks["HITS"]["created_at"]["line"] == 3
    assert (locks["table"]["reads"], locks["table"]["writes"]) == (2, 1)
    assert named(report["condvars"])["queue.ready"]["notifies"] == 1
    assert report["findings"] == [], report["findings"]
    fair = report_of(kernel, "let fair = parking_lot::FairMutex::new(0); for _ in 0..5 { *fair.lock() += 1; }")["locks"]
    assert [(lock["name"], lock["acquisitions"]) for lock in fair] == [("fair", 5)], fair


def test_a_ring_of_two_kinds_of_locks_is_a_deadlock(kernel):
    kernel.ok(START, timeout=400)
    result = kernel.run(RING).failed("deadlock")
    report = check_report(result.report)
    found = next(it for it in report["findings"] if it["kind"] == "deadlock")
    assert sorted(found["threads"]) == [1, 2] and "`left`" in found["title"] and "`right`" in found["title"], found
    assert {lock["kind"] for lock in report["locks"]} == {"parking_lot::Mutex", "Mutex"}


def test_a_wait_is_stopped_and_variables_stay(kernel):
    kernel.ok(START, timeout=400)
    kernel.ok(STOPPED)
    pending = kernel.begin('println!("go"); let _value = value.lock();')
    pending.until_stdout("go")
    kernel.interrupt()
    pending.finish(30).failed("interrupted")
    assert kernel.ok("Arc::strong_count(&value) >= 1").value == "true"
    # A thread that sleeps may be the one that ends a wait in a later cell.
    kernel.ok("over.store(true, std::sync::atomic::Ordering::Relaxed); holder.join().unwrap();")


def test_messages_are_counted_by_their_channels(kernel):
    kernel.ok(START, timeout=400)
    report = report_of(kernel, MESSAGES)
    channels = named(report["channels"])
    jobs, results = channels["jobs → todo"], channels["done → results"]
    assert (jobs["kind"], jobs["capacity"]) == ("crossbeam_channel::bounded", 2)
    assert (jobs["sent"], jobs["received"], jobs["lost"]) == (100, 100, 0) and jobs["type"] == "u32"
    assert (results["kind"], results["capacity"]) == ("crossbeam_channel::unbounded", None)
    assert (results["sent"], results["received"], results["lost"]) == (100, 99, 1)
    assert channels["hand → over"]["sent"] == 0
    assert jobs["max_queued"] <= 2 and jobs["senders"] == 0 and not jobs["receiver_alive"]


def test_threads_that_wait_for_each_others_messages_are_a_deadlock(kernel):
    kernel.ok(START, timeout=400)
    kernel.ok(ENDS)
    report = check_report(kernel.run(FOR_EACH_OTHER).failed("deadlock").report)
    found = next(it for it in report["findings"] if it["kind"] == "deadlock")
    assert sorted(found["threads"]) == [1, 2] and "waits on one of its channels" in found["title"], found
    # Who unwound has left the queues: what comes later is sent and received.
    kernel.ok("there.send(7).unwrap(); assert_eq!(back.recv(), Ok(7)); left.send(8).unwrap();")


def test_a_wait_for_a_message_is_stopped_and_none_is_lost(kernel):
    kernel.ok(START, timeout=400)
    kernel.ok("let (give, take) = crossbeam_channel::unbounded::<u8>(); let (hand, over) = crossbeam_channel::bounded::<u8>(0);")
    kernel.ok("let keeps = (give.clone(), hand.clone()); thread::spawn(move || { thread::sleep(std::time::Duration::from_secs(600)); drop(keeps); });")
    for waits in ["take.recv()", "hand.send(1)"]:
        pending = kernel.begin(f'println!("go"); let _ = {waits};')
        pending.until_stdout("go")
        kernel.interrupt()
        pending.finish(30).failed("interrupted")
    kernel.ok("give.send(5).unwrap(); assert_eq!(take.recv(), Ok(5)); assert!(over.try_recv().is_err());")


def test_other_channels_and_locks_are_counted_stopped_and_found_in_deadlocks():
    # A thread of an earlier cell that sleeps might hold a sender: then nothing would be proved.
    with Kernel() as kernel:
        kernel.ok(OTHERS_START, timeout=400)
        report = report_of(kernel, OTHERS)
        channels = named(report["channels"])
        kinds = {name: (it["kind"], it["capacity"]) for name, it in channels.items()}
        assert kinds == {
            "jobs → todo": ("flume::bounded", 2),
            "done → results": ("async_channel::unbounded", None),
            "hand → over": ("flume::bounded", 0),
        }
        counts = {name: (it["sent"], it["received"], it["lost"]) for name, it in channels.items()}
        assert counts == {"jobs → todo": (100, 100, 0), "done → results": (100, 99, 1), "hand → over": (1, 1, 0)}
        jobs = channels["jobs → todo"]
        assert jobs["senders"] == 0 and not jobs["receiver_alive"] and jobs["type"] == "u32"
        shards = [it for it in report["locks"] if it["kind"] == "dashmap shard"]
        assert shards and all(it["name"].startswith("scores") for it in shards)
        # 100 entries, `get` and `insert`.
        assert sum(it["acquisitions"] for it in shards) == 102 and not any(it["held_by"] for it in shards)
        # Under what locks async-channel keeps who waits is its own business.
        assert not [it["crate"] for it in report["dependencies"] if it["crate"].startswith("event-listener")]
        found = {it["kind"] for it in report["findings"]}
        assert "unreceived_messages" in found and "deadlock" not in found, report["findings"]

        # No step shows more messages in a channel than it has room for.
        inside = 0
        for step in report_of(kernel, HANDED)["order"]["steps"]:
            inside += {"send": 1, "receive": -1}.get(step["operation"], 0) * step.get("times", 1)
            assert 0 <= inside <= 2, step
        # Under what locks a scope keeps its threads is its own business, though `Arc` has made them.
        assert report_of(kernel, SCOPE)["locks"] == []

        for name, code in OTHERS_DEADLOCKS.items():
            report = check_report(kernel.run(code).failed("deadlock").report)
            found = next(it for it in report["findings"] if it["kind"] == "deadlock")
            assert name in found["title"], found

        kernel.ok("let (give, take) = flume::unbounded::<u8>(); let (put, get) = async_channel::bounded::<u8>(1); put.try_send(1).unwrap();")
        keeps = "let keeps = (give.clone(), get.clone()); thread::spawn(move || { thread::sleep(std::time::Duration::from_secs(600)); drop(keeps); });"
        kernel.ok(keeps)
        for waits in ["take.recv()", "put.send_blocking(2)"]:
            pending = kernel.begin(f'println!("go"); let _ = {waits};')
            pending.until_stdout("go")
            kernel.interrupt()
            pending.finish(30).failed("interrupted")
        kernel.ok("give.send(5).unwrap(); assert_eq!(take.recv(), Ok(5)); assert_eq!(get.recv_blocking(), Ok(1)); assert!(get.is_empty());")


def test_sessions_compile_a_crate_once(tmp_path):
    """One that is compiled from a copy of its sources, and for sessions that begin at once, too."""
    dependencies = [
        'dashmap = "6"',
        'parking_lot = "0.12"',
        'parking_lot = { version = "0.12", features = ["send_guard"] }',
        'parking_lot = { version = "0.12", features = ["hardware-lock-elision"] }',
    ]

    def begin(dependency: str) -> None:
        with Kernel(XDG_CACHE_HOME=str(tmp_path)) as kernel:
            kernel.ok(f":dep {dependency}\n1 + 1", timeout=300)

    def compiled() -> dict:
        libraries = tmp_path.glob("fearless/target/*/*/*/deps/liblock_api-*.rlib")
        return {library: library.stat().st_mtime_ns for library in libraries}

    with ThreadPoolExecutor() as pool:
        list(pool.map(begin, dependencies[:3]))
    before = compiled()
    assert len(before) == 1
    begin(dependencies[3])
    assert compiled() == before
