//! The memory that a program allocates during a run, at the same addresses in each run and in each
//! process.
//!
//! A program may depend on addresses without knowing: parking_lot finds the threads that wait for a
//! lock by a hash of its address. So what the program allocates lies at a place of its own, where
//! nothing else is, and the system places objects and stacks without chance.

use std::cell::UnsafeCell;
use std::ffi::{c_char, c_int, c_void};
use std::ptr;

use crate::system::{self, Real};
use crate::{places, scheduler};

unsafe extern "C" {
    fn __libc_malloc(length: usize) -> *mut c_void;
    fn __libc_calloc(count: usize, length: usize) -> *mut c_void;
    fn __libc_memalign(align: usize, length: usize) -> *mut c_void;
    fn __libc_free(memory: *mut c_void);
    fn __libc_realloc(memory: *mut c_void, length: usize) -> *mut c_void;
}

/// From where to where it lies; only what is used takes room.
const BEGIN: usize = 0x10_0000_0000;
const LENGTH: usize = 16 << 30;
/// Blocks are powers of two, from 32 bytes on.
const SMALLEST: u32 = 5;
const CLASSES: usize = 36;
/// What blocks are aligned to, and what stands before each.
const ALIGNED: usize = 16;
const ENOMEM: c_int = 12;

#[repr(C, align(16))]
#[derive(Clone, Copy)]
struct Header {
    block: usize,
    class: usize,
}

struct Heap {
    /// Where nothing was given out yet; 0 before there is any memory.
    next: usize,
    /// Blocks that were given back, by the logarithm of their size: each begins with the next one's
    /// address.
    free: [usize; CLASSES],
}

struct Turn(UnsafeCell<Heap>);

// SAFETY: only the thread whose turn it is uses it.
unsafe impl Sync for Turn {}

static HEAP: Turn = Turn(UnsafeCell::new(Heap {
    next: 0,
    free: [0; CLASSES],
}));

/// Sets the memory aside for runs, and keeps that of the explorer itself out of the way of what runs
/// map.
pub fn prepare() {
    system::keep_to_one_heap();
    if system::memory_at(BEGIN, LENGTH) {
        // SAFETY: there is no run yet.
        unsafe { (*HEAP.0.get()).next = BEGIN };
    }
}

/// Whether what is allocated now is the program's, in a run.
fn is_programs() -> bool {
    scheduler::runs_program()
}

fn holds(memory: *const c_void) -> bool {
    (BEGIN..BEGIN + LENGTH).contains(&memory.addr())
}

/// A block with room for `length` bytes; null where there is none.
fn allocate(length: usize, align: usize) -> *mut c_void {
    let header = size_of::<Header>();
    let more = if align > ALIGNED { align } else { 0 };
    let Some(whole) = length.checked_add(header + more) else {
        return ptr::null_mut();
    };
    let class = (usize::BITS - (whole - 1).leading_zeros()).max(SMALLEST) as usize;
    // SAFETY: it is the calling thread's turn.
    let heap = unsafe { &mut *HEAP.0.get() };
    let Some(first) = heap.free.get_mut(class).filter(|_| heap.next != 0) else {
        return ptr::null_mut();
    };
    let mut block = *first;
    if block != 0 {
        // SAFETY: a block that was given back begins with the address of the next one.
        *first = unsafe { ptr::with_exposed_provenance::<usize>(block).read() };
    } else {
        block = heap.next;
        if block + (1 << class) > BEGIN + LENGTH {
            return ptr::null_mut();
        }
        heap.next += 1 << class;
    }
    let at = (block + header).next_multiple_of(align.max(ALIGNED));
    // SAFETY: the block has room for a header before what is given out.
    unsafe {
        ptr::with_exposed_provenance_mut::<Header>(at - header).write(Header { block, class });
    }
    ptr::with_exposed_provenance_mut(at)
}

fn header(memory: *mut c_void) -> Header {
    // SAFETY: what was given out here has one before it.
    unsafe { memory.byte_sub(size_of::<Header>()).cast::<Header>().read() }
}

/// How many bytes a piece of memory has room for.
fn room(memory: *mut c_void) -> usize {
    let Header { block, class } = header(memory);
    block + (1 << class) - memory.addr()
}

/// Gives a block back. What a thread gives back that is no part of the run any more stays taken.
fn give_back(memory: *mut c_void) {
    if !is_programs() {
        return;
    }
    let Header { block, class } = header(memory);
    // SAFETY: it is the calling thread's turn, and nobody uses the block any more.
    unsafe {
        let heap = &mut *HEAP.0.get();
        ptr::with_exposed_provenance_mut::<usize>(block).write(heap.free[class]);
        heap.free[class] = block;
    }
}

#[unsafe(no_mangle)]
extern "C" fn malloc(length: usize) -> *mut c_void {
    let memory = match is_programs() {
        true => allocate(length, ALIGNED),
        false => ptr::null_mut(),
    };
    if !memory.is_null() {
        return memory;
    }
    // SAFETY: takes a number.
    unsafe { __libc_malloc(length) }
}

#[unsafe(no_mangle)]
extern "C" fn calloc(count: usize, length: usize) -> *mut c_void {
    let whole = count.checked_mul(length).filter(|_| is_programs());
    let memory = whole.map_or(ptr::null_mut(), |whole| allocate(whole, ALIGNED));
    if memory.is_null() {
        // SAFETY: takes numbers.
        return unsafe { __libc_calloc(count, length) };
    }
    // SAFETY: the block is as long as that. It may have been used before.
    unsafe { ptr::write_bytes(memory.cast::<u8>(), 0, count * length) };
    memory
}

#[unsafe(no_mangle)]
extern "C" fn memalign(align: usize, length: usize) -> *mut c_void {
    let memory = match is_programs() {
        true => allocate(length, align.next_power_of_two()),
        false => ptr::null_mut(),
    };
    if !memory.is_null() {
        return memory;
    }
    // SAFETY: takes numbers.
    unsafe { __libc_memalign(align, length) }
}

#[unsafe(no_mangle)]
extern "C" fn aligned_alloc(align: usize, length: usize) -> *mut c_void {
    memalign(align, length)
}

/// # Safety
///
/// `to` is valid.
#[unsafe(no_mangle)]
unsafe extern "C" fn posix_memalign(to: *mut *mut c_void, align: usize, length: usize) -> c_int {
    let memory = memalign(align, length);
    if memory.is_null() {
        return ENOMEM;
    }
    // SAFETY: the caller's promise.
    unsafe { to.write(memory) };
    0
}

/// # Safety
///
/// As for libc's.
#[unsafe(no_mangle)]
unsafe extern "C" fn free(memory: *mut c_void) {
    gives_back(memory);
    if holds(memory) {
        return give_back(memory);
    }
    // SAFETY: the caller's promise.
    unsafe { __libc_free(memory) };
}

/// # Safety
///
/// As for libc's.
#[unsafe(no_mangle)]
unsafe extern "C" fn realloc(memory: *mut c_void, length: usize) -> *mut c_void {
    if memory.is_null() {
        return malloc(length);
    }
    if !holds(memory) && !is_programs() {
        // SAFETY: the caller's promise.
        return unsafe { __libc_realloc(memory, length) };
    }
    // SAFETY: as above.
    let before = unsafe { malloc_usable_size(memory) };
    if holds(memory) && length <= before {
        return memory;
    }
    let new = malloc(length);
    if !new.is_null() {
        // SAFETY: both are as long as that, and the old one is the caller's to give back.
        unsafe {
            ptr::copy_nonoverlapping(memory.cast::<u8>(), new.cast::<u8>(), before.min(length));
            free(memory);
        }
    }
    new
}

static USABLE_SIZE: Real = Real::new(c"malloc_usable_size");

/// # Safety
///
/// As for libc's.
#[unsafe(no_mangle)]
unsafe extern "C" fn malloc_usable_size(memory: *mut c_void) -> usize {
    if holds(memory) {
        return room(memory);
    }
    type Function = unsafe extern "C" fn(*mut c_void) -> usize;
    // SAFETY: libc's function of this name has this form.
    let function = unsafe { std::mem::transmute::<usize, Function>(USABLE_SIZE.address()) };
    // SAFETY: the caller's promise.
    unsafe { function(memory) }
}

/// Memory that was allocated is given back. Within a twin's operation, what orders that is not seen.
fn gives_back(memory: *mut c_void) {
    if memory.is_null() || !is_programs() {
        return;
    }
    // SAFETY: whoever frees it got it from here or from libc.
    let (address, length) = (memory as usize, unsafe { malloc_usable_size(memory) });
    match places::of_caller().filter(|_| scheduler::checks()) {
        Some(site) => scheduler::free(address, length, site.exact),
        None => scheduler::forget(address, length),
    }
}

/// Has the system load everything at the same addresses each time: before anything else runs here,
/// the process executes itself once more.
#[used]
#[unsafe(link_section = ".init_array")]
static AT_START: unsafe extern "C" fn(c_int, *const *const c_char, *const *const c_char) = {
    unsafe extern "C" fn at_start(
        _: c_int,
        arguments: *const *const c_char,
        environment: *const *const c_char,
    ) {
        // SAFETY: the system's own, as libc hands them to what runs at the start.
        unsafe { system::execute_without_chance(arguments, environment) };
    }
    at_start
};
