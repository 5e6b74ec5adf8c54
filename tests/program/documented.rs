//# title: documentation before an item changes no line
/// Halves it.
///
/// Not for odd numbers.
fn half(n: u32) -> u32 {
    assert!(n % 2 == 0, "odd");
    n / 2
}
//# cell
half(8)
//# shows: 4
//# cell
half(7)
//# error: [1], line 5
//# cell
/// Twice as much.
fn twice(n: u32) -> u32 {
    n * tow()
}
//# error: [4]:3:9
//# cell
// A note.

/// Twice as much.
fn twice(n: u32) -> u32 { n * tow() }
//# error: [5]:4:31
//# cell
/*! About the notebook. */
let a = 1;
//# cell
//! About the notebook.
//! More of it.
let b = a + 1;
b
//# shows: 2
//# cell
#![allow(unused)]
//! About the notebook.
/*! More of it. */

use std::collections::BTreeMap;
/// A table.
let table = BTreeMap::from([(b, a)]);
let c: u8 = "";
//# error: [8]:8:13
//# cell
mod inner { //! About the module.
    /*! More. */
    pub fn one() -> u32 { 1 }
}
inner::one()
//# shows: 1
