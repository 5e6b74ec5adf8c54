//! Places in the source, as numbers that are equal in all runs.
//!
//! A place of a twin's operation is a `Location` in some loaded object; that of an atomic operation
//! is an address in the program's code. Both are told by how far they lie from where the program
//! was loaded. A step that a crate does is told by the line of the person's that led to it.

use std::ops::Range;
use std::panic::Location;
use std::path::Path;
use std::sync::atomic::{AtomicPtr, Ordering};

use crate::local;
use crate::symbols::{self, Owner, Static, Symbols};

/// Marks the place of a twin's operation.
const LOCATION: u32 = 1 << 31;
/// Locations lie at such addresses.
const ALIGNED: usize = 8;
/// In the middle of the numbers: objects lie on both sides of the program.
const MIDDLE: i64 = 1 << 30;

/// Once it is known, for as long as the process lives. No twin of ours may stand here.
static PROGRAM: AtomicPtr<Symbols> = AtomicPtr::new(std::ptr::null_mut());

/// Reads the program's symbols. It has been loaded.
pub fn prepare(program: &Path) {
    let name = program.file_stem().and_then(|name| name.to_str());
    let name = name.and_then(|name| name.strip_prefix("lib"));
    let file = format!("/{}.rs", name.unwrap_or_default());
    FILE.store(Box::leak(Box::new(file)), Ordering::Release);
    let symbols = Box::leak(Box::new(Symbols::of(program)));
    PROGRAM.store(symbols, Ordering::Release);
    OWN.store(Box::leak(Box::new(Own::find())), Ordering::Release);
}

/// How the path of the program's source ends.
static FILE: AtomicPtr<String> = AtomicPtr::new(std::ptr::null_mut());

/// Where the variables of the library and the recording lie.
static OWN: AtomicPtr<Own> = AtomicPtr::new(std::ptr::null_mut());

struct Own {
    all: Range<usize>,
    each: Vec<Range<usize>>,
}

impl Own {
    fn find() -> Own {
        let layout = std::ptr::from_ref(record::writer::layout()) as usize;
        let mut each = symbols::mapped(|path| path.contains("/libstd-"));
        each.push(layout..layout + record::layout::SIZE);
        let start = each.iter().map(|range| range.start).min();
        let end = each.iter().map(|range| range.end).max();
        Own {
            all: start.unwrap_or(0)..end.unwrap_or(0),
            each,
        }
    }
}

/// Whether what lies at `address` is the library's own, and no variable of the program. What is
/// allocated lies far from all of it.
pub fn is_own(address: usize) -> bool {
    // SAFETY: null, or what `prepare` leaked.
    let own = unsafe { OWN.load(Ordering::Acquire).as_ref() };
    own.is_some_and(|own| {
        own.all.contains(&address) && own.each.iter().any(|range| range.contains(&address))
    })
}

fn program() -> Option<&'static Symbols> {
    // SAFETY: null, or what `prepare` leaked.
    unsafe { PROGRAM.load(Ordering::Acquire).as_ref() }
}

fn base() -> usize {
    program().map_or(0, Symbols::base)
}

/// Of a twin's operation; and whether a crate does it.
pub fn of_twin(at: &'static Location<'static>) -> (u32, bool) {
    const LIBRARY: [&str; 2] = ["/rustc/", "/fearless"];
    // SAFETY: null, or what `prepare` leaked.
    let file = unsafe { FILE.load(Ordering::Acquire).as_ref() };
    if file.is_some_and(|file| at.file().ends_with(file.as_str())) {
        return (of_location(at), false);
    }
    let of_crate = !LIBRARY.iter().any(|root| at.file().starts_with(root));
    (of_persons().unwrap_or_else(|| of_location(at)), of_crate)
}

fn of_location(at: &'static Location<'static>) -> u32 {
    of_address(std::ptr::from_ref(at) as u64).unwrap_or(0)
}

/// Of the `Location` at this address, as a recording has it; `None` where it has none.
pub fn of_address(address: u64) -> Option<u32> {
    let far = (address as i64 - base() as i64) / ALIGNED as i64 + MIDDLE;
    let far = u32::try_from(far).ok().filter(|far| *far < LOCATION)?;
    (address != 0).then_some(LOCATION | far)
}

/// Where in the program's file the static variable at `address` lies, if it is one.
pub fn static_variable(address: usize) -> Option<usize> {
    let program = program()?;
    let offset = program.offset(address)?;
    program.static_at(offset).map(|_| offset)
}

/// That variable, if the source has a name for it.
pub fn static_at(offset: usize) -> Option<Static<'static>> {
    program()?
        .static_at(offset)
        .filter(|it| !it.name.is_empty())
}

/// What is remembered of code: that it is a twin's, that it acts for its caller, that it drops an
/// `Arc`, or its place, and whether it is a crate's.
const TWIN: u32 = u32::MAX;
const CALLER: u32 = u32::MAX - 1;
const DROP_OF_COUNT: u32 = u32::MAX - 2;
const CRATE: u32 = 1 << 31;

/// Whose the code at `address` is, or its place.
#[inline]
fn code(address: usize) -> u32 {
    let Some(program) = program() else { return 0 };
    if program.is_within_twin(address) {
        return TWIN;
    }
    let Some(offset) = program.offset(address) else {
        return 0;
    };
    let offset = offset as u32;
    local::remembered(offset, || match program.owner(address) {
        Some(Owner::Twin) => TWIN,
        Some(Owner::Caller) => CALLER,
        Some(Owner::DropOfCount) => DROP_OF_COUNT,
        Some(Owner::Program) => offset,
        Some(Owner::Crate) => offset | CRATE,
        None => 0,
    })
}

/// Where something is done.
#[derive(Clone, Copy)]
pub struct Site {
    /// The person's line, if one led to it.
    pub shown: u32,
    /// The line itself, which may be a crate's.
    pub exact: u32,
    /// Whether it is.
    pub of_crate: bool,
}

impl Site {
    /// What the program does at this line itself.
    pub fn of_program(place: u32) -> Site {
        Site {
            shown: place,
            exact: place,
            of_crate: false,
        }
    }
}

/// Where the calling thread does what the compiler's instrumentation tells of; `None` within a
/// twin's operation.
pub fn of_caller() -> Option<Site> {
    let exact = exact_caller()?;
    let of_crate = exact & CRATE != 0;
    let exact = exact & !CRATE;
    let shown = match of_crate {
        false => exact,
        true => of_persons().unwrap_or(exact),
    };
    Some(Site {
        shown,
        exact,
        of_crate,
    })
}

/// The innermost line that acts for nobody else; `None` where that is a twin's. A count is the
/// program's also where a twin drops what it was given.
#[inline]
fn exact_caller() -> Option<u32> {
    let mut counts = false;
    let place = local::innermost(|call| match code(call) {
        CALLER => None,
        DROP_OF_COUNT => {
            counts = true;
            None
        }
        TWIN if counts => None,
        TWIN => Some(None),
        place => Some(Some(place)),
    });
    place.unwrap_or(Some(0))
}

/// Whether the code at `address` is known at once to be a twin's, as most is that the compiler's
/// instrumentation tells of.
#[inline]
pub fn is_twins(address: usize) -> bool {
    program().is_some_and(|program| program.is_within_twin(address))
}

/// The innermost line of the person's.
fn of_persons() -> Option<u32> {
    local::innermost(|call| match code(call) {
        0 | CALLER | DROP_OF_COUNT | TWIN => None,
        place => (place & CRATE == 0).then_some(place),
    })
}

/// The place of the instruction before `address`, or of its caller; `None` within a twin's
/// operation.
#[inline]
pub fn of_instruction(address: usize) -> Option<u32> {
    let place = match code(address) {
        CALLER | DROP_OF_COUNT => exact_caller()?,
        TWIN => return None,
        place => place,
    };
    Some(place & !CRATE)
}

/// What a number of a place stands for.
pub enum Place {
    /// An address in the program's file.
    Code(u32),
    /// File, line and column.
    Source(&'static Location<'static>),
}

/// The place of a number that was given out here.
pub fn place(number: u32) -> Option<Place> {
    if number == 0 {
        return None;
    }
    if number & LOCATION == 0 {
        return Some(Place::Code(number));
    }
    let far = i64::from(number & !LOCATION) - MIDDLE;
    let address = (base() as i64 + far * ALIGNED as i64) as usize;
    // SAFETY: only `of_address` makes such numbers, of references that live as long as the process
    // and its copies, which have all objects at the same addresses.
    Some(Place::Source(unsafe {
        &*(address as *const Location<'static>)
    }))
}
