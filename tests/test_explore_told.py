"""How `:explore` tells what went wrong: the cause, what would help, and the names of things."""

import pytest

from fearless_client.benchmarks import explore

# Whoever is notified may find nothing left.
TAKEN_BEFORE = """
use std::{collections::VecDeque, sync::{Condvar, Mutex}, thread};
let jobs = Mutex::new(VecDeque::new());
let ready = Condvar::new();
thread::scope(|s| {
    for _ in 0..2 {
        s.spawn(|| {
            let mut queue = jobs.lock().unwrap();
            if queue.is_empty() {
                queue = ready.wait(queue).unwrap();
            }
            let _job: u32 = queue.pop_front().unwrap();
        });
    }
    s.spawn(|| for job in 0..2 {
        jobs.lock().unwrap().push_back(job);
        ready.notify_all();
    });
});
"""


def text_of(kernel, code):
    """What stands under the cell that explores it."""
    result = kernel.run(f":explore 2000\n{code}", timeout=400)
    shown = result.of_type("display_data", "update_display_data")
    return shown[-1]["data"]["text/plain"]


def test_who_takes_what_another_thread_was_notified_of_is_named(kernel):
    told = " ".join(text_of(kernel, TAKEN_BEFORE).split())
    assert "has `jobs` (line 9) after T" in told, told
    assert "was notified at `ready`, and before T" in told
    assert "look in a loop whether it holds" in told
    mended = explore(kernel, "2000", TAKEN_BEFORE.replace("if queue", "while queue"))
    assert mended["failure"] is None and mended["cut"] == 0


WAITING = """
use std::sync::atomic::{AtomicBool, Ordering::{Acquire, Release}};
use std::{sync::{mpsc::channel, Condvar, Mutex}, thread, time::Duration};
static READY: AtomicBool = AtomicBool::new(false);
static HELD: Mutex<bool> = Mutex::new(false);
static BELL: Condvar = Condvar::new();
const LONG: Duration = Duration::from_millis(10);
let (sender, receiver) = channel();
let waiter = thread::spawn(move || { WAIT });
READY.store(true, Release);
*HELD.lock().unwrap() = true;
sender.send(1).unwrap();
waiter.join().unwrap();
"""


@pytest.mark.parametrize(
    "wait",
    [
        "while !READY.load(Acquire) { thread::sleep(LONG); }",
        "while !READY.load(Acquire) { thread::park_timeout(LONG); }",
        "let mut held = HELD.lock().unwrap();"
        " while !*held { held = BELL.wait_timeout(held, LONG).unwrap().0; }",
        "let held = HELD.lock().unwrap();"
        " drop(BELL.wait_timeout_while(held, LONG, |held| !*held).unwrap());"
        " while !READY.load(Acquire) { thread::sleep(LONG); }",
        "while receiver.recv_timeout(LONG).is_err() {}",
    ],
    ids=["sleep", "park", "condvar", "condvar while", "channel"],
)
def test_who_waits_for_a_while_again_and_again_gives_way(kernel, wait):
    found = explore(kernel, "1000", WAITING.replace("WAIT", wait))
    assert found["failure"] is None and found["cut"] == 0
    assert {it["outcome"] for it in found["outcomes"]} == {"ok"}


# The thread itself decides how long it waits, so it may find that it was too long.
DEADLINE = """
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::{thread, time::{Duration, Instant}};
static READY: AtomicBool = AtomicBool::new(false);
let waiter = thread::spawn(|| {
    let start = Instant::now();
    while !READY.load(SeqCst) {
        assert!(start.elapsed() < Duration::from_millis(50), "too late");
        thread::sleep(Duration::from_millis(10));
    }
});
READY.store(true, SeqCst);
waiter.join().unwrap();
"""


def test_who_looks_at_the_clock_himself_may_be_too_late(kernel):
    failure = explore(kernel, "2000", DEADLINE)["failure"]
    assert failure and "too late" in failure["title"]


SEQLOCK = """
use std::sync::atomic::{fence, AtomicU32, Ordering::*};
static VERSION: AtomicU32 = AtomicU32::new(0);
static POINT: [AtomicU32; 2] = [AtomicU32::new(0), AtomicU32::new(0)];
let writer = std::thread::spawn(|| {
    VERSION.store(1, Relaxed); // before
    POINT[0].store(1, Relaxed);
    POINT[1].store(1, Relaxed);
    VERSION.store(2, LAST);
});
let before = VERSION.load(Acquire);
let (x, y) = (POINT[0].load(Relaxed), POINT[1].load(Relaxed)); // after
let after = VERSION.load(LAST);
if before == after && before % 2 == 0 {
    assert_eq!(x, y);
}
writer.join().unwrap();
"""


def test_what_is_advised_for_a_seqlock_mends_it(kernel):
    # Not even the strongest order of the version alone would.
    code = SEQLOCK.replace("LAST", "SeqCst")
    told = " ".join(text_of(kernel, code).split())
    assert "or `fence(Release)` before the one and `fence(Acquire)` after the other" in told, told
    fences = code.replace("// before", "fence(Release);").replace("// after", "fence(Acquire);")
    orders = code.replace("(1, Relaxed);\n    V", "(1, Release);\n    V")
    orders = orders.replace("[0].store(1, Relaxed)", "[0].store(1, Release)")
    orders = orders.replace("load(Relaxed)", "load(Acquire)")
    for mended in (fences, orders):
        found = explore(kernel, "all", mended)
        assert found["verdict"] == "proved", found


def test_elements_of_a_static_array_have_their_numbers(kernel):
    failure = explore(kernel, "2000", SEQLOCK.replace("LAST", "Relaxed"))["failure"]
    names = {step["object"] for step in failure["steps"]}
    assert {"POINT[0]", "POINT[1]"} < names, names


def test_an_attempt_in_vain_and_who_initialises_are_told(kernel):
    told = text_of(
        kernel,
        """
use std::{sync::{Mutex, OnceLock}, thread};
static LOG: Mutex<Vec<u32>> = Mutex::new(Vec::new());
static NAME: OnceLock<u32> = OnceLock::new();
thread::scope(|s| {
    for n in 0..2 {
        s.spawn(move || {
            NAME.get_or_init(|| n);
            if let Ok(mut log) = LOG.try_lock() { log.push(n); }
        });
    }
});
assert_eq!(LOG.lock().unwrap().len(), 2);
""",
    )
    assert "tries to lock LOG, in vain" in told, told
    assert "comes to initialise NAME" in told and "has initialised NAME" in told, told


def test_who_waits_at_a_barrier_is_told_so(kernel):
    told = text_of(
        kernel,
        """
let both = std::sync::Barrier::new(2);
both.wait();
""",
    )
    assert "waits at barrier `both`" in told, told


def test_who_looks_for_ever_is_named_and_at_what(kernel):
    failure = explore(
        kernel,
        "200",
        """
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
static STOP: AtomicBool = AtomicBool::new(false);
let worker = std::thread::spawn(|| {
    while !STOP.load(SeqCst) { std::thread::yield_now(); }
});
worker.join().unwrap();
""",
    )["failure"]
    assert failure["title"].startswith("Livelock: T2 looks at `STOP` (line 6) for ever")
    assert any(step["object"] == "STOP" for step in failure["steps"])


def test_a_count_that_is_looked_at_is_shown(kernel):
    failure = explore(
        kernel,
        "2000",
        """
use std::{sync::Arc, thread};
let owner = Arc::new(5);
let weak = Arc::downgrade(&owner);
let other = thread::spawn(move || {
    if weak.strong_count() > 0 { assert_eq!(*weak.upgrade().unwrap(), 5); }
});
drop(owner);
other.join().unwrap();
""",
    )["failure"]
    values = {step["value"] for step in failure["steps"] if step["object"] == "count of weak"}
    assert {"1", "1 ➜ 0", "0"} <= values, values


# Programs with a mistake, its mended form, and what is told of it.
MISTAKES = {
    "gets and sets": (
        """
use std::{sync::OnceLock, thread};
static LEVEL: OnceLock<u32> = OnceLock::new();
fn level(wanted: u32) -> u32 {
    BODY
}
let other = thread::spawn(|| level(1));
let mine = level(2);
assert_eq!(other.join().unwrap(), mine);
""",
        "if let Some(level) = LEVEL.get() { return *level; } LEVEL.set(wanted).unwrap(); wanted",
        "*LEVEL.get_or_init(|| wanted)",
        "looks whether `LEVEL` is initialised (line 5) before",
    ),
    "takes a notification away": (
        """
use std::sync::{Arc, atomic::{AtomicU32, Ordering::SeqCst}, Condvar, Mutex};
let shared = Arc::new((AtomicU32::new(0), Mutex::new(false), Condvar::new()));
let other = {
    let shared = shared.clone();
    std::thread::spawn(move || {
        shared.0.store(1, SeqCst);
        *shared.1.lock().unwrap() = true;
        shared.2.notify_one();
    })
};
BODY
    let mut is_woken = shared.1.lock().unwrap();
    while !*is_woken { is_woken = shared.2.wait(is_woken).unwrap(); }
}
other.join().unwrap();
""",
        "if shared.0.load(SeqCst) == 0 { *shared.1.lock().unwrap() = false;",
        "*shared.1.lock().unwrap() = false; if shared.0.load(SeqCst) == 0 {",
        "and set the flag back, or note its state, before looking for something to do",
    ),
    "joins who receives": (
        """
use std::sync::{mpsc::channel, Arc, Mutex};
let (jobs, inbox) = channel();
let inbox = Arc::new(Mutex::new(inbox));
let workers: Vec<_> = (0..2).map(|_| {
    let inbox = inbox.clone();
    std::thread::spawn(move || loop {
        let job = inbox.lock().unwrap().recv();
        if job.is_err() { return; }
    })
}).collect();
jobs.send(1).unwrap();
BODY
for worker in workers { worker.join().unwrap(); }
""",
        "",
        "drop(jobs);",
        "when the last sender is dropped",
    ),
    "waits for an answer and answers nobody": (
        """
use std::{sync::mpsc::{channel, Receiver, Sender}, thread};
type Message = Option<Sender<u32>>;
fn actor(inbox: Receiver<Message>, other: Sender<Message>) -> u32 {
    inbox.recv().unwrap();
    let (question, answer) = channel();
    other.send(Some(question)).unwrap();
    BODY
}
let (to_a, inbox_a) = channel();
let (to_b, inbox_b) = channel();
for inbox in [&to_a, &to_b] { inbox.send(None).unwrap(); }
let a = thread::spawn(move || actor(inbox_a, to_b));
let b = thread::spawn(move || actor(inbox_b, to_a));
assert_eq!(a.join().unwrap() + b.join().unwrap(), 2);
""",
        "let n = answer.recv().unwrap(); inbox.recv().unwrap().unwrap().send(1).unwrap(); n",
        "inbox.recv().unwrap().unwrap().send(1).unwrap(); answer.recv().unwrap()",
        "go on reading while it waits, or ask in a thread of its own",
    ),
    "comes back to a barrier of its own": (
        """
use std::sync::{Arc, Condvar, Mutex};
let shared = Arc::new((Mutex::new((0, 0)), Condvar::new()));
let meet = |shared: &(Mutex<(u32, u32)>, Condvar)| {
    let mut state = shared.0.lock().unwrap();
    let round = state.1;
    state.0 += 1;
    if state.0 == 2 {
        *state = (0, round + 1);
        shared.1.notify_all();
        return;
    }
    while BODY { state = shared.1.wait(state).unwrap(); }
};
let other = {
    let shared = shared.clone();
    std::thread::spawn(move || { meet(&shared); meet(&shared); })
};
meet(&shared);
meet(&shared);
other.join().unwrap();
""",
        "state.0 != 0",
        "state.1 == round",
        "for its next round: what was waited for may hold no more",
    ),
    "closes a channel of its own and tells nobody": (
        """
use std::sync::{Arc, Condvar, Mutex};
let shared = Arc::new((Mutex::new((0, true)), Condvar::new()));
let other = {
    let shared = shared.clone();
    std::thread::spawn(move || {
        shared.0.lock().unwrap().0 += 1;
        shared.1.notify_one();
        shared.0.lock().unwrap().1 = false;
        BODY
    })
};
let mut state = shared.0.lock().unwrap();
while state.1 { state = shared.1.wait(state).unwrap(); }
drop(state);
other.join().unwrap();
""",
        "",
        "shared.1.notify_one();",
        "T2 has `shared.0` (line 9) while T1 waits at `shared.1`, and nobody notifies that after",
    ),
    "publishes before it writes": (
        """
use std::{cell::UnsafeCell, sync::atomic::{AtomicBool, Ordering::{Acquire, Release}}};
struct Slot(UnsafeCell<u32>);
unsafe impl Sync for Slot {}
static SLOT: Slot = Slot(UnsafeCell::new(0));
static READY: AtomicBool = AtomicBool::new(false);
let other = std::thread::spawn(|| {
    BODY
});
if READY.load(Acquire) { assert_eq!(unsafe { *SLOT.0.get() }, 5); }
other.join().unwrap();
""",
        "READY.store(true, Release); unsafe { *SLOT.0.get() = 5 };",
        "unsafe { *SLOT.0.get() = 5 }; READY.store(true, Release);",
        "T1 goes by what T2 stores in `READY` (line 8) before it writes (line 8): store that after",
    ),
    "leaves a handle too late": (
        """
use std::{sync::{Arc, Mutex}, thread::{self, Thread}};
#[derive(Default)]
struct Slot { value: Mutex<Option<u32>>, reader: Mutex<Option<Thread>> }
let slot = Arc::new(Slot::default());
let other = {
    let slot = slot.clone();
    thread::spawn(move || {
        *slot.value.lock().unwrap() = Some(5);
        if let Some(reader) = slot.reader.lock().unwrap().take() { reader.unpark(); }
    })
};
while slot.value.lock().unwrap().is_none() {
    *slot.reader.lock().unwrap() = Some(thread::current());
    BODY
}
other.join().unwrap();
""",
        "thread::park();",
        "if slot.value.lock().unwrap().is_none() { thread::park(); }",
        "comes to `slot.reader` (line 10) before T1 has left its handle there (line 14), and so "
        "wakes nobody",
    ),
    "needs what it initialises": (
        """
use std::sync::LazyLock;
static FIRST: LazyLock<u32> = LazyLock::new(|| *SECOND + 1);
static SECOND: LazyLock<u32> = LazyLock::new(|| { BODY });
std::thread::spawn(|| assert_eq!(*FIRST, 2)).join().unwrap();
""",
        "*FIRST + 1",
        "1",
        "T2 waits until `FIRST` is initialised, which it does itself Fails without any preemption. "
        "What would help: T2 needs `FIRST` (line 4) for the value that it is to give `FIRST` "
        "itself (line 5)",
    ),
    "takes turns by two steps": (
        """
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
static NEXT: AtomicUsize = AtomicUsize::new(0);
static NOW: AtomicUsize = AtomicUsize::new(0);
let turn = || {
    BODY
    while NOW.load(SeqCst) != mine { std::hint::spin_loop(); }
    NOW.store(mine + 1, SeqCst);
};
std::thread::scope(|scope| { scope.spawn(turn); scope.spawn(turn); });
""",
        "let mine = NEXT.load(SeqCst); NEXT.store(mine + 1, SeqCst);",
        "let mine = NEXT.fetch_add(1, SeqCst);",
        "loads `NEXT` (line 6) before",
    ),
    "throws away what finds no room": (
        """
let (sender, receiver) = std::sync::mpsc::sync_channel(1);
let other = std::thread::spawn(move || for n in 1..=2 { BODY });
assert_eq!(receiver.iter().sum::<u32>(), 3);
other.join().unwrap();
""",
        "let _ = sender.try_send(n);",
        "sender.send(n).unwrap();",
        "T2 tries to send to `sender → receiver` (line 3) while it is full, and goes on",
    ),
    "stops receiving too early": (
        """
let (sender, receiver) = std::sync::mpsc::channel();
let other = std::thread::spawn(move || for n in 0..2 { sender.send(n).unwrap(); });
BODY
other.join().unwrap();
""",
        "receiver.recv().unwrap(); drop(receiver);",
        "receiver.recv().unwrap(); receiver.recv().unwrap();",
        "T1 drops the receiver of `sender → receiver` before T2 sends to it (line 3)",
    ),
    "looks whether a value is alive": (
        """
use std::{sync::Arc, thread};
let owner = Arc::new(5);
let weak = Arc::downgrade(&owner);
let other = thread::spawn(move || { BODY });
drop(owner);
other.join().unwrap();
""",
        "if weak.strong_count() > 0 {\n assert_eq!(*weak.upgrade().unwrap(), 5); }",
        "if let Some(owner) = weak.upgrade() { assert_eq!(*owner, 5); }",
        "T2 looks at the count of `weak` (line 5) before T1 changes it (line 7)",
    ),
    "pushes two and swings the tail": (
        """
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
static NEXT: AtomicUsize = AtomicUsize::new(0);
static TAIL: AtomicUsize = AtomicUsize::new(0);
fn push(node: usize) -> bool {
    let tail = TAIL.load(SeqCst);
    BODY
    let _ = tail;
    TAIL.store(node, SeqCst);
    true
}
let other = std::thread::spawn(|| push(1));
let mine = push(2);
assert!(!(mine & other.join().unwrap()), "one is gone");
""",
        "if NEXT.load(SeqCst) != 0 { return false; } NEXT.store(node, SeqCst);",
        "if NEXT.compare_exchange(0, node, SeqCst, SeqCst).is_err() { return false; }",
        "loads `NEXT` (line 7) before",
    ),
    "frees what another one reads": (
        """
use std::sync::atomic::{AtomicPtr, Ordering::{Acquire, Release}};
static TOP: AtomicPtr<u32> = AtomicPtr::new(std::ptr::null_mut());
TOP.store(Box::into_raw(Box::new(5)), Release);
let other = std::thread::spawn(|| unsafe { TOP.load(Acquire).as_ref() }.copied());
let top = TOP.swap(std::ptr::null_mut(), Release);
BODY
assert!(matches!(other.join().unwrap(), None | Some(5)));
""",
        "unsafe { drop(Box::from_raw(top)) };",
        "let _ = top;",
        "frees it (line 7), and nothing orders the two",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_told_and_its_mended_form_proved(kernel, name):
    code, wrong, right, sentence = MISTAKES[name]
    code = code.lstrip()
    told = " ".join(text_of(kernel, code.replace("BODY", wrong)).split())
    assert sentence in told, told
    mended = explore(kernel, "all", code.replace("BODY", right))
    assert mended["verdict"] == "proved", mended


def test_the_panic_that_ends_the_program_is_told_and_those_before_it(kernel):
    failure = explore(
        kernel,
        "2000",
        """
let sold = std::thread::spawn(|| panic!("sold out")).join().is_ok();
assert!(sold, "nothing is sold");
""",
    )["failure"]
    title = "T1 panics after T2 panicked (sold out): nothing is sold"
    assert failure["title"] == title
    panics = [step["thread"] for step in failure["steps"] if step["operation"] == "panic"]
    assert panics == [2, 1]


def test_a_panic_that_main_looks_after_is_not_what_it_fails_with(kernel):
    failure = explore(
        kernel,
        "all",
        """use std::{sync::{Arc, Mutex}, thread};
let pair = Arc::new(Mutex::new((1, 1)));
let breaks = { let pair = pair.clone(); thread::spawn(move || {
    let mut pair = pair.lock().unwrap();
    pair.0 -= 1;
    panic!("on purpose");
}) };
let looks = thread::spawn(move || {
    let pair = pair.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
    assert!(pair.0 == pair.1);
});
assert!(breaks.join().is_err());
looks.join().unwrap();
""",
    )["failure"]
    assert failure["title"] == (
        "T3 panics after T2 panicked (on purpose): assertion failed: pair.0 == pair.1"
    )


def test_of_looks_without_end_the_first_and_the_last_are_shown(kernel):
    failure = explore(
        kernel,
        "2000",
        """
use std::{sync::atomic::{AtomicBool, Ordering::SeqCst}, time::{Duration, Instant}};
static READY: AtomicBool = AtomicBool::new(false);
let other = std::thread::spawn(|| READY.store(true, SeqCst));
let until = Instant::now() + Duration::from_millis(50);
while !READY.load(SeqCst) && Instant::now() < until { std::hint::spin_loop(); }
let is_ready = READY.load(SeqCst);
other.join().unwrap();
assert!(is_ready);
""",
    )["failure"]
    looks = [step for step in failure["steps"] if step["operation"] == "load"]
    assert len(looks) == 3 and failure["omitted"] > 100, failure["steps"]
