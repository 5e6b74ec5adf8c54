//! Memory of our own: the explorer shares it with the processes that do its runs.
//!
//! What the search knows, and the state of the run that goes on, lie here and not among the
//! program's own memory. So a run finds the program's memory as if we had not been there, it can
//! be put back after a run without what was learned from it, and a process that does runs leaves
//! what it did where the explorer finds it. One of them works at a time, so nothing is locked.

use std::ffi::c_void;
use std::ptr;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};

use crate::blocks::{ALIGNED, Blocks};
use crate::system;

/// So much is set aside, if it can be; only what is used takes room.
const SIZES: [usize; 3] = [64 << 30, 8 << 30, 1 << 30];

/// Where the memory lies.
static BEGIN: AtomicUsize = AtomicUsize::new(0);
static END: AtomicUsize = AtomicUsize::new(0);
/// Where as much lies for the explorer that helps this one; 0 where there is none.
static OTHER_BEGIN: AtomicUsize = AtomicUsize::new(0);
static OTHER_END: AtomicUsize = AtomicUsize::new(0);

/// Whose what is allocated now is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Owner {
    /// libc's: outside of runs, what it keeps itself.
    System,
    /// The program's, in a run.
    Program,
    /// Ours.
    Us,
}

static OWNER: AtomicU8 = AtomicU8::new(Owner::System as u8);

/// Whose what is allocated now is.
#[inline]
pub fn owner() -> Owner {
    match OWNER.load(Ordering::Relaxed) {
        owner if owner == Owner::Us as u8 => Owner::Us,
        owner if owner == Owner::Program as u8 => Owner::Program,
        _ => Owner::System,
    }
}

/// What is allocated from now on is that one's; returns whose it was before.
#[inline]
pub fn is_of(new: Owner) -> Owner {
    let before = owner();
    OWNER.store(new as u8, Ordering::Relaxed);
    before
}

/// Sets the memory aside, twice if it can be. What is allocated from now on is ours.
pub fn prepare() -> std::io::Result<()> {
    let mut found = Err(std::io::Error::from(std::io::ErrorKind::OutOfMemory));
    for size in SIZES {
        found = system::shared_memory(size).map(|at| (at as usize, size));
        if found.is_ok() {
            break;
        }
    }
    let (begin, size) = found?;
    if let Ok(other) = system::shared_memory(size) {
        OTHER_BEGIN.store(other as usize, Ordering::Relaxed);
        OTHER_END.store(other as usize + size, Ordering::Relaxed);
    }
    begin_in(begin, begin + size);
    Ok(())
}

/// Whether there is memory for another explorer.
pub fn has_other() -> bool {
    OTHER_BEGIN.load(Ordering::Relaxed) != 0
}

/// This process is the other explorer: what is allocated from now on lies in memory of its own,
/// which the first one sees.
pub fn move_to_other() {
    let begin = OTHER_BEGIN.swap(BEGIN.load(Ordering::Relaxed), Ordering::Relaxed);
    let end = OTHER_END.swap(END.load(Ordering::Relaxed), Ordering::Relaxed);
    begin_in(begin, end);
}

fn begin_in(begin: usize, end: usize) {
    let blocks = Blocks::new((begin + size_of::<Blocks>()).next_multiple_of(ALIGNED), end);
    // SAFETY: the memory is as long as that, and new.
    unsafe { ptr::with_exposed_provenance_mut::<Blocks>(begin).write(blocks) };
    END.store(end, Ordering::Relaxed);
    BEGIN.store(begin, Ordering::Relaxed);
    is_of(Owner::Us);
}

/// Whether that lies here, or in the other explorer's memory.
#[inline]
pub fn holds(memory: *const c_void) -> bool {
    is_mine(memory) || is_others(memory)
}

#[inline]
fn is_mine(memory: *const c_void) -> bool {
    let begin = BEGIN.load(Ordering::Relaxed);
    begin != 0 && (begin..END.load(Ordering::Relaxed)).contains(&memory.addr())
}

fn is_others(memory: *const c_void) -> bool {
    let begin = OTHER_BEGIN.load(Ordering::Relaxed);
    begin != 0 && (begin..OTHER_END.load(Ordering::Relaxed)).contains(&memory.addr())
}

/// What is left of it, which stands at its beginning.
fn blocks() -> &'static mut Blocks {
    let begin = BEGIN.load(Ordering::Relaxed);
    // SAFETY: `prepare` made it, since somebody allocates here, and one process works at a time.
    unsafe { &mut *ptr::with_exposed_provenance_mut::<Blocks>(begin) }
}

/// A block with room for so many bytes; null where there is none.
pub fn allocate(length: usize, align: usize) -> *mut c_void {
    blocks().allocate(length, align)
}

/// Takes a block back; one of the other explorer's stays taken.
pub fn give_back(memory: *mut c_void) {
    if is_others(memory) {
        return;
    }
    blocks().give_back(memory);
}
