//! The memory that a program allocates during a run, at the same addresses in each run and in each
//! process.
//!
//! A program may depend on addresses without knowing: parking_lot finds the threads that wait for a
//! lock by a hash of its address. So what the program allocates lies at a place of its own, where
//! nothing else is, and the system places objects and stacks without chance.

use std::cell::UnsafeCell;
use std::ffi::{c_char, c_int, c_void};
use std::ops::Range;
use std::ptr;

use crate::arena::{self, Owner};
use crate::blocks::{self, ALIGNED, Blocks};
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
const ENOMEM: c_int = 12;
const PAGE: usize = 4096;

struct Turn(UnsafeCell<Blocks>);

// SAFETY: only the thread whose turn it is uses it.
unsafe impl Sync for Turn {}

static HEAP: Turn = Turn(UnsafeCell::new(Blocks::new(0, 0)));

/// Sets the memory aside for runs, and keeps that of the explorer itself out of the way of what
/// runs map.
pub fn prepare() {
    system::keep_to_one_heap();
    if system::memory_at(BEGIN, LENGTH) {
        // SAFETY: there is no run yet.
        unsafe { *HEAP.0.get() = Blocks::new(BEGIN, BEGIN + LENGTH) };
    }
}

/// Before a run: nothing is allocated, and all is zero.
pub fn reset() {
    /// What is emptied by hand; for more the system is asked.
    const SMALL: usize = 256 << 10;
    // SAFETY: there is no run now.
    let heap = unsafe { &mut *HEAP.0.get() };
    let Some(used) = heap.used().checked_sub(BEGIN) else {
        return;
    };
    *heap = Blocks::new(BEGIN, BEGIN + LENGTH);
    // SAFETY: so much was set aside and may have been written, and is used no more.
    unsafe {
        let memory = ptr::with_exposed_provenance_mut::<u8>(BEGIN);
        ptr::write_bytes(memory, 0, used.min(SMALL));
        if used > SMALL {
            system::empty(BEGIN + SMALL, (used - SMALL).next_multiple_of(PAGE));
        }
    }
}

/// Where it lies.
pub fn memory() -> Range<usize> {
    BEGIN..BEGIN + LENGTH
}

fn holds(memory: *const c_void) -> bool {
    (BEGIN..BEGIN + LENGTH).contains(&memory.addr())
}

/// A block with room for so many bytes, where it is the program's or ours; nothing where that is
/// libc's business.
fn allocate(length: usize, align: usize) -> Option<*mut c_void> {
    if arena::owner() == Owner::Us {
        return Some(arena::allocate(length, align));
    }
    if !scheduler::runs_program() {
        return None;
    }
    // SAFETY: it is the calling thread's turn.
    let heap = unsafe { &mut *HEAP.0.get() };
    let used = heap.used();
    let memory = heap.allocate(length, align);
    if memory.is_null() {
        return None;
    }
    // Of what was never given out in this run nothing is known.
    if memory.addr() < used {
        scheduler::reuse(memory.addr(), blocks::room(memory));
    }
    Some(memory)
}

/// Gives a block back. What is given back when no run goes on stays taken.
fn give_back(memory: *mut c_void) {
    if scheduler::runs_program() {
        // SAFETY: it is the calling thread's turn, and nobody uses the block any more.
        unsafe { (*HEAP.0.get()).give_back(memory) };
    }
}

#[unsafe(no_mangle)]
extern "C" fn malloc(length: usize) -> *mut c_void {
    allocate(length, ALIGNED).unwrap_or_else(|| {
        // SAFETY: takes a number.
        unsafe { __libc_malloc(length) }
    })
}

#[unsafe(no_mangle)]
extern "C" fn calloc(count: usize, length: usize) -> *mut c_void {
    let whole = count.checked_mul(length);
    let Some(memory) = whole.and_then(|whole| allocate(whole, ALIGNED)) else {
        // SAFETY: takes numbers.
        return unsafe { __libc_calloc(count, length) };
    };
    if !memory.is_null() {
        // SAFETY: the block is as long as that. It may have been used before.
        unsafe { ptr::write_bytes(memory.cast::<u8>(), 0, count * length) };
    }
    memory
}

#[unsafe(no_mangle)]
extern "C" fn memalign(align: usize, length: usize) -> *mut c_void {
    allocate(length, align.next_power_of_two()).unwrap_or_else(|| {
        // SAFETY: takes numbers.
        unsafe { __libc_memalign(align, length) }
    })
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
    if arena::holds(memory) {
        return arena::give_back(memory);
    }
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
    let is_libcs = !holds(memory) && !arena::holds(memory);
    if is_libcs && !scheduler::runs_program() {
        // SAFETY: the caller's promise.
        return unsafe { __libc_realloc(memory, length) };
    }
    // SAFETY: as above.
    let before = unsafe { malloc_usable_size(memory) };
    if !is_libcs && length <= before {
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

// SAFETY: libc's function of this name has this form.
static USABLE_SIZE: Real<unsafe extern "C" fn(*mut c_void) -> usize> =
    unsafe { Real::new(c"malloc_usable_size") };

/// # Safety
///
/// As for libc's.
#[unsafe(no_mangle)]
unsafe extern "C" fn malloc_usable_size(memory: *mut c_void) -> usize {
    if holds(memory) || arena::holds(memory) {
        return blocks::room(memory);
    }
    let function = USABLE_SIZE.function();
    // SAFETY: the caller's promise.
    unsafe { function(memory) }
}

/// Memory that was allocated is given back. Within a twin's operation, what orders that is not
/// seen.
fn gives_back(memory: *mut c_void) {
    if memory.is_null() || !scheduler::runs_program() {
        return;
    }
    // SAFETY: whoever frees it got it from here or from libc.
    let (address, length) = (memory as usize, unsafe { malloc_usable_size(memory) });
    let site = scheduler::checks().then(places::of_caller).flatten();
    match site {
        // What is libc's own is given out again without our knowing.
        Some(site) => {
            scheduler::free(address, length, site.exact);
            if !holds(memory) {
                scheduler::reuse(address, length);
            }
        }
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
