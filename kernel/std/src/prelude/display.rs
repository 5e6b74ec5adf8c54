//! A display method for every `Debug` value, so that evcxr's first attempt compiles.
//!
//! evcxr shows a cell's last expression by compiling `(expr).evcxr_display();`, and, when that does
//! not compile, by compiling the whole cell again with `{:?}`. With this trait in scope the first
//! attempt compiles for most values.

use real::fmt::Debug;

/// Shows a value as the result of the cell.
///
/// The receiver is `&mut self` on purpose: method lookup tries a value, then a shared borrow, then a
/// mutable one. So a type's own `evcxr_display(&self)`, inherent or of a trait, always wins and is
/// never ambiguous with this one. The price is that an immutable variable (`x`, unlike `x + 1`)
/// cannot be borrowed so, and takes evcxr's second attempt as before.
#[diagnostic::on_unimplemented(message = "`{Self}` doesn't implement `Debug`")]
pub trait EvcxrDisplay {
    /// Sends `{:?}` of the value to the notebook.
    fn evcxr_display(&mut self);
}

impl<T: Debug + ?Sized> EvcxrDisplay for T {
    fn evcxr_display(&mut self) {
        crate::io::send_result(&real::format_args!("{self:?}"));
    }
}
