//! Races on purpose, one in `record` and one in our `std`: `kernel/sanitize` has to see them
//! reported before it believes that there are no others.

use std::cell::UnsafeCell;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::variables::VariableStore;

use record::frame::Decoder;

/// What two threads use, one after the other.
struct Shared<T>(UnsafeCell<T>);

// SAFETY: `hand_over` lets one thread use it at a time. Whether the second one sees what the first
// has done is left to the orderings that it is given.
unsafe impl<T> Sync for Shared<T> {}

/// Has one thread use `value` after another has, with nothing between them but a store and a load
/// of these orderings.
fn hand_over<T>(value: T, store: Ordering, load: Ordering, first: fn(&mut T), second: fn(&mut T)) {
    let (shared, turn) = (Shared(UnsafeCell::new(value)), AtomicU32::new(0));
    let (shared, turn) = (&shared, &turn);
    let wait_for = |wanted, order| {
        while turn.load(order) != wanted {
            thread::yield_now();
        }
    };
    thread::scope(|scope| {
        scope.spawn(move || {
            // Or the start of the other thread would order it after all that this one does.
            wait_for(1, Ordering::Relaxed);
            // SAFETY: the other thread waits for its turn.
            first(unsafe { &mut *shared.0.get() });
            turn.store(2, store);
        });
        scope.spawn(move || {
            turn.store(1, Ordering::Relaxed);
            wait_for(2, load);
            // SAFETY: the first thread does not use it any more.
            second(unsafe { &mut *shared.0.get() });
        });
    });
}

fn through_our_std(store: Ordering, load: Ordering) {
    let put = |variables: &mut VariableStore| variables.put_variable("answer", 42);
    let ask = |variables: &mut VariableStore| assert!(variables.check_variable::<i32>("answer"));
    hand_over(VariableStore::default(), store, load, put, ask);
}

fn through_record(store: Ordering, load: Ordering) {
    let skip = |decoder: &mut Decoder| {
        decoder.push(&[0; 64]);
        assert!(decoder.next_frame().is_none());
    };
    let skipped = |decoder: &mut Decoder| assert_ne!(decoder.skipped(), 0);
    hand_over(Decoder::new(), store, load, skip, skipped);
}

#[test]
fn what_is_handed_over_in_order_is_no_race() {
    through_our_std(Ordering::Release, Ordering::Acquire);
    through_record(Ordering::Release, Ordering::Acquire);
}

#[test]
#[ignore = "a race: only kernel/sanitize runs it"]
fn a_race_in_our_std() {
    through_our_std(Ordering::Relaxed, Ordering::Relaxed);
}

#[test]
#[ignore = "a race: only kernel/sanitize runs it"]
fn a_race_in_record() {
    through_record(Ordering::Relaxed, Ordering::Relaxed);
}
