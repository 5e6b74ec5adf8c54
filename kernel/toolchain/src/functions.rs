//! The function that an address in a compiled cell belongs to.

use object::{Object, ObjectSymbol, SymbolKind};
use std::fs;
use std::path::Path;

/// The path of the function at an offset of a library, as people write it: `ctx::divide`.
pub fn function_at(library: &Path, offset: u64) -> Option<String> {
    let data = fs::read(library).ok()?;
    let file = object::File::parse(&*data).ok()?;
    let mut functions = file.symbols().filter(|it| it.kind() == SymbolKind::Text);
    let function = functions.find(|it| (it.address()..it.address() + it.size()).contains(&offset));
    let name = function.as_ref()?.name().ok()?;
    Some(format!("{:#}", rustc_demangle::demangle(name)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_of_this_program_has_its_function() {
        let program = std::env::current_exe().unwrap();
        let data = fs::read(&program).unwrap();
        let file = object::File::parse(&*data).unwrap();
        let known = file
            .symbols()
            .find(|it| it.name().is_ok_and(|name| name.contains("function_at")) && it.size() > 1)
            .unwrap();
        let found = function_at(&program, known.address() + 1).unwrap();
        assert!(found.contains("functions::function_at"), "{found}");
        assert_eq!(function_at(&program, 0), None);
    }
}
