// What a pinned reader still reads is freed at once.
// fails: data_race
:dep crossbeam = "0.8"
use crossbeam::epoch::{self, Atomic, Owned};
use std::sync::atomic::Ordering::{Acquire, Release};

fn main() {
    let slot = Atomic::new(String::from("old"));
    crossbeam::scope(|s| {
        s.spawn(|_| {
            let guard = epoch::pin();
            let seen = slot.load(Acquire, &guard);
            let text = unsafe { seen.deref() };
            assert!(text == "old" || text == "new");
        });
        s.spawn(|_| {
            let guard = epoch::pin();
            let old = slot.swap(Owned::new(String::from("new")), Release, &guard);
            // Should be guard.defer_destroy(old): somebody may still read it.
            drop(unsafe { old.into_owned() });
        });
    })
    .unwrap();
    drop(unsafe { slot.into_owned() });
}
