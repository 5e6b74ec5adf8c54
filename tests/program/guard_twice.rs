//# title: a lock that is taken twice is shown as a deadlock
use std::sync::Mutex;
//# cell
let m = Mutex::new(0);
let g1 = m.lock();
let g2 = m.lock();
//# error: deadlock
