//! What the static libraries of crates hold beside Rust's own code.

use object::read::archive::ArchiveFile;
use object::read::elf::{ElfFile64, FileHeader};
use object::{Endianness, Object, ObjectSymbol, SymbolScope};
use std::collections::BTreeSet;

/// What rustc's own members of a library end with.
const RUST_CODE: &[u8] = b".rcgu.o";
/// The crate's metadata.
const METADATA: &[u8] = b"lib.rmeta";
/// Ends the names of the functions that a global allocator defines; their mangled names are the
/// compiler's own.
const ALLOCATOR: [&str; 4] = [
    "___rust_alloc",
    "___rust_dealloc",
    "___rust_realloc",
    "___rust_alloc_zeroed",
];

/// The names that a C library bundled in `library` defines. Inline functions of the crate call
/// them, so a cell into which these are compiled needs them, but rustc doesn't export them.
pub(crate) fn bundled_symbols(library: &[u8]) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let Ok(archive) = ArchiveFile::parse(library) else {
        return names;
    };
    for member in archive.members().flatten() {
        if member.name().ends_with(RUST_CODE) || member.name() == METADATA {
            continue;
        }
        let Some(object) = member
            .data(library)
            .ok()
            .and_then(|it| object::File::parse(it).ok())
        else {
            continue;
        };
        let exported = object.symbols().filter(|symbol| {
            symbol.is_definition() && symbol.is_global() && symbol.scope() == SymbolScope::Dynamic
        });
        names.extend(exported.filter_map(|symbol| symbol.name().ok().map(str::to_owned)));
    }
    names
}

/// Symbol information of a global symbol without a type.
const GLOBAL: u8 = object::elf::STB_GLOBAL.0 << 4;

/// Makes a library that sets a global allocator use the process's, which is there already: memory
/// goes to and fro between cells, crates and the standard library. Returns whether it set one.
pub(super) fn use_the_process_allocator(library: &mut [u8]) -> bool {
    let definitions = allocator_symbols(library);
    for at in &definitions {
        // An ELF symbol: name (4 bytes), info, visibility, section (2), value (8), size (8).
        // Without the rest it is a global one of no type, which is defined elsewhere.
        library[at + 4] = GLOBAL;
        library[at + 5..at + 24].fill(0);
    }
    !definitions.is_empty()
}

/// Whether a library sets a global allocator.
pub(super) fn sets_allocator(library: &[u8]) -> bool {
    !allocator_symbols(library).is_empty()
}

/// Where the symbols of an allocator's functions lie in a library.
fn allocator_symbols(library: &[u8]) -> Vec<usize> {
    let mut found = Vec::new();
    let Ok(archive) = ArchiveFile::parse(library) else {
        return found;
    };
    for member in archive.members().flatten() {
        let (start, _) = member.file_range();
        if !member.name().ends_with(RUST_CODE) {
            continue;
        }
        let Ok(data) = member.data(library) else {
            continue;
        };
        let symbols = ElfFile64::<Endianness>::parse(data)
            .ok()
            .and_then(|object| allocator_symbols_of(data, &object));
        found.extend(symbols.into_iter().flatten().map(|at| start as usize + at));
    }
    found
}

/// Where these symbols lie in one object.
fn allocator_symbols_of(data: &[u8], object: &ElfFile64<'_, Endianness>) -> Option<Vec<usize>> {
    let endian = object.endian();
    let sections = object.elf_header().sections(endian, data).ok()?;
    let table = sections
        .iter()
        .find(|section| section.sh_type.get(endian) == object::elf::SHT_SYMTAB)?;
    let offset = table.sh_offset.get(endian) as usize;
    let size = table.sh_entsize.get(endian) as usize;
    let symbols = object.symbols().filter(|symbol| {
        let name = symbol.name().unwrap_or_default();
        symbol.is_definition()
            && symbol.is_global()
            && ALLOCATOR.iter().any(|it| name.ends_with(it))
    });
    Some(
        symbols
            .map(|symbol| offset + symbol.index().0 * size)
            .collect(),
    )
}
