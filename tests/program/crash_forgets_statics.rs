//# title: crash restarts everything
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
static N: AtomicU32 = AtomicU32::new(0);
fn up() -> u32 { N.fetch_add(1, SeqCst) }
up(); up();
//# cell
std::process::abort();
//# error: SIGABRT
//# cell
println!("{}", up());
//# prints: 0
//# cell
static N: AtomicU32 = AtomicU32::new(5);
//# cell
println!("{}", up());
//# prints: 5
