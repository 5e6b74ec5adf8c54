//! The kernel's side of the five channels: one file each.

pub mod io;
