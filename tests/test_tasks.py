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


def test_tasks_can_be_left_out(kernel):
    kernel.ok(START, timeout=400)
    # That main waits for the runtime is all that is left to tell.
    assert "tasks" not in report_of(kernel, f":tasks off\n{TOKEN}")
    assert len(report_of(kernel, f":tasks on\n{TOKEN}")["tasks"]) == 3
