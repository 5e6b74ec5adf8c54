//! `trace_span!` and `trace!`, with the grammar of which tokio makes use.

/// A span.
#[macro_export]
macro_rules! trace_span {
    (target: $target:expr, parent: $parent:expr, $name:literal $(, $($fields:tt)*)?) => {
        $crate::told::span($target, $name, &$crate::fields!($($($fields)*)?))
    };
    (target: $target:expr, $name:literal $(, $($fields:tt)*)?) => {
        $crate::told::span($target, $name, &$crate::fields!($($($fields)*)?))
    };
    (parent: $parent:expr, $name:literal $(, $($fields:tt)*)?) => {
        $crate::told::span("", $name, &$crate::fields!($($($fields)*)?))
    };
    ($name:literal $(, $($fields:tt)*)?) => {
        $crate::told::span("", $name, &$crate::fields!($($($fields)*)?))
    };
}

/// An event.
#[macro_export]
macro_rules! trace {
    // Told at each clone, use and drop of a waker.
    (target: "tokio::task::waker", op = $op:expr, task.id = $task:expr $(,)?) => {
        $crate::told::waker($op, $task)
    };
    (target: $target:expr $(, $($fields:tt)*)?) => {
        $crate::told::event($target, &$crate::fields!($($($fields)*)?))
    };
}

/// The fields that are given as `name = value`, `name = %value`, `name = ?value` or `%name`: one
/// expression, so that what they borrow lives until the call is over.
#[doc(hidden)]
#[macro_export]
macro_rules! fields {
    ($($fields:tt)*) => {
        $crate::fields_after!(($crate::told::Fields::default()) $($fields)*)
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! fields_after {
    (($told:expr)) => { $told };
    (($told:expr) % $name:ident $(, $($rest:tt)*)?) => {
        $crate::fields_after!(
            ($told.with(concat!(stringify!($name), "."), &$crate::told::Shown(&$name)))
            $($($rest)*)?
        )
    };
    (($told:expr) ? $name:ident $(, $($rest:tt)*)?) => {
        $crate::fields_after!(($told) $($($rest)*)?)
    };
    (($told:expr) $($name:ident).+ = % $value:expr $(, $($rest:tt)*)?) => {
        $crate::fields_after!(
            ($told.with(concat!($(stringify!($name), "."),+), &$crate::told::Shown(&$value)))
            $($($rest)*)?
        )
    };
    (($told:expr) $($name:ident).+ = ? $value:expr $(, $($rest:tt)*)?) => {
        $crate::fields_after!(($told) $($($rest)*)?)
    };
    (($told:expr) $($name:ident).+ = $value:expr $(, $($rest:tt)*)?) => {
        $crate::fields_after!(
            ($told.with(concat!($(stringify!($name), "."),+), &$value))
            $($($rest)*)?
        )
    };
    (($told:expr) $name:literal = % $value:expr $(, $($rest:tt)*)?) => {
        $crate::fields_after!(
            ($told.with(concat!($name, "."), &$crate::told::Shown(&$value)))
            $($($rest)*)?
        )
    };
    (($told:expr) $name:literal = $value:expr $(, $($rest:tt)*)?) => {
        $crate::fields_after!(($told.with(concat!($name, "."), &$value)) $($($rest)*)?)
    };
}
