//! The preludes: the real ones with our print macros.

pub use real::prelude::*;
