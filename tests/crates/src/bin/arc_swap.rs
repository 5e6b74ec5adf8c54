//! arc-swap: readers always see a whole value while a writer replaces it.

use arc_swap::ArcSwap;
use std::sync::Arc;

fn main() {
    let current = ArcSwap::from(Arc::new((0, 0)));
    std::thread::scope(|scope| {
        for _ in 0..3 {
            scope.spawn(|| {
                for _ in 0..1_000 {
                    let pair = current.load();
                    assert_eq!(pair.0 * 2, pair.1);
                }
            });
        }
        for n in 1..=1_000 {
            current.store(Arc::new((n, n * 2)));
        }
    });
    assert_eq!(**current.load(), (1_000, 2_000));
}
