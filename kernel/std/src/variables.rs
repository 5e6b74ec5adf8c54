//! Where a notebook's variables live between cells.
//!
//! evcxr writes a store of its own out into every cell that has variables, and compiling that takes
//! longer than compiling the cell. The kernel puts this one in its place, which is compiled
//! already; names and signatures are evcxr's. What depends on a variable's type is kept as small as
//! can be.

use real::any::{Any, TypeId};
use real::boxed::Box;
use real::collections::HashMap;
use real::prelude::rust_2024::*;
use real::sync::Arc;

use crate::probe;

/// What evcxr's generated code prints when a `?` has returned early.
pub const USER_ERROR_OCCURRED: &str = "EVCXR_ERROR_OCCURRED";

/// The variables by name.
#[derive(Default)]
pub struct VariableStore {
    variables: HashMap<String, Box<dyn Any>>,
}

/// The first cell that has variables makes the store; it lives as long as the process.
pub fn create_variable_store() -> *mut VariableStore {
    Box::into_raw(Box::default())
}

impl VariableStore {
    /// The cell's own code has come to its end: what follows keeps its variables.
    pub fn at_end(&self) {
        probe::cell_keeps_variables();
    }

    /// Keeps a variable.
    // Inlined, its call would be gone from the MIR of an optimised cell, which tells the type.
    #[inline(never)]
    pub fn put_variable<T: 'static>(&mut self, name: &str, value: T) {
        self.put(name, Box::new(value));
    }

    /// Keeps a variable of an earlier cell if the cell has kept none of its name: it ended before
    /// it could.
    pub fn put_back<T: 'static>(&mut self, name: &str, value: T) {
        if !self.variables.contains_key(name) {
            self.put_variable(name, value);
        }
    }

    /// Whether a variable is there and has this type; evcxr is told if not, and compiles the cell
    /// without it.
    pub fn check_variable<T: 'static>(&mut self, name: &str) -> bool {
        self.check(name, TypeId::of::<T>())
    }

    /// Gives a variable back.
    ///
    /// # Panics
    /// When there is none of this name and type: [`check_variable`](Self::check_variable) was not
    /// asked.
    pub fn take_variable<T: 'static>(&mut self, name: &str) -> T {
        match self.take(name).downcast() {
            Ok(value) => *value,
            Err(_) => has_another_type(name),
        }
    }

    /// A value that is made once and shared by all cells: a runtime. One of another type, which is
    /// of another build of its crate, goes on beside it: tasks may run there.
    pub fn lazy_arc<T: 'static, F: FnOnce() -> T>(&mut self, name: &str, create: F) -> Arc<T> {
        let found = self.variables.get(name);
        if let Some(value) = found.and_then(|value| value.downcast_ref::<Arc<T>>()) {
            return Arc::clone(value);
        }
        let value = Arc::new(create());
        if let Some(before) = self.variables.remove(name) {
            real::mem::forget(before);
        }
        self.put(name, Box::new(Arc::clone(&value)));
        value
    }

    fn put(&mut self, name: &str, value: Box<dyn Any>) {
        self.variables.insert(name.to_owned(), value);
    }

    fn check(&self, name: &str, wanted: TypeId) -> bool {
        let found = self.variables.get(name);
        let fits = found.is_some_and(|value| (**value).type_id() == wanted);
        if !fits {
            if found.is_some() {
                crate::eprintln!("The type of the variable {name} was redefined, so was lost.");
            }
            crate::io::variable_changed(name);
        }
        fits
    }

    fn take(&mut self, name: &str) -> Box<dyn Any> {
        match self.variables.remove(name) {
            Some(value) => value,
            None => real::panic!("the variable `{name}` has gone missing"),
        }
    }
}

#[cold]
fn has_another_type(name: &str) -> ! {
    real::panic!("the variable `{name}` has another type than before")
}
