//# title: thread lives across an edit of its function
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering::SeqCst};
static STOP: AtomicBool = AtomicBool::new(false);
static SEEN: AtomicU32 = AtomicU32::new(0);
fn step() { SEEN.fetch_add(1, SeqCst); }
let h = std::thread::spawn(|| while !STOP.load(SeqCst) { step(); std::thread::yield_now(); });
//# cell
fn step() { SEEN.fetch_add(1000000, SeqCst); }
while SEEN.load(SeqCst) == 0 { std::thread::yield_now(); }
println!("{}", SEEN.load(SeqCst) < 1000000);
//# prints: true
//# cell
STOP.store(true, SeqCst);
h.join().unwrap();
SEEN.store(0, SeqCst);
step();
println!("{}", SEEN.load(SeqCst));
//# prints: 1000000
