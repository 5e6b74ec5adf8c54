// What was loaded is stored again, changed.
// fails: panic
:dep arc-swap = "1"
use arc_swap::ArcSwap;
use std::sync::Arc;
use std::thread;

fn main() {
    let hits = Arc::new(ArcSwap::from_pointee(0));
    let threads: Vec<_> = (0..2)
        .map(|_| {
            let hits = hits.clone();
            thread::spawn(move || {
                let now = **hits.load();
                hits.store(Arc::new(now + 1));
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
    assert_eq!(**hits.load(), 2);
}
