//! What sorts of items there are, and where names live.

use serde::{Deserialize, Serialize};

/// Where names live: two items of one name in different spaces don't get in each other's way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) enum Space {
    Type,
    Value,
    Macro,
    /// A header of an `impl`, or a macro call, instead of a name.
    Unnamed,
}

/// What sort of item it is, as far as that matters here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Sort {
    /// `struct`, `enum`, `union`, `trait`, `mod`: other items' types depend on what stands in it.
    Type,
    /// `type`, `const`, `macro_rules!`, …: a name for something else, that types may mention.
    Name,
    Function,
    Static,
    Impl,
    /// A macro call that makes items.
    Call,
}
