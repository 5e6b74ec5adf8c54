//! A source place's entry.

use std::sync::atomic::{AtomicU32, AtomicU64};

#[repr(C)]
pub struct LocationEntry {
    /// The key; 0 when free. Claimed with a compare-exchange.
    pub address: AtomicU64,
    /// `StringRef`
    pub file: AtomicU64,
    /// `StringRef`
    pub image: AtomicU64,
    pub line: AtomicU32,
    pub column: AtomicU32,
    /// 1 when the rest may be read.
    pub ready: AtomicU32,
    /// 1 when it is code of a dependency rather than of a cell.
    pub dependency: AtomicU32,
    /// `StringRef` of the calls in a cell that led to a dependency's code (see `frames`), the image
    /// is that cell's then; 0 otherwise.
    pub calls: AtomicU64,
}
