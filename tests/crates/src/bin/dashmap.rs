//! dashmap: counting words from several threads.

use dashmap::DashMap;

fn main() {
    let counts = DashMap::new();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for word in "to be or not to be".split(' ') {
                    *counts.entry(word).or_insert(0) += 1;
                }
            });
        }
    });
    assert_eq!(*counts.get("be").unwrap(), 8);
    assert_eq!(*counts.get("not").unwrap(), 4);
}
