//! Stores that nobody can read any more make room for others.

use explore::{Access, Memory, Order, ThreadId};

fn store(memory: &mut Memory, thread: u32, step: u32) {
    let thread = ThreadId(thread);
    let access = Access {
        thread,
        step,
        ..Access::default()
    };
    let now = u64::from(step);
    memory.store(access, 0, Order::Relaxed, now, now + 1);
}

/// How many stores a thread may see.
fn visible(memory: &mut Memory, thread: u32) -> usize {
    let thread = ThreadId(thread);
    let access = Access {
        thread,
        ..Access::default()
    };
    let mut count = 1;
    memory.load(access, 0, Order::Relaxed, 0, |stores| {
        count = stores.len();
        0
    });
    count
}

#[test]
fn what_all_threads_know_better_is_dropped_without_loss() {
    let mut memory = Memory::new();
    (0..200).for_each(|step| store(&mut memory, 1, step));
    memory.spawn(ThreadId(1), ThreadId(2));
    assert_eq!(visible(&mut memory, 2), 1);
    (200..220).for_each(|step| store(&mut memory, 1, step));
    assert!(!memory.is_truncated());
    memory.spawn(ThreadId(1), ThreadId(3));
    assert_eq!(visible(&mut memory, 3), 1);
    assert_eq!(visible(&mut memory, 2), 21);
}

#[test]
fn what_a_thread_may_still_see_is_missed() {
    let mut memory = Memory::new();
    memory.spawn(ThreadId(1), ThreadId(2));
    (0..60).for_each(|step| store(&mut memory, 1, step));
    assert!(!memory.is_truncated());
    (60..200).for_each(|step| store(&mut memory, 1, step));
    assert!(memory.is_truncated());
}

#[test]
fn a_thread_that_ended_sees_nothing_more() {
    let mut memory = Memory::new();
    memory.spawn(ThreadId(1), ThreadId(2));
    memory.end(ThreadId(2));
    (0..200).for_each(|step| store(&mut memory, 1, step));
    assert!(!memory.is_truncated());
}
