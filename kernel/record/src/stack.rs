//! Tells which thread has overflowed its stack, before the process ends.
//!
//! The standard library does so for the threads of programs that it has started itself. A cell
//! process was started by another copy of it than the one that cells use, which therefore watches
//! no thread.

use std::cell::Cell;
use std::ffi::{c_int, c_void};
use std::ptr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, Once, PoisonError};

/// What the system says of a thread's stack, and what it does at a fault; layouts of Linux with 64
/// bits.
mod system {
    use super::{c_int, c_void};

    #[repr(C)]
    pub struct Action {
        pub handler: usize,
        pub mask: [u64; 16],
        pub flags: c_int,
        pub restorer: usize,
    }

    #[repr(C)]
    pub struct Alternate {
        pub at: *mut c_void,
        pub flags: c_int,
        pub size: usize,
    }

    #[repr(C)]
    pub struct Attributes(pub [u64; 8]);

    unsafe extern "C" {
        pub fn sigaction(signal: c_int, new: *const Action, old: *mut Action) -> c_int;
        pub fn sigaltstack(new: *const Alternate, old: *mut Alternate) -> c_int;
        pub fn pthread_self() -> usize;
        pub fn pthread_getattr_np(thread: usize, attributes: *mut Attributes) -> c_int;
        pub fn pthread_attr_getstack(
            attributes: *const Attributes,
            at: *mut *mut c_void,
            size: *mut usize,
        ) -> c_int;
        pub fn pthread_attr_getguardsize(attributes: *const Attributes, size: *mut usize) -> c_int;
        pub fn pthread_attr_destroy(attributes: *mut Attributes) -> c_int;
        pub fn mmap(
            at: *mut c_void,
            length: usize,
            prot: c_int,
            flags: c_int,
            fd: c_int,
            offset: i64,
        ) -> *mut c_void;
        pub fn munmap(at: *mut c_void, length: usize) -> c_int;
        pub fn write(fd: c_int, bytes: *const u8, count: usize) -> isize;
        pub fn abort() -> !;
    }

    pub const SIGBUS: c_int = 7;
    pub const SIGSEGV: c_int = 11;
    pub const SA_SIGINFO: c_int = 4;
    pub const SA_ONSTACK: c_int = 0x0800_0000;
    pub const SS_DISABLE: c_int = 2;
    pub const PROT_READ_WRITE: c_int = 3;
    pub const MAP_PRIVATE_ANONYMOUS: c_int = 0x22;
    /// Where a fault's address stands in what a handler is given.
    pub const ADDRESS: usize = 16;
}

/// Room for the handler, which runs where the thread's own stack has none, and for [`Watched`]
/// before it.
const ROOM: usize = 32 * 1024;
const BEFORE: usize = 256;
/// How much of a thread's name is told.
const NAME: usize = 64;

/// What the handler knows of the thread that it runs in.
struct Watched {
    /// Addresses at which a fault is an overflow.
    low: usize,
    high: usize,
    length: usize,
    name: [u8; NAME],
}

thread_local! {
    static WATCHED: Cell<*const Watched> = const { Cell::new(ptr::null()) };
}

/// What handled faults before, by signal: SIGBUS, SIGSEGV.
static BEFORE_US: [AtomicUsize; 2] = [const { AtomicUsize::new(0) }; 2];

/// Does ahead what the first threads would do: what is done for the process, and rooms for so many
/// at once.
pub fn prepare(threads: u32) {
    install_once();
    let rooms: Vec<_> = (0..threads).map_while(|_| take_room()).collect();
    rooms.into_iter().for_each(give_back);
}

/// Watches the stack of the thread that made it, until it is dropped there.
#[derive(Debug)]
pub struct Watch {
    room: *mut c_void,
}

impl Watch {
    /// Watches the calling thread; `None` if the system says too little of it.
    #[must_use]
    pub fn new(name: Option<&str>) -> Option<Watch> {
        install_once();
        let (low, high) = guard()?;
        let room = take_room()?;
        let watch = Watch { room };
        let name = name.unwrap_or("<unnamed>").as_bytes();
        let length = name.len().min(NAME);
        let mut watched = Watched {
            low,
            high,
            length,
            name: [0; NAME],
        };
        watched.name[..length].copy_from_slice(&name[..length]);
        let stack = system::Alternate {
            at: room.wrapping_byte_add(BEFORE),
            flags: 0,
            size: ROOM - BEFORE,
        };
        // SAFETY: the mapping begins with room enough for `Watched`, aligned as any page; the rest
        // is the stack's.
        unsafe {
            room.cast::<Watched>().write(watched);
            system::sigaltstack(&raw const stack, ptr::null_mut());
        }
        WATCHED.set(room.cast());
        Some(watch)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        let _ = WATCHED.try_with(|watched| watched.set(ptr::null()));
        let none = system::Alternate {
            at: ptr::null_mut(),
            flags: system::SS_DISABLE,
            size: ROOM,
        };
        // SAFETY: the thread runs on its own stack here, so nothing uses the other one.
        unsafe { system::sigaltstack(&raw const none, ptr::null_mut()) };
        give_back(self.room);
    }
}

/// Rooms of threads that have ended, for those to come: to unmap one and to touch the next one for
/// the first time costs a third of a thread's whole start.
static FREE: Mutex<Vec<usize>> = Mutex::new(Vec::new());
/// How many rooms are kept.
const KEPT: usize = 64;

/// A room that no thread uses; `None` if the system has no memory left.
fn take_room() -> Option<*mut c_void> {
    let free = FREE.lock().unwrap_or_else(PoisonError::into_inner).pop();
    if let Some(room) = free {
        return Some(ptr::with_exposed_provenance_mut(room));
    }
    // SAFETY: a fresh mapping at an address of the system's choice replaces no other memory.
    let room = unsafe {
        system::mmap(
            ptr::null_mut(),
            ROOM,
            system::PROT_READ_WRITE,
            system::MAP_PRIVATE_ANONYMOUS,
            -1,
            0,
        )
    };
    (room as isize != -1).then_some(room)
}

/// Keeps a room that its thread has no use for any more, or gives it back to the system.
fn give_back(room: *mut c_void) {
    let mut free = FREE.lock().unwrap_or_else(PoisonError::into_inner);
    if free.len() < KEPT {
        free.push(room.expose_provenance());
        return;
    }
    drop(free);
    // SAFETY: the mapping was made by `take_room`, and nothing points to it any more.
    unsafe { system::munmap(room, ROOM) };
}

/// The addresses next to the end of the calling thread's stack. Systems differ in whether they
/// count the guard to it.
fn guard() -> Option<(usize, usize)> {
    let mut attributes = system::Attributes([0; 8]);
    let (mut at, mut size, mut guard) = (ptr::null_mut(), 0, 0);
    // SAFETY: the first call fills the attributes, which the others read, and the last one frees.
    unsafe {
        if system::pthread_getattr_np(system::pthread_self(), &raw mut attributes) != 0 {
            return None;
        }
        system::pthread_attr_getstack(&raw const attributes, &raw mut at, &raw mut size);
        system::pthread_attr_getguardsize(&raw const attributes, &raw mut guard);
        system::pthread_attr_destroy(&raw mut attributes);
    }
    (guard > 0).then(|| (at as usize - guard, at as usize + guard))
}

fn install_once() {
    static HANDLER: Once = Once::new();
    HANDLER.call_once(install);
}

fn install() {
    for (index, signal) in [system::SIGBUS, system::SIGSEGV].into_iter().enumerate() {
        let ours = system::Action {
            handler: on_fault as extern "C" fn(c_int, *const u8, *mut c_void) as usize,
            mask: [0; 16],
            flags: system::SA_SIGINFO | system::SA_ONSTACK,
            restorer: 0,
        };
        let mut theirs = system::Action {
            handler: 0,
            mask: [0; 16],
            flags: 0,
            restorer: 0,
        };
        // SAFETY: both have the system's layout; the handler calls nothing that a signal handler
        // may not.
        unsafe { system::sigaction(signal, &raw const ours, &raw mut theirs) };
        if theirs.flags & system::SA_SIGINFO != 0 {
            BEFORE_US[index].store(theirs.handler, Ordering::Relaxed);
        }
    }
}

extern "C" fn on_fault(signal: c_int, info: *const u8, context: *mut c_void) {
    // SAFETY: the system gives a handler this structure, with the address at this place.
    let address = unsafe { info.add(system::ADDRESS).cast::<usize>().read() };
    let watched = WATCHED.get();
    // SAFETY: what is set lives until its thread, which is this one, unsets it.
    if let Some(watched) = unsafe { watched.as_ref() }
        && (watched.low..watched.high).contains(&address)
    {
        say(&watched.name[..watched.length]);
    }
    let before = BEFORE_US[usize::from(signal == system::SIGSEGV)].load(Ordering::Relaxed);
    if before > 1 {
        // SAFETY: the system gave this address as a handler of the same form.
        let before: extern "C" fn(c_int, *const u8, *mut c_void) =
            unsafe { std::mem::transmute(before) };
        return before(signal, info, context);
    }
    let default = system::Action {
        handler: 0,
        mask: [0; 16],
        flags: 0,
        restorer: 0,
    };
    // SAFETY: as in `install`. The fault happens again when this returns, and ends the process.
    unsafe { system::sigaction(signal, &raw const default, ptr::null_mut()) };
}

/// Says it in std's words, and ends the process as std does.
fn say(name: &[u8]) -> ! {
    const STDERR: c_int = 2;
    let parts: [&[u8]; 3] = [
        b"\nthread '",
        name,
        b"' has overflowed its stack\nfatal runtime error: stack overflow, aborting\n",
    ];
    // In one piece, so that no other thread's words come between.
    let (mut text, mut length) = ([0; 2 * NAME + 64], 0);
    for byte in parts.into_iter().flatten() {
        text[length] = *byte;
        length += 1;
    }
    // SAFETY: the bytes are there; what can't be written is lost.
    unsafe { system::write(STDERR, text.as_ptr(), length) };
    // SAFETY: nothing is left to be done.
    unsafe { system::abort() }
}
