// A counter that is loaded and stored by two of a pool's threads.
// fails: panic
:dep rayon = "1"
use std::sync::atomic::{AtomicUsize, Ordering};
use rayon::prelude::*;

fn main() {
    let words = ["tick", "tock", "tick"];
    let ticks = AtomicUsize::new(0);
    let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
    pool.install(|| {
        words.par_iter().for_each(|word| {
            if *word == "tick" {
                let now = ticks.load(Ordering::SeqCst);
                ticks.store(now + 1, Ordering::SeqCst);
            }
        })
    });
    assert_eq!(ticks.load(Ordering::SeqCst), 2);
}
