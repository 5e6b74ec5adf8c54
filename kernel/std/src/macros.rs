//! The print macros: the same as std's, but what they print goes through our [`io`](crate::io).
//!
//! Some things are worth knowing.
//!
//! - `format_args_nl!` is not stable, so `println!` hands over its arguments as they are and
//!   `io::_println` adds the newline.
//! - evcxr's generated code prints a few protocol lines with `println!`. They are recognised here
//!   by their *tokens*, so that a text that merely looks like one stays text. `io::evcxr` checks
//!   the rest: which module, which thread, what happened before.
//! - Being a diagnostic item is what keeps rustc from adding a note about the macro's inside to an
//!   error, as with the real macros.

/// Prints to standard output. The same as `std::print!`, except that an attached notebook learns
/// which thread of which cell printed.
///
/// # Panics
///
/// When writing to standard output fails, or formatting does.
#[cfg_attr(fearless_bootstrap, rustc_diagnostic_item = "fearless_print_macro")]
#[macro_export]
macro_rules! print {
    ($($arg:tt)*) => {{
        $crate::io::_print($crate::format_args!($($arg)*));
    }};
}

/// Prints to standard output, with a newline. The same as `std::println!`, except that an attached
/// notebook learns which thread of which cell printed.
///
/// # Panics
///
/// When writing to standard output fails, or formatting does.
#[cfg_attr(fearless_bootstrap, rustc_diagnostic_item = "fearless_println_macro")]
#[macro_export]
macro_rules! println {
    () => {
        $crate::print!("\n")
    };
    // One token, given twice: one to be compared, and one to be used with the hygiene it came with
    // (`"{name}"` would look for `name` here if it were written here).
    ($format:tt) => {
        $crate::__println_one!($format $format)
    };
    ("{}", evcxr_internal_runtime::USER_ERROR_OCCURRED) => {{
        // Of what contains it, if that tracks its caller: the `?` that called.
        $crate::io::_evcxr_user_error(
            evcxr_internal_runtime::USER_ERROR_OCCURRED,
            $crate::panic::Location::caller(),
        );
    }};
    ("{}:{}", GET_CMD, $prompt:expr) => {{
        $crate::io::_evcxr_input_request(
            $crate::module_path!(),
            $crate::format_args!("{}:{}", GET_CMD, $prompt),
        );
    }};
    ("{}:{}", GET_CMD_PASSWORD, $prompt:expr) => {{
        $crate::io::_evcxr_input_request(
            $crate::module_path!(),
            $crate::format_args!("{}:{}", GET_CMD_PASSWORD, $prompt),
        );
    }};
    ($($arg:tt)*) => {{
        $crate::io::_println($crate::format_args!($($arg)*));
    }};
}

/// `println!` of a single token: one of evcxr's markers, or just text.
#[doc(hidden)]
#[cfg_attr(
    fearless_bootstrap,
    rustc_diagnostic_item = "fearless_println_one_macro"
)]
#[macro_export]
macro_rules! __println_one {
    ("EVCXR_PANIC_NOTIFICATION" $format:tt) => {{
        $crate::io::_evcxr_panic_notification($format);
    }};
    ($compared:tt $format:tt) => {{
        $crate::io::_println($crate::format_args!($format));
    }};
}

/// Prints to standard error. The same as `std::eprint!`, except that an attached notebook learns
/// which thread of which cell printed.
///
/// # Panics
///
/// When writing to standard error fails, or formatting does.
#[cfg_attr(fearless_bootstrap, rustc_diagnostic_item = "fearless_eprint_macro")]
#[macro_export]
macro_rules! eprint {
    ($($arg:tt)*) => {{
        $crate::io::_eprint($crate::format_args!($($arg)*));
    }};
}

/// Prints to standard error, with a newline. The same as `std::eprintln!`, except that an attached
/// notebook learns which thread of which cell printed.
///
/// # Panics
///
/// When writing to standard error fails, or formatting does.
#[cfg_attr(fearless_bootstrap, rustc_diagnostic_item = "fearless_eprintln_macro")]
#[macro_export]
macro_rules! eprintln {
    () => {
        $crate::eprint!("\n")
    };
    ($($arg:tt)*) => {{
        $crate::io::_eprintln($crate::format_args!($($arg)*));
    }};
}

/// Prints and returns the value of an expression. The same as `std::dbg!`, except that an attached
/// notebook is told the place as that of a cell's line.
#[cfg_attr(fearless_bootstrap, rustc_diagnostic_item = "fearless_dbg_macro")]
#[macro_export]
macro_rules! dbg {
    () => {
        $crate::io::_dbg($crate::format_args!(""))
    };
    ($val:expr $(,)?) => {
        // `match`, so that temporaries of `$val` live as long as the value that is handed back.
        match $val {
            tmp => {
                $crate::io::_dbg($crate::format_args!(
                    " {} = {:#?}",
                    $crate::stringify!($val),
                    // As a trait object, so that a missing `Debug` is reported for the value and
                    // not for a format string that the user never wrote.
                    &&tmp as &dyn $crate::fmt::Debug,
                ));
                tmp
            }
        }
    };
    ($($val:expr),+ $(,)?) => {
        ($($crate::dbg!($val)),+,)
    };
}
