//# title: what a message says of other cells names them
fn paint() -> u32 { 7 }
//# cell
println!("{}", paimt());
//# error: ::: [1]:1:1
//# error: fn paint() -> u32 { 7 }
//# cell
macro_rules! square { ($x:expr) => { $x * $x } }
//# cell
square!(1, 2)
//# error: [4]:1:10
//# error: while trying to match meta-variable `$x:expr`
//# error: [3]:1:24
//# cell
square!("a")
//# error: [5]:1
//# error: in this macro invocation
//# not: pub(crate)
//# cell
macro_rules! twice {
    ($x:expr) => { $x + nothing_like_it }
}
twice!(2)
//# error: [6]:2:25
//# cell
break;
//# error: cannot `break` outside of a loop
//# not: labeling this block
//# cell
use std::sync::{Arc, Mutez};
//# error: unresolved import `std::sync::Mutez`
//# error: [8]:1:
//# cell
use std::{
    fmt,
    sync::{Mutex,
        atomic::{AtomicBool, Ordering, AtomicBol}},
};
//# error: [9]:4:
//# cell
#[allow(unused_imports)]
use std::io::Writ; // to write
let a = 1;
//# error: [10]:2:5
