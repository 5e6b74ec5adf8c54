use std::alloc::{GlobalAlloc, Layout, System};
pub struct Shifted;
// Gives addresses that no other allocator can free.
unsafe impl GlobalAlloc for Shifted {
    unsafe fn alloc(&self, l: Layout) -> *mut u8 { let a = l.align().max(16); System.alloc(Layout::from_size_align_unchecked(l.size() + a, a)).add(a) }
    unsafe fn dealloc(&self, p: *mut u8, l: Layout) { let a = l.align().max(16); System.dealloc(p.sub(a), Layout::from_size_align_unchecked(l.size() + a, a)) }
}
#[global_allocator]
static ALLOCATOR: Shifted = Shifted;
pub fn make() -> Vec<u32> { vec![1, 2, 3] }
pub fn boxed() -> Box<u32> { Box::new(7) }
pub fn take(b: Box<u32>) -> u32 { *b }
