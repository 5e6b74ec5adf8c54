//! Variables whose types a cell defines anew: their bytes are not what the new type's would be.

use crate::cell::Cell;
use crate::items::Items;
use crate::stand_in::nameable::own_names;
use crate::variables::{Fate, Reason, Variables};
use std::path::Path;

/// Gives up the variables whose types the announced cell defines in another way; whether there are
/// any.
pub fn give_up(variables: &mut Variables, workspace: &Path) -> bool {
    let kept = variables.kept();
    let own: Vec<_> = kept
        .map(|(number, name, kind)| (number, name.to_owned(), own_names(kind)))
        .filter(|(_, _, names)| !names.is_empty())
        .collect();
    if own.is_empty() {
        return false;
    }
    let cell = Cell::announced(workspace);
    let items = Items::load(workspace).with(&cell);
    let mut gives_up = false;
    for (number, variable, names) in own {
        let change = items.newest(&names);
        if change.at == cell.serial {
            let name = change.name;
            variables.set(number, &variable, Fate::Unkept(Reason::Redefined { name }));
            gives_up = true;
        }
    }
    gives_up
}
