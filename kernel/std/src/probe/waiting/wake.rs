//! Waking who waits.

use real::prelude::rust_2024::*;
use real::sync::atomic::{Ordering, fence};

use record::futex::order_wake;
use record::layout::Wake;
use record::writer;
use record::{ObjectSlot, ThreadSlot};

use super::super::current::with_thread;
use super::super::objects::Object;

/// Wakes one of those who sleep on `wake`, if there are any: after what they wait for was changed
/// by a read-modify-write.
#[inline(always)]
pub(in super::super) fn wake_next_on(wake: &Wake) {
    order_wake();
    if wake.is_wanted() {
        wake_sleeper(wake);
    }
}

/// The same for a mutex, of which a waiter gives it back in its turn.
#[inline(always)]
pub(in super::super) fn wake_successor_on(wake: &Wake) {
    order_wake();
    if wake.is_wanted() {
        wake_successor(wake);
    }
}

#[cold]
#[inline(never)]
fn wake_successor(wake: &Wake) {
    writer::with(|local| wake.wake_successor(local.thread()));
}

#[cold]
#[inline(never)]
fn wake_sleeper(wake: &Wake) {
    writer::with(|local| wake.wake_one(local.thread()));
}

/// Wakes one thread that waits on `object`.
pub fn wake_one(object: Object) {
    fence(Ordering::SeqCst);
    let wake = object.wake(writer::layout());
    if wake.is_wanted() {
        with_thread(|local, _| match object.index {
            // A fallback may be shared with other objects.
            ObjectSlot::NONE => wake.wake_all(local.thread()),
            _ => wake.wake_one(local.thread()),
        });
    }
}

/// Wakes all threads that wait on `object`.
pub fn wake_all(object: Object) {
    fence(Ordering::SeqCst);
    let wake = object.wake(writer::layout());
    if wake.is_wanted() {
        with_thread(|local, _| wake.wake_all(local.thread()));
    }
}

/// Wakes a thread that waits for what only it is told of.
pub(in super::super) fn wake_own(thread: ThreadSlot) {
    fence(Ordering::SeqCst);
    if let Some(entry) = writer::layout().threads.get(thread.index())
        && entry.own.is_wanted()
    {
        with_thread(|local, _| entry.own.wake_all(local.thread()));
    }
}
