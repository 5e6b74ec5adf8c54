//# title: a group of imports has everything, a part of it renamed, or no path before it
use std::sync::atomic::{
    *,
    Ordering::{self as Order, *},
};
static FLAG: AtomicBool = AtomicBool::new(false);
//# cell
FLAG.swap(true, SeqCst)
//# shows: false
//# cell
FLAG.load(Order::Relaxed)
//# shows: true
//# cell
use {std::collections::BTreeMap, std::fmt::{self as format, Write as _}};
let mut text = String::new();
write!(text, "{:?}", BTreeMap::from([(1, 2)]))?;
text
//# shows: "{1: 2}"
//# cell
struct Dot;
impl format::Display for Dot {
    fn fmt(&self, to: &mut format::Formatter<'_>) -> format::Result {
        to.write_str("dot")
    }
}
Dot.to_string()
//# shows: "dot"
//# cell
use std::io::{*, prelude::*};
let mut lines = BufReader::new("a\nb".as_bytes()).lines();
lines.next().unwrap()?
//# shows: "a"
//# cell
use {std::sync::nothing};
//# error: unresolved import `std::sync::nothing`
