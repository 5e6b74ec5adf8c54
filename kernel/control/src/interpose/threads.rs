//! When threads begin and end. They run on [`carriers`].

use std::ffi::{c_char, c_int, c_ulong, c_void};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::scheduler::{self, Start};
use crate::system::{self, Real};
use crate::{carriers, dispatch, result};

type Body = unsafe extern "C" fn(*mut c_void) -> *mut c_void;

unsafe extern "C" {
    fn pthread_attr_getstacksize(attributes: *const c_void, length: *mut usize) -> c_int;
    fn pthread_getspecific(key: u32) -> *mut c_void;
    fn pthread_setspecific(key: u32, value: *const c_void) -> c_int;
}

// SAFETY: libc's function of this name has this form.
static PTHREAD_CREATE: Real<carriers::Create> = unsafe { Real::new(c"pthread_create") };

/// Makes a carrier with a stack of so many bytes; an error number where that fails.
pub fn make_carrier(length: usize) -> Result<usize, c_int> {
    carriers::make(PTHREAD_CREATE.function(), length)
}

/// # Safety
///
/// As for libc's.
#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_create(
    thread: *mut usize,
    attributes: *const c_void,
    body: Body,
    argument: *mut c_void,
) -> c_int {
    /// What libc gives to those that don't ask.
    const USUAL: usize = 8 << 20;
    if !scheduler::decides() {
        // SAFETY: the caller's promise.
        return unsafe { PTHREAD_CREATE.function()(thread.cast(), attributes, body, argument) };
    }
    let mut length = USUAL;
    if !attributes.is_null() {
        // SAFETY: the caller's promise.
        unsafe { pthread_attr_getstacksize(attributes, &raw mut length) };
    }
    let carrier = match carrier_for(length) {
        Ok(carrier) => carrier,
        Err(error) => return error,
    };
    // SAFETY: the caller's promise.
    unsafe { thread.write(carriers::handle(carrier)) };
    scheduler::add_thread(carrier, Start { body, argument });
    0
}

/// A carrier with such a stack; one more is made where there is none, and this process then ends
/// with its run.
fn carrier_for(length: usize) -> Result<usize, c_int> {
    const EAGAIN: c_int = 11;
    let shared = result::shared();
    shared.stack = shared.stack.max(length);
    if let Some(carrier) = carriers::take(length, run) {
        return Ok(carrier);
    }
    dispatch::spoil();
    make_carrier(length)?;
    shared.carriers = shared.carriers.max(carriers::count());
    carriers::take(length, run).ok_or(EAGAIN)
}

/// A thread from its first instruction to its last destructor.
extern "C" fn run() -> ! {
    let start = scheduler::begin_thread();
    if let Some(carrier) = scheduler::carrier_of_caller() {
        // It may be a stack that another thread had before.
        let stack = carriers::stack(carrier);
        scheduler::forget(stack.start, stack.len());
    }
    // SAFETY: the promise of whoever started the thread.
    let value = start.map_or(std::ptr::null_mut(), |start| unsafe {
        (start.body)(start.argument)
    });
    end(value)
}

fn end(value: *mut c_void) -> ! {
    while let Some((destructor, variable)) = scheduler::next_destructor() {
        // SAFETY: the promise of whoever asked for it.
        unsafe { destructor(variable) };
    }
    drop_keyed();
    scheduler::end_thread(value)
}

/// # Safety
///
/// As for libc's.
#[unsafe(no_mangle)]
unsafe extern "C" fn __cxa_thread_atexit_impl(
    destructor: unsafe extern "C" fn(*mut c_void),
    variable: *mut c_void,
    library: *mut c_void,
) -> c_int {
    type Function = unsafe extern "C" fn(Body0, *mut c_void, *mut c_void) -> c_int;
    type Body0 = unsafe extern "C" fn(*mut c_void);
    // SAFETY: libc's function of this name has this form.
    static REAL: Real<Function> = unsafe { Real::new(c"__cxa_thread_atexit_impl") };
    if scheduler::decides() {
        scheduler::add_destructor((destructor, variable));
        return 0;
    }
    let function = REAL.function();
    // SAFETY: the caller's promise.
    unsafe { function(destructor, variable, library) }
}

/// Keys of thread-local variables of C, at most.
const KEYS: usize = 1024;
/// Their destructors, by key. A key that no run has made has no values.
static DESTRUCTORS: [AtomicUsize; KEYS] = [const { AtomicUsize::new(0) }; KEYS];
/// After the last key that has one.
static LAST_KEY: AtomicUsize = AtomicUsize::new(0);

/// # Safety
///
/// As for libc's.
#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_key_create(key: *mut u32, destructor: usize) -> c_int {
    type Function = unsafe extern "C" fn(*mut u32, usize) -> c_int;
    // SAFETY: libc's function of this name has this form.
    static REAL: Real<Function> = unsafe { Real::new(c"pthread_key_create") };
    let function = REAL.function();
    // SAFETY: the caller's promise.
    let (error, key) = unsafe { (function(key, destructor), *key) };
    if error == 0
        && let Some(known) = DESTRUCTORS.get(key as usize)
    {
        known.store(destructor, Ordering::Relaxed);
        LAST_KEY.fetch_max(key as usize + 1, Ordering::Relaxed);
    }
    error
}

/// What libc does when a thread ends.
fn drop_keyed() {
    const ROUNDS: usize = 4;
    for _ in 0..ROUNDS {
        let mut found = false;
        let keys = LAST_KEY.load(Ordering::Relaxed);
        for (key, destructor) in (0..).zip(&DESTRUCTORS[..keys]) {
            let destructor = destructor.load(Ordering::Relaxed);
            if destructor == 0 {
                continue;
            }
            // SAFETY: libc gives null for what has no value.
            let value = unsafe { pthread_getspecific(key) };
            if value.is_null() {
                continue;
            }
            found = true;
            // SAFETY: the promise of whoever made the key.
            unsafe {
                pthread_setspecific(key, std::ptr::null());
                std::mem::transmute::<usize, unsafe extern "C" fn(*mut c_void)>(destructor)(value);
            }
        }
        if !found {
            return;
        }
    }
}

/// # Safety
///
/// As for libc's.
#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_join(thread: usize, value: *mut *mut c_void) -> c_int {
    type Function = unsafe extern "C" fn(usize, *mut *mut c_void) -> c_int;
    // SAFETY: libc's function of this name has this form.
    static REAL: Real<Function> = unsafe { Real::new(c"pthread_join") };
    if scheduler::decides()
        && let Some(returned) = scheduler::join(thread)
    {
        if !value.is_null() {
            // SAFETY: the caller's promise.
            unsafe { value.write(returned) };
        }
        return 0;
    }
    let function = REAL.function();
    // SAFETY: the caller's promise.
    unsafe { function(thread, value) }
}

#[unsafe(no_mangle)]
extern "C" fn pthread_exit(value: *mut c_void) -> ! {
    type Function = extern "C" fn(*mut c_void) -> !;
    // SAFETY: libc's function of this name has this form.
    static REAL: Real<Function> = unsafe { Real::new(c"pthread_exit") };
    if scheduler::decides() {
        end(value);
    }
    let function = REAL.function();
    function(value)
}

/// A thread of the program is none of the system's: its number is ours.
#[unsafe(no_mangle)]
extern "C" fn gettid() -> c_int {
    // SAFETY: libc's function of this name has this form.
    static REAL: Real<extern "C" fn() -> c_int> = unsafe { Real::new(c"gettid") };
    if let Some(number) = scheduler::number_of_caller() {
        return number as c_int;
    }
    let function = REAL.function();
    function()
}

/// # Safety
///
/// As for libc's.
#[unsafe(no_mangle)]
unsafe extern "C" fn prctl(option: c_int, a: c_ulong, b: c_ulong, c: c_ulong, d: c_ulong) -> c_int {
    const SET_NAME: c_int = 15;
    const PRCTL: std::ffi::c_long = system::numbers::PRCTL as std::ffi::c_long;
    if option == SET_NAME && scheduler::decides() {
        return 0;
    }
    let arguments = [
        option as usize,
        a as usize,
        b as usize,
        c as usize,
        d as usize,
        0,
    ];
    // SAFETY: the caller's promise.
    unsafe { system::system_call(PRCTL, arguments) as c_int }
}

/// # Safety
///
/// As for libc's.
#[unsafe(no_mangle)]
unsafe extern "C" fn pthread_setname_np(thread: usize, name: *const c_char) -> c_int {
    type Function = unsafe extern "C" fn(usize, *const c_char) -> c_int;
    // SAFETY: libc's function of this name has this form.
    static REAL: Real<Function> = unsafe { Real::new(c"pthread_setname_np") };
    if scheduler::decides() {
        return 0;
    }
    let function = REAL.function();
    // SAFETY: the caller's promise.
    unsafe { function(thread, name) }
}

/// Signals are handled on our own stack, which serves all threads of a run.
///
/// # Safety
///
/// As for libc's.
#[unsafe(no_mangle)]
unsafe extern "C" fn sigaltstack(new: *const [usize; 3], old: *mut [usize; 3]) -> c_int {
    type Function = unsafe extern "C" fn(*const [usize; 3], *mut [usize; 3]) -> c_int;
    // SAFETY: libc's function of this name has this form.
    static REAL: Real<Function> = unsafe { Real::new(c"sigaltstack") };
    if scheduler::decides() {
        if !old.is_null() {
            // SAFETY: the caller's promise.
            unsafe { old.write([0; 3]) };
        }
        return 0;
    }
    let function = REAL.function();
    // SAFETY: the caller's promise.
    unsafe { function(new, old) }
}
