//! The standard library, with recording twins of its concurrent parts.
//!
//! Everything that is not declared here is the real thing. The paths are std's own:
//! `sync/mutex.rs` is `std::sync::Mutex`. No file but `probe.rs` talks to the recorder.

#![no_std]
// The order in which objects were made (see `probe/objects.rs`), and errors that name our guards and
// receivers themselves, and not what is in them, as what cannot go to another thread.
#![cfg_attr(
    fearless_bootstrap,
    allow(internal_features),
    feature(const_eval_select, core_intrinsics, negative_impls)
)]
// What std's own tests use and is not stable.
#![cfg_attr(fearless_suite, feature(mpmc_channel))]

extern crate std as real;

pub use real::*;

mod graph;
mod interface;
pub mod io;
mod macros;
pub mod panic;
pub mod prelude;
#[doc(hidden)]
pub mod probe;
pub mod sync;
pub mod thread;
mod waits;
