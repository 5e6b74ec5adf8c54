//! Blocks of memory from one stretch: what both our own allocators are.

use std::ffi::c_void;
use std::ptr;

/// Blocks are powers of two, from 32 bytes on.
const SMALLEST: u32 = 5;
const CLASSES: usize = 40;
/// What blocks are aligned to, as libc's are, and what stands before each.
pub const ALIGNED: usize = 16;
const HEADER: usize = size_of::<Header>();

/// A stretch of memory of which blocks are given out.
#[repr(C)]
pub struct Blocks {
    /// Where nothing was given out yet; 0 where there is no memory.
    next: usize,
    end: usize,
    /// Blocks that were given back, by the logarithm of their size: each begins with the next one's
    /// address.
    free: [usize; CLASSES],
}

#[repr(C, align(16))]
#[derive(Clone, Copy)]
struct Header {
    block: usize,
    class: u32,
}

impl Blocks {
    /// The memory from one address to another, which is nobody else's; aligned as blocks are.
    pub const fn new(begin: usize, end: usize) -> Blocks {
        Blocks {
            next: begin,
            end,
            free: [0; CLASSES],
        }
    }

    /// Up to where it was given out.
    pub fn used(&self) -> usize {
        self.next
    }

    /// A block with room for `length` bytes; null where there is none.
    pub fn allocate(&mut self, length: usize, align: usize) -> *mut c_void {
        let more = if align > ALIGNED { align } else { 0 };
        let Some(whole) = length.checked_add(HEADER + more) else {
            return ptr::null_mut();
        };
        let class = (usize::BITS - (whole - 1).leading_zeros()).max(SMALLEST);
        let Some(first) = self.free.get_mut(class as usize) else {
            return ptr::null_mut();
        };
        let mut block = *first;
        if block != 0 {
            // SAFETY: a block that was given back begins with the address of the next one.
            *first = unsafe { ptr::with_exposed_provenance::<usize>(block).read() };
        } else {
            block = self.next;
            if block == 0 || self.end - block < 1 << class {
                return ptr::null_mut();
            }
            self.next += 1 << class;
        }
        let at = (block + HEADER).next_multiple_of(align.max(ALIGNED));
        // SAFETY: the block has room for a header before what is given out.
        unsafe {
            ptr::with_exposed_provenance_mut::<Header>(at - HEADER).write(Header { block, class });
        }
        ptr::with_exposed_provenance_mut(at)
    }

    /// Takes a block back, which is one of these and used no more.
    pub fn give_back(&mut self, memory: *mut c_void) {
        let Header { block, class } = header(memory);
        let first = &mut self.free[class as usize];
        // SAFETY: nobody uses the block any more.
        unsafe { ptr::with_exposed_provenance_mut::<usize>(block).write(*first) };
        *first = block;
    }
}

fn header(memory: *mut c_void) -> Header {
    // SAFETY: what was given out has one before it.
    unsafe { memory.byte_sub(HEADER).cast::<Header>().read() }
}

/// How many bytes a block has room for.
pub fn room(memory: *mut c_void) -> usize {
    let Header { block, class } = header(memory);
    block + (1 << class) - memory.addr()
}
