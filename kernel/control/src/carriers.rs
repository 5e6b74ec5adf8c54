//! Threads of the program, on the one thread of this process that works.
//!
//! Each has a stack and thread-local variables, and the turn passes by going on with another stack
//! and other variables: some nanoseconds, where to wake a thread of the system takes microseconds.
//! The stacks and variables are those of *carriers*, which libc made as it makes any thread; those
//! themselves sleep for good.

mod switch;

use std::cell::UnsafeCell;
use std::ffi::{c_int, c_void};
use std::ops::Range;
use std::ptr;
use std::sync::atomic::{AtomicU32, AtomicUsize, Ordering};

pub use switch::{Context, enter, go_on, go_on_for_good};

use crate::arena::{self, Owner};
use crate::blocks::ALIGNED;
use crate::system;

/// Threads that can live in a run at the same time, but for the first one.
const MOST: usize = 4096;
/// From so many on, carriers of threads that ended are used again within a run.
const FRESH: usize = 256;
const PAGE: usize = 4096;

/// Where a thread's stack and its variables lie.
struct Carrier {
    context: Context,
    /// Of libc.
    handle: usize,
    stack: Range<usize>,
    /// Beneath that the stack is the program's.
    end: usize,
    /// The part of the stack that libc keeps for itself and for thread-local variables.
    top: Range<usize>,
    /// A copy of that, and of libc's table of the thread's variables.
    kept: Option<Kept>,
    ready: AtomicU32,
    /// How long a stack was asked for.
    length: usize,
    usage: Use,
}

/// Whether threads of the run are there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Use {
    /// None was.
    Fresh,
    /// One is.
    Taken,
    /// One was, and has ended.
    Over,
}

struct Kept {
    copy: *mut u8,
    table: *mut u8,
    /// The length of the table, in bytes.
    entries: usize,
}

struct Carriers(UnsafeCell<[Option<Carrier>; MOST]>);

// SAFETY: the thread that works is the only one that uses them; one that is being made writes into
// its own while that one waits for it.
unsafe impl Sync for Carriers {}

static CARRIERS: Carriers = Carriers(UnsafeCell::new([const { None }; MOST]));
/// How many there are.
static COUNT: AtomicUsize = AtomicUsize::new(0);
/// The first thread's.
static FIRST: First = First(UnsafeCell::new(Context::nowhere()));

struct First(UnsafeCell<Context>);

// SAFETY: as for the carriers.
unsafe impl Sync for First {}

unsafe extern "C" {
    fn pthread_self() -> usize;
    fn pthread_attr_init(attributes: *mut [u64; 8]) -> c_int;
    fn pthread_attr_setstacksize(attributes: *mut [u64; 8], length: usize) -> c_int;
    fn pthread_attr_destroy(attributes: *mut [u64; 8]) -> c_int;
    fn pthread_sigmask(how: c_int, new: *const [u64; 16], old: *mut [u64; 16]) -> c_int;
}

type Body = unsafe extern "C" fn(*mut c_void) -> *mut c_void;
/// The form of libc's `pthread_create`.
pub type Create = unsafe extern "C" fn(*mut c_void, *const c_void, Body, *mut c_void) -> c_int;

fn all() -> &'static mut [Option<Carrier>; MOST] {
    // SAFETY: see `Carriers`; no reference outlives the call that took it.
    unsafe { &mut *CARRIERS.0.get() }
}

fn carrier(number: usize) -> Option<&'static mut Carrier> {
    all().get_mut(number).and_then(Option::as_mut)
}

/// The stack and the variables of the process's first thread.
pub fn first() -> *mut Context {
    FIRST.0.get()
}

/// Before anything else here: the calling thread is the process's first one.
pub fn prepare() {
    switch::prepare();
    // SAFETY: nobody else uses it now.
    unsafe { (*FIRST.0.get()).thread = switch::thread_pointer() };
}

/// What libc keeps of the process's first thread lies there.
pub fn thread_of_first() -> usize {
    // SAFETY: it was set by `prepare`.
    unsafe { (*first()).thread }
}

/// Those of a carrier.
pub fn context(number: usize) -> *mut Context {
    carrier(number).map_or(first(), |carrier| &raw mut carrier.context)
}

/// libc's handle of a carrier.
pub fn handle(number: usize) -> usize {
    carrier(number).map_or(0, |carrier| carrier.handle)
}

/// Where a carrier's stack lies, as far as threads use it.
pub fn stack(number: usize) -> Range<usize> {
    carrier(number).map_or(0..0, |carrier| carrier.stack.start..carrier.end)
}

/// How many there are.
pub fn count() -> usize {
    COUNT.load(Ordering::Relaxed)
}

/// Makes one more, with a stack of so many bytes; an error number where that fails.
pub fn make(create: Create, length: usize) -> Result<usize, c_int> {
    const EAGAIN: c_int = 11;
    const SET: c_int = 2;
    let number = count();
    let place = all().get_mut(number).ok_or(EAGAIN)?;
    *place = Some(Carrier {
        context: Context::nowhere(),
        handle: 0,
        stack: 0..0,
        end: 0,
        top: 0..0,
        kept: None,
        ready: AtomicU32::new(0),
        length,
        usage: Use::Fresh,
    });
    let carrier = ptr::from_mut(place).cast();
    let (mut attributes, mut signals, mut handle) = ([0; 8], [0; 16], 0_usize);
    // What libc keeps of a thread lies among the program's memory.
    let before = arena::is_of(Owner::System);
    // SAFETY: the attributes have the system's size. The new thread gets a carrier that lives as
    // long as the process, and no signal, since others use its stack.
    let error = unsafe {
        pthread_sigmask(SET, &[u64::MAX; 16], &raw mut signals);
        pthread_attr_init(&raw mut attributes);
        pthread_attr_setstacksize(&raw mut attributes, length);
        let error = create(
            (&raw mut handle).cast(),
            (&raw const attributes).cast(),
            sleep_for_good,
            carrier,
        );
        pthread_attr_destroy(&raw mut attributes);
        pthread_sigmask(SET, &raw const signals, ptr::null_mut());
        error
    };
    if error == 0
        && let Some(Some(carrier)) = all().get(number)
    {
        system::sleep_while(&carrier.ready, 0);
    }
    arena::is_of(before);
    if error != 0 {
        all()[number] = None;
        return Err(error);
    }
    COUNT.store(number + 1, Ordering::Relaxed);
    if number >= FRESH {
        keep(number);
    }
    Ok(number)
}

/// What a carrier itself does.
unsafe extern "C" fn sleep_for_good(carrier: *mut c_void) -> *mut c_void {
    let here = 0_u8;
    // SAFETY: whoever made the thread waits until it is ready, and keeps the carrier.
    let carrier = unsafe { &mut *carrier.cast::<Option<Carrier>>() };
    if let Some(carrier) = carrier {
        let (at, length) = system::stack().unwrap_or((0, 0));
        carrier.stack = at..at + length;
        let here = (&raw const here).addr();
        carrier.end = (here & !(PAGE - 1)) - PAGE;
        carrier.top = here & !(ALIGNED - 1)..at + length;
        carrier.context.thread = switch::thread_pointer();
        // SAFETY: takes nothing.
        carrier.handle = unsafe { pthread_self() };
        carrier.ready.store(1, Ordering::Release);
        system::wake(&carrier.ready);
        loop {
            system::sleep_while(&carrier.ready, 1);
        }
    }
    ptr::null_mut()
}

/// A carrier for a thread that needs a stack of so many bytes, which begins with `body`; none
/// where there is none yet.
pub fn take(length: usize, body: extern "C" fn() -> !) -> Option<usize> {
    let fits = |one: &Carrier, wanted| one.usage == wanted && one.length >= length;
    let find = |wanted| {
        let mut made = all()[..count()].iter().flatten();
        made.position(|one| fits(one, wanted) && (wanted == Use::Fresh || one.kept.is_some()))
    };
    let number = match find(Use::Fresh) {
        Some(fresh) => fresh,
        None => {
            let over = find(Use::Over)?;
            renew(carrier(over)?);
            over
        }
    };
    let carrier = carrier(number)?;
    carrier.usage = Use::Taken;
    carrier.context.begin(carrier.end, body);
    Some(number)
}

/// Before a run: none is used.
pub fn reset() {
    for carrier in all()[..count()].iter_mut().flatten() {
        carrier.usage = Use::Fresh;
    }
}

/// Keeps what all have of libc's, so that it can be put back.
pub fn keep_all() {
    (0..count()).for_each(keep);
}

/// Puts back what belongs to libc of those that the run used.
pub fn put_back() {
    let carriers = all()[..count()].iter().flatten();
    let used = carriers.filter(|one| one.usage != Use::Fresh);
    used.for_each(renew);
}

/// From where to where stacks lie, with what libc keeps there.
pub fn memory() -> impl Iterator<Item = Range<usize>> {
    all()
        .iter()
        .take(count())
        .flatten()
        .map(|one| one.stack.clone())
}

/// The thread that was there has ended.
pub fn give_back(number: usize) {
    if let Some(carrier) = carrier(number) {
        carrier.usage = Use::Over;
    }
}

/// libc's table of a thread's variables: the word that leads to it.
fn table_of(carrier: &Carrier) -> *const *mut u8 {
    const PLACE: usize = if cfg!(target_arch = "x86_64") { 8 } else { 0 };
    ptr::with_exposed_provenance(carrier.context.thread + PLACE)
}

/// Keeps a copy of what belongs to libc, as it is now.
fn keep(number: usize) {
    const ENTRY: usize = 16;
    let Some(carrier) = carrier(number) else {
        return;
    };
    // SAFETY: libc's table has its length before it, in entries, and one entry for generations.
    let (table, entries) = unsafe {
        let table = table_of(carrier).read();
        (table, (table.sub(ENTRY).cast::<usize>().read() + 1) * ENTRY)
    };
    let Ok(copy) = system::own_memory(carrier.top.len() + entries) else {
        return;
    };
    // SAFETY: the copy has room for both.
    unsafe {
        let top = ptr::with_exposed_provenance::<u8>(carrier.top.start);
        ptr::copy_nonoverlapping(top, copy, carrier.top.len());
        ptr::copy_nonoverlapping(table, copy.add(carrier.top.len()), entries);
    }
    carrier.kept = Some(Kept {
        copy,
        table,
        entries,
    });
}

/// Puts it back.
fn renew(carrier: &Carrier) {
    let Some(kept) = &carrier.kept else { return };
    // SAFETY: the copy was made of these places; no thread of the program is there now.
    unsafe {
        let top = ptr::with_exposed_provenance_mut::<u8>(carrier.top.start);
        ptr::copy_nonoverlapping(kept.copy, top, carrier.top.len());
        let table = kept.copy.add(carrier.top.len());
        ptr::copy_nonoverlapping(table, kept.table, kept.entries);
    }
}
