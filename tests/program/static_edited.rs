//# title: a static that is defined again is a new one, and the cell that only uses it is not
use std::sync::atomic::{AtomicUsize, Ordering::SeqCst};
static HITS: AtomicUsize = AtomicUsize::new(0);
//# cell
fn hit() -> usize { HITS.fetch_add(1, SeqCst) }
//# cell
hit(); hit(); println!("{}", HITS.load(SeqCst));
//# prints: 2
//# cell
static HITS: AtomicUsize = AtomicUsize::new(100);
//# cell
hit(); println!("{}", HITS.load(SeqCst));
//# prints: 101
//# cell
fn hit() -> usize { HITS.fetch_add(2, SeqCst) }
//# cell
hit(); println!("{}", HITS.load(SeqCst));
//# prints: 103
//# cell
static HITS: AtomicUsize = AtomicUsize::new(0);
//# cell
println!("{}", HITS.load(SeqCst));
//# prints: 0
