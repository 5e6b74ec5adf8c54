//! The standard library, with recording twins of its concurrent parts.
//!
//! A cell and all its dependencies are compiled against this crate instead of the real one, and
//! need no change for it:
//!
//! ```text
//! use std::sync::Mutex;              // ours
//! use std::collections::BTreeMap;    // the real one, re-exported
//!
//! static COUNTS: Mutex<BTreeMap<u32, u32>> = Mutex::new(BTreeMap::new());
//! std::thread::spawn(|| *COUNTS.lock().unwrap().entry(1).or_default() += 1);
//! ```
//!
//! Everything that is not declared here is the real thing. The paths are std's own:
//! `sync/mutex.rs` is `std::sync::Mutex`. The twins are [`sync`], [`thread`], [`io`] (the standard
//! streams), [`panic`] (the hook) and the print macros. They talk to the probe alone; what lies
//! behind it is recorded, may block, and can be stopped.

#![no_std]
// The order in which objects were made (see `probe/objects.rs`), and errors as native as can be:
// those that name guards and receivers, not what is in them, and no notes about the inside of
// macros.
#![cfg_attr(
    fearless_bootstrap,
    allow(internal_features),
    feature(const_eval_select, core_intrinsics, negative_impls, rustc_attrs)
)]
// What std's own tests use and is not stable.
#![cfg_attr(fearless_suite, feature(mpmc_channel))]

extern crate std as real;

pub use real::*;

mod cost;
mod deadlock;
#[doc(hidden)]
pub mod display;
mod interface;
pub mod io;
mod macros;
#[doc(hidden)]
pub mod of_crates;
pub mod panic;
pub mod prelude;
#[doc(hidden)]
pub mod probe;
pub mod sync;
pub mod thread;
#[doc(hidden)]
pub mod variables;
