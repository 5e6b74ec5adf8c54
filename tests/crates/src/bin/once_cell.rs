//! once_cell: a lazy static that four threads race for is initialised once.

use once_cell::sync::{Lazy, OnceCell};
use std::sync::atomic::{AtomicUsize, Ordering};

static RUNS: AtomicUsize = AtomicUsize::new(0);
static ANSWER: Lazy<usize> = Lazy::new(|| {
    RUNS.fetch_add(1, Ordering::Relaxed);
    42
});

fn main() {
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| assert_eq!(*ANSWER, 42));
        }
    });
    assert_eq!(RUNS.load(Ordering::Relaxed), 1);
    let cell = OnceCell::new();
    assert_eq!(cell.get_or_init(|| 1), cell.get_or_init(|| 2));
}
