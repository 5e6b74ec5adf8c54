//# title: a pasted program says what its crate is called, and forbids unsafe code
#!/usr/bin/env cargo
#![crate_name = "tally"]
#![crate_type = "bin"]
#![forbid(unsafe_code)]

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

static TALLY: AtomicU32 = AtomicU32::new(0);

fn main() {
    TALLY.fetch_add(2, Relaxed);
    println!("{}", TALLY.load(Relaxed));
}
main();
//# prints: 2
//# cell
let tally = TALLY.load(Relaxed);
//# cell
tally + 1
//# shows: 3
//# cell
unsafe { *&raw const tally }
//# error: usage of an `unsafe` block
//# not: no_mangle
//# cell
:main
#![forbid(unsafe_code)]
#![crate_name = "once"]
fn main() {
    println!("once");
}
//# prints: once
