//! Prints how many runs a second shuttle does of two threads that load and store: the program of
//! `../explore --rate`, in shuttle's own words.

use std::time::Instant;

use shuttle::sync::Arc;
use shuttle::sync::atomic::{AtomicUsize, Ordering::SeqCst};
use shuttle::thread;

fn main() {
    const RUNS: usize = 200_000;
    let start = Instant::now();
    shuttle::check_random(program, RUNS);
    let seconds = start.elapsed().as_secs_f64();
    println!("{:.0}", RUNS as f64 / seconds);
}

fn program() {
    let n = Arc::new(AtomicUsize::new(0));
    let threads: Vec<_> = (0..2)
        .map(|_| {
            let n = n.clone();
            thread::spawn(move || {
                let seen = n.load(SeqCst);
                n.store(seen + 1, SeqCst);
            })
        })
        .collect();
    for thread in threads {
        thread.join().unwrap();
    }
}
