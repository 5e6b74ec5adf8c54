//! What evcxr's generated code and evcxr's helper crates say through `stdout`.
//!
//! evcxr reads its private protocol from the lines of the cell process's stdout. Here user text
//! never gets there: only the lines of this file do, and only when they come from evcxr's own code.

use real::fmt::{self, Write as _};
use real::panic::Location;
use real::prelude::rust_2024::*;
use real::string::ToString;

use super::input;
use super::print::_println;
use crate::probe::{self, FrameKind};

/// evcxr's generated code, after it has caught a panic of the cell. Anything else that prints these
/// words prints text. evcxr is not told: it would forget the variables of earlier cells that this
/// one defines anew.
#[doc(hidden)]
#[track_caller]
pub fn _evcxr_panic_notification(text: &str) {
    if probe::is_attached() && probe::runs_cells() && crate::panic::take_cell_panicked() {
        if let Some(text) = crate::panic::take_resumed() {
            probe::show_resumed(&text);
        }
        probe::cell_panicked();
    } else {
        _println(real::format_args!("{text}"));
    }
}

/// Runs a cell's body. What is dropped at its end may panic, outside of evcxr's own `catch_unwind`.
#[doc(hidden)]
pub fn _cell<T>(store: *mut T, body: fn(*mut T) -> *mut T) -> *mut T {
    match real::panic::catch_unwind(real::panic::AssertUnwindSafe(|| body(store))) {
        Ok(store) => store,
        Err(cause) => {
            // Its own drop might panic as well.
            real::mem::forget(cause);
            crate::panic::cell_has_panicked();
            _evcxr_panic_notification("EVCXR_PANIC_NOTIFICATION");
            store
        }
    }
}

/// evcxr's generated code, when a `?` of the cell has returned early, which stands `at` that place.
/// evcxr is not told, as of panics.
#[doc(hidden)]
#[track_caller]
pub fn _evcxr_user_error(text: &str, at: &'static Location<'static>) {
    if probe::is_attached() && probe::runs_cells() {
        probe::cell_returned_error(at);
    } else {
        _println(real::format_args!("{text}"));
    }
}

/// The variable store, when a variable's type was defined anew.
pub(crate) fn variable_changed(name: &str) {
    let line = real::format!("EVCXR_VARIABLE_CHANGED_TYPE:{name}");
    if probe::is_attached() && probe::runs_cells() {
        protocol(&line);
    } else {
        _println(real::format_args!("{line}"));
    }
}

/// The crate `evcxr_input`, before it reads the answer from `stdin`: the request itself is made
/// when that is read.
#[doc(hidden)]
#[track_caller]
pub fn _evcxr_input_request(module: &str, args: fmt::Arguments<'_>) {
    if module == "evcxr_input" && probe::is_attached() {
        input::ask_with(args.to_string());
    } else {
        _println(args);
    }
}

fn protocol(line: &str) {
    if let Err(error) = probe::write_protocol(real::format!("{line}\n").as_bytes()) {
        real::panic!("failed telling evcxr `{line}`: {error}");
    }
}

/// Sends what the cell's last expression is.
pub(crate) fn send_result(args: &dyn fmt::Display) {
    let mut text = String::new();
    let formatted = text.write_fmt(real::format_args!("{args}"));
    if !probe::is_attached() {
        real::println!("{text}");
    } else if let Err(error) = probe::send(FrameKind::Result, text.as_bytes()) {
        real::panic!("failed showing the result: {error}");
    }
    if formatted.is_err() {
        real::panic!("failed showing the result: formatter error");
    }
}
