//! A crate exists once: the dependencies of a session lie in shared objects, which its cells share.
//!
//! Cargo compiles dependencies to static libraries. Were each cell linked with these, it would have
//! copies of its own of every crate, and a runtime, a pool or a logger made in one cell would not
//! be there in the next. So what cargo compiled is linked once to a *layer*: one dynamic library of
//! all crates. When a `:dep` comes later, another layer lies on top of the first: it holds only
//! crates that are new or were compiled anew, and links to the layers below.
//!
//! Layers are shared by all kernels, never change, and hold all that a cell needs to be compiled:
//! what another kernel's cargo does to the folder of dependencies can't disturb a session.

mod artifacts;
mod broken;
mod chain;
mod instances;
mod layer;
pub(crate) mod linker;
mod linking;
mod objects;

pub(crate) use artifacts::{Artifacts, package};
pub(crate) use broken::is_broken;
pub(crate) use chain::{Chain, Change};
pub(crate) use linking::Layers;
pub(crate) use objects::bundled_symbols;
