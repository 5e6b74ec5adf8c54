//! The preludes: std's own, with our print macros in place of std's.
//!
//! rustc imports `std::prelude::rust_20xx` into every module, and takes `println!` and its kin from
//! there. An explicit re-export wins over a glob, which is all the magic there is.

/// The prelude that all editions share. Differs from std's in the five print macros.
pub mod v1 {
    pub use real::prelude::v1::*;

    pub use crate::{dbg, eprint, eprintln, print, println};
}

/// The prelude of edition 2015. Differs from std's as [`v1`] does.
pub mod rust_2015 {
    pub use real::prelude::rust_2015::*;

    pub use crate::{dbg, eprint, eprintln, print, println};
}

/// The prelude of edition 2018. Differs from std's as [`v1`] does.
pub mod rust_2018 {
    pub use real::prelude::rust_2018::*;

    pub use crate::{dbg, eprint, eprintln, print, println};
}

/// The prelude of edition 2021. Differs from std's as [`v1`] does.
pub mod rust_2021 {
    pub use real::prelude::rust_2021::*;

    pub use crate::{dbg, eprint, eprintln, print, println};
}

/// The prelude of edition 2024. Differs from std's as [`v1`] does.
pub mod rust_2024 {
    pub use real::prelude::rust_2024::*;

    pub use crate::{dbg, eprint, eprintln, print, println};
}
