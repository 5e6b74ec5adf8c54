//# title: a static of one cell is the same object in a thread of another
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
static STOP: AtomicBool = AtomicBool::new(false);
static TICKS: AtomicUsize = AtomicUsize::new(0);
let worker = thread::spawn(|| {
    while !STOP.load(Ordering::SeqCst) {
        TICKS.fetch_add(1, Ordering::SeqCst);
        thread::yield_now();
    }
    "stopped"
});
//# cell
while TICKS.load(Ordering::SeqCst) == 0 { thread::yield_now(); }
STOP.store(true, Ordering::SeqCst);
println!("{}", worker.join().unwrap());
//# prints: stopped
