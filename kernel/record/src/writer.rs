//! The cell process's side: which recording it writes into, which thread this is, and its events.
//!
//! Each thread has a [`Local`] with its place in the recording until `std` marks its end.

mod attachment;
mod chunks;
mod current;
mod local;
mod reference;
mod sampled;

pub(crate) use attachment::initialise;
pub use attachment::{attach, attach_soon, existing, layout, output, protocol, redirect_output};
pub use chunks::NewEvent;
pub use local::{Local, ParksFor, forget_thread, with, with_inlined};
pub use reference::Reference;
pub use sampled::{
    InRun, Uses, end_exclusive, end_shared, keep_shared, kept_shared, reacquire_exclusive,
    reacquire_mutex, reacquire_shared, receive_in_run, share_in_run,
};
