"""What `:explore` finds of waits that nobody ends, and what it advises."""

import pytest

from fearless_client.benchmarks import explore

from test_explore_told import text_of

# The flag is set without the lock, so between a look at it and the wait.
FLAG_BESIDE = """
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::{sync::{Condvar, Mutex}, thread};
static READY: AtomicBool = AtomicBool::new(false);
static LOCK: Mutex<()> = Mutex::new(());
static BELL: Condvar = Condvar::new();
let other = thread::spawn(|| {
    GUARD
    READY.store(true, SeqCst);
    BELL.NOTIFY();
});
let mut held = LOCK.lock().unwrap();
while !READY.load(SeqCst) { held = BELL.wait(held).unwrap(); }
drop(held);
other.join().unwrap();
"""


@pytest.mark.parametrize("notify", ["notify_one", "notify_all"])
def test_a_notification_between_the_look_and_the_wait_is_lost(kernel, notify):
    code = FLAG_BESIDE.replace("NOTIFY", notify)
    broken = code.replace("GUARD", "")
    for how in ("2000", "all"):
        failure = explore(kernel, how, broken)["failure"]
        assert failure and failure["kind"] == "deadlock", how
    told = " ".join(text_of(kernel, broken).split())
    assert "at BELL: nobody waits" in told, told
    assert "T2 changes `READY` (line 10) without `LOCK`" in told
    mended = explore(kernel, "all", code.replace("GUARD", "let _held = LOCK.lock().unwrap();"))
    assert mended["verdict"] == "proved"


# A place for one thing, with one condition variable for those who put and those who take.
ONE_BELL = """
use std::{sync::{Condvar, Mutex}, thread};
#[derive(Default)]
struct Place { thing: Mutex<Option<u32>>, changed: Condvar }
impl Place {
    fn put(&self, thing: u32) {
        let mut place = self.changed.wait_while(self.thing.lock().unwrap(), |it| it.is_some()).unwrap();
        *place = Some(thing);
        self.changed.NOTIFY();
    }
    fn take(&self) {
        let mut place = self.changed.wait_while(self.thing.lock().unwrap(), |it| it.is_none()).unwrap();
        *place = None;
        self.changed.NOTIFY();
    }
}
let place = Place::default();
thread::scope(|s| {
    for thing in 0..2 {
        s.spawn(|| place.take());
        let place = &place;
        s.spawn(move || place.put(thing));
    }
});
"""


def test_who_wakes_the_wrong_one_is_told_to_wake_all(kernel):
    told = " ".join(text_of(kernel, ONE_BELL.replace("NOTIFY", "notify_one")).split())
    assert "alone, and T" in told and "with `notify_all` each of them looks" in told, told
    mended = explore(kernel, "2000", ONE_BELL.replace("NOTIFY", "notify_all"))
    assert mended["failure"] is None


def test_who_unparks_before_the_change_is_told_so(kernel):
    code = """
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
use std::thread;
static DONE: AtomicBool = AtomicBool::new(false);
let waiter = thread::current();
let worker = thread::spawn(move || {
    waiter.unpark();
    DONE.store(true, SeqCst);
});
while !DONE.load(SeqCst) { thread::park(); }
worker.join().unwrap();
"""
    told = " ".join(text_of(kernel, code).split())
    assert "T2 unparks T1 (line 8) before it changes `DONE` (line 9)" in told, told
    unpark, store = "    waiter.unpark();\n", "    DONE.store(true, SeqCst);\n"
    mended = explore(kernel, "all", code.replace(unpark + store, store + unpark))
    assert mended["verdict"] == "proved"
