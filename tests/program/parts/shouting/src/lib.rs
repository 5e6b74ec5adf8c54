//! A dependency that sets a global allocator. It gives addresses that no other allocator can free, so
//! that a value which is made on one side of a library and freed on the other shows at once.

use std::alloc::{GlobalAlloc, Layout, System};

pub struct Shifted;

/// What is asked of the system: room for the shift as well.
fn shifted(layout: Layout) -> (Layout, usize) {
    let by = layout.align().max(16);
    let wider = Layout::from_size_align(layout.size() + by, by);
    (wider.expect("a little more than what fits"), by)
}

// SAFETY: each block is the system's, with `by` bytes more than asked for before its address.
unsafe impl GlobalAlloc for Shifted {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        let (layout, by) = shifted(layout);
        System.alloc(layout).add(by)
    }

    unsafe fn dealloc(&self, at: *mut u8, layout: Layout) {
        let (layout, by) = shifted(layout);
        System.dealloc(at.sub(by), layout)
    }
}

#[global_allocator]
static ALLOCATOR: Shifted = Shifted;

pub fn make() -> Vec<u32> {
    vec![1, 2, 3]
}

pub fn boxed() -> Box<u32> {
    Box::new(7)
}

pub fn take(boxed: Box<u32>) -> u32 {
    *boxed
}
