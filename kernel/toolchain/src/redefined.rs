//! Variables whose types a cell defines anew: their bytes are not what the new type's would be.

use crate::cell::Cell;
use crate::items::Items;
use crate::stand_in::nameable::own_names;
use crate::variables::{Fate, Reason, Variables};
use std::path::Path;

/// Gives up the variables whose types the announced cell defines in another way: their names, each
/// with that of the type.
pub fn give_up(variables: &mut Variables, workspace: &Path) -> Vec<(String, String)> {
    let kept = variables.kept();
    let own: Vec<_> = kept
        .map(|(number, name, kind)| (number, name.to_owned(), own_names(kind)))
        .filter(|(_, _, names)| !names.is_empty())
        .collect();
    if own.is_empty() {
        return Vec::new();
    }
    let cell = Cell::announced(workspace);
    let items = Items::load(workspace).with(&cell);
    let mut given_up = Vec::new();
    for (number, variable, names) in own {
        let change = items.newest(&names);
        if change.at == cell.serial {
            let name = change.name;
            given_up.push((variable.clone(), name.clone()));
            variables.set(number, &variable, Fate::Unkept(Reason::Redefined { name }));
        }
    }
    given_up
}
