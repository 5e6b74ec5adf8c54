"""Locks of crates, in unchanged code: in the tables by their names, in deadlocks, and stopped."""

from fearless_client.schema import check_report

START = """
:dep parking_lot = "0.12"
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
thread::spawn(move || {
    let _guard = other.lock();
    is_held.wait();
    thread::sleep(std::time::Duration::from_secs(600));
});
held.wait();
"""


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
