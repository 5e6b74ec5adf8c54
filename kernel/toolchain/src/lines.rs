//! Which lines of the source the instructions of a compiled program are.

use object::{Object, ObjectSection};
use std::fs;
use std::path::Path;

/// A place in a source file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceLine {
    /// Its path, as it was compiled.
    pub file: String,
    /// From 1.
    pub line: u32,
    /// From 1; 0 where it is not known.
    pub column: u32,
}

/// The places of addresses in the object at `path`; `None` for those that its debug information
/// does not know. Where functions were taken into their callers, that is the place in the innermost
/// whose file `is_wanted`, if there is one, else in the innermost that is not the library's.
pub fn lines(
    path: &Path,
    addresses: &[u64],
    is_wanted: &dyn Fn(&str) -> bool,
) -> Vec<Option<SourceLine>> {
    look_up(path, addresses, is_wanted).unwrap_or_else(|| vec![None; addresses.len()])
}

fn look_up(
    path: &Path,
    addresses: &[u64],
    is_wanted: &dyn Fn(&str) -> bool,
) -> Option<Vec<Option<SourceLine>>> {
    let bytes = fs::read(path).ok()?;
    let object = object::File::parse(bytes.as_slice()).ok()?;
    let section = |name: &str| {
        let found = object.section_by_name(name);
        let data = found.and_then(|section| section.uncompressed_data().ok());
        data.unwrap_or_default().into_owned()
    };
    lines_in(section, addresses, is_wanted)
}

/// The same where `section` gives the debug information.
pub(super) fn lines_in(
    section: impl Fn(&str) -> Vec<u8>,
    addresses: &[u64],
    is_wanted: &dyn Fn(&str) -> bool,
) -> Option<Vec<Option<SourceLine>>> {
    let order = gimli::RunTimeEndian::Little;
    let load = |id: gimli::SectionId| Ok::<_, gimli::Error>(section(id.name()));
    let sections = gimli::DwarfSections::load(load).ok()?;
    let dwarf = sections.borrow(|section| gimli::EndianSlice::new(section, order));
    let context = addr2line::Context::from_dwarf(dwarf).ok()?;
    let place = |address: &u64| {
        let mut frames = context.find_frames(*address).skip_all_loads().ok()?;
        let (mut innermost, mut outside) = (None, None);
        while let Ok(Some(frame)) = frames.next() {
            let Some(line) = frame.location.and_then(source_line) else {
                continue;
            };
            if is_wanted(&line.file) {
                return Some(line);
            }
            if outside.is_none() && !is_of_the_library(&line.file) {
                outside = Some(line.clone());
            }
            innermost.get_or_insert(line);
        }
        outside.or(innermost)
    };
    Some(addresses.iter().map(place).collect())
}

fn source_line(found: addr2line::Location<'_>) -> Option<SourceLine> {
    Some(SourceLine {
        file: found.file?.to_owned(),
        line: found.line?,
        column: found.column.unwrap_or(0),
    })
}

/// Whether a file is one of the standard library, as it was compiled or as its sources are
/// installed.
pub fn is_of_the_library(file: &str) -> bool {
    file.starts_with("/rustc/") || file.contains("/lib/rustlib/src/rust/library/")
}
