//# title: it is said once when a thread still uses the static that was there before
use std::sync::atomic::{AtomicBool, Ordering::SeqCst};
static STOP: AtomicBool = AtomicBool::new(false);
let keep = std::sync::Arc::new(AtomicBool::new(true));
let go_on = keep.clone();
let worker = std::thread::spawn(move || { while go_on.load(SeqCst) && !STOP.load(SeqCst) { std::thread::yield_now(); } });
//# cell
static STOP: AtomicBool = AtomicBool::new(false);
//# says: `STOP` is a new static; threads of [1] still use the one before.
//# cell
STOP.store(true, SeqCst);
println!("{}", worker.is_finished());
//# prints: false
//# not: still use
//# cell
keep.store(false, SeqCst);
worker.join().unwrap();
//# cell
static STOP: AtomicBool = AtomicBool::new(false);
//# not: still use
