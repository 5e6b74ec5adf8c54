//! A program that is compiled.

use crate::cell::report::Reporter;
use record::Region;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use toolchain::program::Crates;

/// It can be run for as long as this value lives.
pub(crate) struct Program {
    /// What its source and its object are called.
    pub name: String,
    pub object: PathBuf,
    pub region: Arc<Region>,
    /// Its source.
    pub source: String,
    /// What it is linked to.
    pub crates: Crates,
    /// A hash of that and of what it is linked to.
    pub fingerprint: u64,
    pub reporter: Reporter,
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.object);
    }
}
