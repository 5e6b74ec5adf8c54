//! Threads that overflow their stack say so before the process ends. Where a scheduler decides,
//! that is an outcome, which it sees to itself.

use real::prelude::rust_2024::*;

/// Watches the calling thread's stack until it is dropped.
#[derive(Debug)]
pub struct StackWatch {
    #[cfg(all(target_os = "linux", target_pointer_width = "64"))]
    _watch: Option<record::stack::Watch>,
}

/// Does ahead what of [`watch_stack`] is done once, for as many threads.
pub fn prepare_stacks(threads: u32) {
    #[cfg(all(target_os = "linux", target_pointer_width = "64"))]
    record::stack::prepare(threads);
}

/// Watches the calling thread's stack.
pub fn watch_stack() -> StackWatch {
    StackWatch {
        #[cfg(all(target_os = "linux", target_pointer_width = "64"))]
        _watch: if super::is_controlled() {
            None
        } else {
            record::stack::Watch::new(real::thread::current().name())
        },
    }
}
