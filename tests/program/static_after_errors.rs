//# title: a cell that panics or fails keeps its statics as they are
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
static STEPS: AtomicU32 = AtomicU32::new(0);
//# cell
STEPS.fetch_add(1, SeqCst);
panic!("stop");
//# error: stop
//# cell
STEPS.fetch_add(1, SeqCst);
let x: i32 = "y";
//# error: mismatched types
//# cell
STEPS.load(SeqCst)
//# shows: 1
