//! `std::panic`, with our hook underneath the user's.
//!
//! Where a notebook is attached, one real hook stays installed for good. It tells the recording of
//! the panic, and then runs the hook that the user has set, or shows the panic in the notebook.
//! `set_hook` and `take_hook` only exchange what runs second.

mod frames;

use real::any::Any;
use real::backtrace::Backtrace;
use real::cell::Cell;
use real::env;
use real::prelude::rust_2024::*;
use real::sync::{Arc, RwLock};
use real::thread;

use crate::probe;

pub use real::panic::*;

/// What `set_hook` takes.
type Hook = dyn Fn(&PanicHookInfo<'_>) + Sync + Send + 'static;

/// The user's hook; an `Arc`, so that no lock is held while it runs.
static USERS_HOOK: RwLock<Option<Arc<Hook>>> = RwLock::new(None);

/// Makes panics known to the recording; called once, when the recording is attached.
pub(crate) fn install() {
    real::panic::set_hook(Box::new(|info| {
        if is_of_unwinding(info) {
            return probe::unwinding();
        }
        record(info);
        let users = USERS_HOOK
            .read()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
            .clone();
        match users {
            Some(hook) => hook(info),
            None => show(info),
        }
    }));
}

/// Unwinds without calling the panic hook. The same as `std::panic::resume_unwind`.
pub fn resume_unwind(payload: Box<dyn Any + Send>) -> ! {
    probe::unwinding();
    let _ = RESUMED.try_with(|it| it.set(Some(message(&*payload).to_owned())));
    real::panic::resume_unwind(payload)
}

/// Registers a panic hook. Differs from `std::panic::set_hook` in that the recording learns of each
/// panic before the hook runs.
///
/// # Panics
///
/// When called from a panicking thread.
pub fn set_hook(hook: Box<dyn Fn(&PanicHookInfo<'_>) + Sync + Send + 'static>) {
    if !probe::is_attached() {
        return real::panic::set_hook(hook);
    }
    exchange(Some(Arc::from(hook)));
}

/// Unregisters the panic hook and returns it; where none was set, returns one that shows the panic
/// as a cell's would be. Otherwise the same as `std::panic::take_hook`.
///
/// # Panics
///
/// When called from a panicking thread.
#[must_use]
pub fn take_hook() -> Box<dyn Fn(&PanicHookInfo<'_>) + Sync + Send + 'static> {
    if !probe::is_attached() {
        return real::panic::take_hook();
    }
    match exchange(None) {
        Some(hook) => Box::new(move |info| hook(info)),
        None => Box::new(show),
    }
}

fn exchange(hook: Option<Arc<Hook>>) -> Option<Arc<Hook>> {
    if thread::panicking() {
        real::panic!("cannot modify the panic hook from a panicking thread");
    }
    let mut slot = USERS_HOOK
        .write()
        .unwrap_or_else(|poisoned| poisoned.into_inner());
    real::mem::replace(&mut *slot, hook)
}

/// Invokes a closure and captures the cause of an unwinding panic. The same as
/// `std::panic::catch_unwind`.
///
/// # Errors
///
/// The payload of the panic.
pub fn catch_unwind<F: FnOnce() -> R + UnwindSafe, R>(f: F) -> thread::Result<R> {
    enter();
    let result = real::panic::catch_unwind(f);
    leave(result.is_err());
    result
}

real::thread_local! {
    /// Whether the last outermost one caught a panic. For the thread that runs the cells that is
    /// the call which evcxr wraps around the user's code.
    static CAUGHT: Cell<bool> = const { Cell::new(false) };
    /// What the thread's last panic said that called the hook.
    static HOOKED: Cell<Option<String>> = const { Cell::new(None) };
    /// What the last panic said, if it was passed on without a call of the hook.
    static RESUMED: Cell<Option<String>> = const { Cell::new(None) };
}

/// What the calling thread's last panic said, if it was another thread's that was passed on to it.
pub(crate) fn take_resumed() -> Option<String> {
    let hooked = HOOKED.take();
    RESUMED.take().filter(|text| hooked.as_ref() != Some(text))
}

fn enter() {
    if probe::enters_catch() {
        CAUGHT.set(false);
        let _ = HOOKED.try_with(Cell::take);
    }
}

fn leave(caught: bool) {
    if probe::leaves_catch() {
        CAUGHT.set(caught);
    }
}

/// A panic has left the cell outside of all `catch_unwind`.
pub(crate) fn cell_has_panicked() {
    CAUGHT.set(true);
}

/// Whether the calling thread is outside of all `catch_unwind`, and the last one caught a panic;
/// once.
pub(crate) fn take_cell_panicked() -> bool {
    probe::is_outside_of_catches() && CAUGHT.replace(false)
}

/// What the errors say that other threads get when a thread unwinds and drops what it has, as they
/// stand at the end of a panic's message.
const OF_UNWINDING: [&str; 7] = [
    "PoisonError { .. }",
    "instance has previously been poisoned",
    "Any { .. }",
    "RecvError",
    "SendError { .. }",
    "SendError(..)",
    "a scoped thread panicked",
];

/// Whether a panic only came of it that a thread was made to unwind, to end a deadlock or since the
/// cell was stopped. It is no more the program's doing than the unwinding.
fn is_of_unwinding(info: &PanicHookInfo<'_>) -> bool {
    let message = message(info.payload());
    probe::somebody_was_unwound() && OF_UNWINDING.iter().any(|end| message.ends_with(end))
}

fn record(info: &PanicHookInfo<'_>) {
    let message = message(info.payload());
    // A thread that ends has no such variables any longer.
    let _ = HOOKED.try_with(|it| it.set(Some(message.to_owned())));
    let _ = RESUMED.try_with(|it| it.set(None));
    if let Some(at) = info.location() {
        probe::panic_started(at, message);
    }
}

/// Shows a panic in the notebook.
fn show(info: &PanicHookInfo<'_>) {
    let Some(at) = info.location() else { return };
    let message = message(info.payload());
    match env::var("RUST_BACKTRACE").as_deref() {
        Err(_) | Ok("0") => probe::show_panic(at, message),
        Ok("full") => {
            let backtrace = Backtrace::force_capture();
            probe::show_panic(at, &real::format!("{message}\0{backtrace}"));
        }
        Ok(_) => probe::show_panic(at, &real::format!("{message}\0{}", frames::callers())),
    }
}

fn message(payload: &(dyn Any + Send)) -> &str {
    if let Some(text) = payload.downcast_ref::<&str>() {
        text
    } else if let Some(text) = payload.downcast_ref::<String>() {
        text
    } else {
        "Box<dyn Any>"
    }
}
