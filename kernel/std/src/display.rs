//! How a cell's last expression is shown. What a cell is compiled as calls this; no code of the
//! user's needs to.
//!
//! Method lookup tries a value, then a shared borrow, then a mutable one. [`Shown`] takes `&mut
//! self`, so a type's own `evcxr_display(&self)`, inherent or of a trait, always wins and is never
//! ambiguous with this one. The kernel borrows the expression once more, so that immutable
//! variables have the method, too.

use real::any::type_name;
use real::fmt::{Arguments, Debug};
use real::prelude::rust_2024::*;

/// What can be shown without a word of its own about how: everything that is `Debug`.
pub trait Shown {
    /// Sends `{:?}` of the value to the notebook.
    fn evcxr_display(&mut self);
}

impl<T: Debug + ?Sized> Shown for T {
    fn evcxr_display(&mut self) {
        show(real::format_args!("{self:?}"));
    }
}

/// Shows a value that the person wants formatted in another way.
pub fn show(value: Arguments<'_>) {
    crate::io::send_result(&value);
}

/// The same with the value's type in front, where `T` is a reference to it.
pub fn show_with_type<T: ?Sized>(value: Arguments<'_>) {
    let name = short(type_name::<T>().trim_start_matches('&'));
    show(real::format_args!(": {name} = {value}"));
}

/// A type's name without the modules: `Option<String>` of
/// `core::option::Option<alloc::string::String>`.
fn short(name: &str) -> String {
    let mut kept = String::new();
    let mut word = String::new();
    for c in name.chars() {
        match c {
            ':' => word.clear(),
            _ if c.is_alphanumeric() || c == '_' => word.push(c),
            _ => {
                kept.push_str(&word);
                word.clear();
                kept.push(c);
            }
        }
    }
    kept + &word
}
