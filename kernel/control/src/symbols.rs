//! Whose code a place in the program is: the person's, a crate's, or the library's that was
//! compiled into it.
//!
//! The generic part of a twin is compiled into the program, and so are atomic operations within it.
//! An operation of a twin is one step: what it consists of is neither scheduled nor checked. What
//! `core` and `alloc` do belongs to whoever called them.

use std::collections::BTreeMap;
use std::fs;
use std::ops::Range;
use std::path::Path;

/// Whose a function is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Owner {
    /// The person's.
    Program,
    /// A crate's.
    Crate,
    /// A twin's, or what the real library has beneath it.
    Twin,
    /// Of the library, and acts for who called it.
    Caller,
    /// Drops an `Arc` of the program's, or a `Weak`. A twin may do that as well: with a message
    /// that nobody has received, or what a `OnceLock` or a thread-local variable keeps.
    DropOfCount,
}

/// The crate of the program itself.
const PROGRAM: &str = "ctx";

/// Modules of `std` whose functions are one step.
const TWINS: [&str; 8] = [
    "sync",
    "thread",
    "io",
    "probe",
    "panic",
    "panicking",
    "sys",
    "backtrace",
];

/// Modules of the recorder that are compiled into programs.
const RECORDER: [&str; 8] = [
    "attention",
    "clock",
    "frame",
    "futex",
    "layout",
    "memory",
    "uses",
    "writer",
];

/// What the library keeps for itself lies in these modules, as symbols write them.
const KEPT_BY_TWINS: [&str; 5] = [
    "3std6thread",
    "3std5probe",
    "3std4sync4mpmc",
    "3std4sync4mpsc",
    "3std3sys",
];

/// So many bytes of code are told apart at once, and so many of them are a word.
const FEW: usize = 16;
const BITS: usize = u64::BITS as usize;
const WORD: usize = FEW * BITS;

/// A place in a static variable.
#[derive(Clone, Copy, Debug)]
pub struct Static<'s> {
    /// What the source calls it; empty where that is not known.
    pub name: &'s str,
    /// So many bytes are its.
    pub size: usize,
    /// Behind so many of them the place is.
    pub within: usize,
}

/// The functions of one loaded object.
#[derive(Default)]
pub struct Symbols {
    base: usize,
    end: usize,
    functions: BTreeMap<usize, Owner>,
    /// Of each few bytes, a bit: whether they are a twin's code alone.
    twins: Vec<u64>,
    statics: BTreeMap<usize, (usize, String)>,
}

impl Symbols {
    /// Of the object at `path`, which is loaded. Empty where its table can't be read.
    pub fn of(path: &Path) -> Symbols {
        let Some((base, end)) = loaded_at(path) else {
            return Symbols::default();
        };
        let bytes = fs::read(path).unwrap_or_default();
        let mut symbols = Symbols {
            base,
            end,
            ..Symbols::default()
        };
        for symbol in table(&bytes).unwrap_or_default() {
            match symbol.kind {
                FUNCTION => {
                    symbols.functions.insert(symbol.at, owner_of(symbol.name));
                }
                OBJECT if symbol.size > 0 => {
                    let name = last_name(symbol.name).unwrap_or_default();
                    symbols.statics.insert(symbol.at, (symbol.size, name));
                }
                _ => {}
            }
        }
        symbols.mark_twins();
        symbols
    }

    fn mark_twins(&mut self) {
        let length = self.end - self.base;
        self.twins = vec![0; length / WORD + 1];
        let mut functions = self.functions.iter().peekable();
        while let Some((from, owner)) = functions.next() {
            let to = functions.peek().map_or(length, |(next, _)| **next);
            if *owner == Owner::Twin {
                for few in from.div_ceil(FEW)..to.min(length) / FEW {
                    self.twins[few * FEW / WORD] |= 1 << (few % BITS);
                }
            }
        }
    }

    /// Whether the code at `address` is known at once to be a twin's.
    #[inline]
    pub fn is_within_twin(&self, address: usize) -> bool {
        let few = address.wrapping_sub(self.base) / FEW;
        let word = self.twins.get(few / BITS);
        word.is_some_and(|word| word >> (few % BITS) & 1 == 1)
    }

    /// The static variable in which `offset` lies.
    pub fn static_at(&self, offset: usize) -> Option<Static<'_>> {
        let (at, (size, name)) = self.statics.range(..=offset).next_back()?;
        let within = offset - at;
        (within < *size).then_some(Static {
            name,
            size: *size,
            within,
        })
    }

    /// Whose the code at `address` is; `None` outside of the object.
    pub fn owner(&self, address: usize) -> Option<Owner> {
        let offset = self.offset(address)?;
        let before = self.functions.range(..=offset).next_back();
        before.map(|(_, owner)| *owner)
    }

    /// Where the object begins.
    pub fn base(&self) -> usize {
        self.base
    }

    /// Where in the object's file, as its debug information counts, `address` is.
    pub fn offset(&self, address: usize) -> Option<usize> {
        (self.base..self.end)
            .contains(&address)
            .then(|| address - self.base)
    }
}

/// From where to where the object lies in memory.
fn loaded_at(path: &Path) -> Option<(usize, usize)> {
    let path = fs::canonicalize(path).ok()?;
    let parts = mapped(|mapped| path.to_str() == Some(mapped));
    let first = parts.iter().map(|part| part.start).min()?;
    let last = parts.iter().map(|part| part.end).max()?;
    Some((first, last))
}

/// The memory in which files lie whose paths are `wanted`.
pub fn mapped(wanted: impl Fn(&str) -> bool) -> Vec<Range<usize>> {
    let maps = fs::read_to_string("/proc/self/maps").unwrap_or_default();
    let range = |line: &str| {
        let path = line.find('/').map(|at| &line[at..])?;
        let (from, to) = line.split(' ').next()?.split_once('-')?;
        let from = usize::from_str_radix(from, 16).ok()?;
        let to = usize::from_str_radix(to, 16).ok()?;
        wanted(path).then_some(from..to)
    };
    maps.lines().filter_map(range).collect()
}

/// A kind of symbol: a variable, a function.
const OBJECT: u8 = 1;
const FUNCTION: u8 = 2;

/// An entry of the table of symbols.
struct Symbol<'b> {
    kind: u8,
    at: usize,
    size: usize,
    name: &'b str,
}

/// The table of symbols of a 64-bit ELF object.
fn table(bytes: &[u8]) -> Option<Vec<Symbol<'_>>> {
    const SYMBOLS: u32 = 2;
    const ENTRY: usize = 24;
    let half = |at: usize| Some(u16::from_le_bytes(bytes.get(at..at + 2)?.try_into().ok()?));
    let word = |at: usize| Some(u32::from_le_bytes(bytes.get(at..at + 4)?.try_into().ok()?));
    let long = |at: usize| {
        let bytes = bytes.get(at..at + 8)?.try_into().ok()?;
        usize::try_from(u64::from_le_bytes(bytes)).ok()
    };
    let (sections, size, count) = (long(0x28)?, half(0x3a)?, half(0x3c)?);
    let section = |index: usize| sections + index * usize::from(size);
    let table = (0..usize::from(count))
        .map(section)
        .find(|at| word(at + 4) == Some(SYMBOLS))?;
    let (start, length) = (long(table + 0x18)?, long(table + 0x20)?);
    let names = long(section(word(table + 0x28)? as usize) + 0x18)?;
    let mut found = Vec::new();
    for at in (start..start + length).step_by(ENTRY) {
        let name = bytes.get(names + word(at)? as usize..)?;
        let end = name.iter().position(|byte| *byte == 0)?;
        found.push(Symbol {
            kind: bytes.get(at + 4)? & 0xf,
            at: long(at + 8)?,
            size: long(at + 16)?,
            name: str::from_utf8(&name[..end]).unwrap_or(""),
        });
    }
    Some(found)
}

/// The last name in the path of a v0 symbol.
fn last_name(symbol: &str) -> Option<String> {
    let mut rest = path_of(symbol)?.2;
    let mut last = None;
    while let Some((name, after)) = identifier(rest) {
        last = Some(name.to_owned());
        rest = after;
    }
    last
}

/// Whose a function with this (v0) symbol is.
fn owner_of(symbol: &str) -> Owner {
    match home(symbol) {
        Some((krate @ ("core" | "alloc"), _)) => {
            // Counts of what a twin keeps are its own, also where the program drops it. Where the
            // program keeps a thread's handle in memory of its own, that is the program's.
            let keeps = KEPT_BY_TWINS.iter().any(|path| symbol.contains(path));
            let dropped = symbol.split_once("4core3ptr13drop_in_place");
            match dropped {
                _ if keeps && (krate == "alloc" || dropped.is_some()) => Owner::Twin,
                Some((_, kind)) if is_count(kind) => Owner::DropOfCount,
                _ => Owner::Caller,
            }
        }
        Some(("record", Some(module))) if RECORDER.contains(&module) => Owner::Twin,
        Some(("std", Some(module))) if TWINS.contains(&module) => Owner::Twin,
        Some(("std", _)) => Owner::Caller,
        Some((krate, _)) if krate != PROGRAM => Owner::Crate,
        _ => Owner::Program,
    }
}

/// Whether what a function of that kind of argument drops is an `Arc` or a `Weak`.
fn is_count(argument: &str) -> bool {
    let symbol = format!("_R{argument}");
    let names = path_of(&symbol).and_then(|(_, krate, rest)| {
        let (module, rest) = identifier(rest)?;
        Some((krate, module, identifier(rest)?.0))
    });
    matches!(names, Some(("alloc", "sync", "Arc" | "Weak")))
}

/// The crate and its module in which the function of a v0 symbol is defined: the first path in the
/// symbol begins with them.
fn home(symbol: &str) -> Option<(&str, Option<&str>)> {
    let (namespaces, krate, rest) = path_of(symbol)?;
    let module = if namespaces > 0 {
        identifier(rest)
    } else {
        None
    };
    Some((krate, module.map(|(name, _)| name)))
}

/// How many names follow the crate's in a v0 symbol's first path, the crate's, and what follows it.
fn path_of(symbol: &str) -> Option<(usize, &str, &str)> {
    let mut rest = symbol.strip_prefix("_R")?;
    let mut namespaces = 0;
    loop {
        let tag = rest.chars().next()?;
        rest = &rest[1..];
        match tag {
            'N' => {
                namespaces += 1;
                rest = rest.get(1..)?;
            }
            'M' | 'X' => rest = without_disambiguator(rest),
            'I' | 'Y' | 'R' | 'Q' | 'S' | 'P' | 'O' | 'A' => {}
            'C' => break,
            _ => return None,
        }
    }
    let (krate, rest) = identifier(without_disambiguator(rest))?;
    Some((namespaces, krate, rest))
}

fn without_disambiguator(rest: &str) -> &str {
    match rest.strip_prefix('s') {
        Some(number) => number.split_once('_').map_or(rest, |(_, rest)| rest),
        None => rest,
    }
}

fn identifier(rest: &str) -> Option<(&str, &str)> {
    let rest = without_disambiguator(rest);
    let digits = rest.find(|c: char| !c.is_ascii_digit())?;
    let length: usize = rest[..digits].parse().ok()?;
    let name = rest[digits..].strip_prefix('_').unwrap_or(&rest[digits..]);
    Some((name.get(..length)?, name.get(length..)?))
}
