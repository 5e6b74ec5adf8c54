//! Threads that overflow their stack say so before the process ends. Where a scheduler decides,
//! that is an outcome, which it sees to itself.

use real::prelude::rust_2024::*;

/// Watches the calling thread's stack until it is dropped.
#[derive(Debug)]
pub struct StackWatch {
    #[cfg(all(target_os = "linux", target_pointer_width = "64"))]
    _watch: Option<record::stack::Watch>,
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
