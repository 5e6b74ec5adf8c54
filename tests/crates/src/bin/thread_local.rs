//! thread_local: one counter per thread, summed at the end.

use std::cell::Cell;
use thread_local::ThreadLocal;

fn main() {
    let counters = ThreadLocal::new();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..100 {
                    let mine: &Cell<u32> = counters.get_or(|| Cell::new(0));
                    mine.set(mine.get() + 1);
                }
            });
        }
    });
    assert_eq!(counters.into_iter().map(Cell::into_inner).sum::<u32>(), 400);
}
