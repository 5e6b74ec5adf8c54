//# title: a process that is started anew has no variables and first values of statics
use std::sync::atomic::{AtomicU32, Ordering::SeqCst};
static N: AtomicU32 = AtomicU32::new(7);
let v = vec![N.fetch_add(1, SeqCst)];
//# cell
:restart
//# cell
println!("{v:?}");
//# error: `v` was lost with the process in [2]
//# cell
let v = N.load(SeqCst);
v
//# shows: 7
//# cell
:record off
//# cell
v
//# error: `v` was lost with the process in [5]
//# cell
let w = 1;
//# cell
:record full
let x = w;
//# error: `w` was lost with the process in [8]
