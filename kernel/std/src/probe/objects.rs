//! Identities of recorded objects.

use real::any::type_name;
use real::panic::Location;
use real::prelude::rust_2024::*;
use real::sync::atomic::{AtomicU32, Ordering};

use record::ObjectSlot;
use record::attention::Attention;
use record::layout::{
    FALLBACK_WAKES, Layout, OBJECT_DROPPED, OBJECT_LIBRARY, OBJECT_OF_RUNTIME, ObjectEntry, Wake,
    WakeRef,
};
use record::snapshot::{Library, ObjectKind};
use record::writer::{self, Reference};

/// A place in the user's source: `Location::caller()` of a `#[track_caller]` function.
pub type Place = &'static Location<'static>;

/// What is the same for all objects of one type.
#[derive(Clone, Copy)]
pub struct Meta {
    /// What they are.
    pub kind: ObjectKind,
    /// Whose.
    pub library: Library,
    /// The name of the protected or sent type.
    pub type_name: fn() -> &'static str,
}

impl Meta {
    /// The description of a `kind` that protects or sends a `T`; `()` where there is no such type.
    pub const fn of<T: ?Sized>(kind: ObjectKind) -> Meta {
        Meta {
            kind,
            library: Library::Std,
            type_name: type_name::<T>,
        }
    }

    /// The description of a crate's `kind` that sends a `T`.
    pub const fn of_crate<T: ?Sized>(library: Library, kind: ObjectKind) -> Meta {
        Meta {
            library,
            ..Meta::of::<T>(kind)
        }
    }

    /// The description of a crate's `kind`, for whose objects no type is known.
    pub const fn of_library(library: Library, kind: ObjectKind) -> Meta {
        Meta {
            kind,
            library,
            type_name: || "",
        }
    }
}

/// `Id::index` of an object that found the table full.
const NO_ROOM: u32 = u32::MAX;

/// Identity of a recorded object: embedded in it, given out at first use, freed by its own `Drop`.
///
/// Two threads may use an object for the first time at once: both prepare an entry, the first one
/// to write its index into `index` wins, and the other gives its entry back.
pub struct Id {
    index: AtomicU32,
    /// The entry, for the short ways. Known a little later than the index.
    entry: Reference<ObjectEntry>,
    /// Not known where the compiler made the object.
    #[cfg(fearless_bootstrap)]
    rank: Rank,
    created: Place,
}

/// When an object was made: among all, and among those of its place. From 1 on; 0 where it is not
/// known.
#[cfg(fearless_bootstrap)]
#[derive(Clone, Copy)]
struct Rank {
    of_all: u32,
    at_place: u32,
}

#[cfg(fearless_bootstrap)]
impl Rank {
    const UNKNOWN: Rank = Rank {
        of_all: 0,
        at_place: 0,
    };

    /// Of what is made now.
    fn next(place: Place) -> Rank {
        Rank {
            at_place: made_at(place),
            ..Rank::of_first_use()
        }
    }

    /// Of what the compiler made: of elements of an array, the first to be used may be any.
    fn of_first_use() -> Rank {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        Rank {
            of_all: NEXT.fetch_add(1, Ordering::Relaxed),
            at_place: 0,
        }
    }

    /// As the recording keeps it.
    fn order(self) -> u64 {
        u64::from(self.of_all) << 32 | u64::from(self.at_place)
    }
}

/// How many objects this place has made, with this one; 0 where there is no room to count.
#[cfg(fearless_bootstrap)]
fn made_at(place: Place) -> u32 {
    use real::sync::atomic::AtomicUsize;
    struct Made {
        place: AtomicUsize,
        times: AtomicU32,
    }
    const PLACES: usize = 4096;
    const PROBES: usize = 8;
    static MADE: [Made; PLACES] = [const {
        Made {
            place: AtomicUsize::new(0),
            times: AtomicU32::new(0),
        }
    }; PLACES];
    let key = real::ptr::from_ref(place) as usize;
    // Places lie side by side.
    let first = key / size_of::<Location<'_>>();
    for probe in 0..PROBES {
        let made = &MADE[(first + probe) % PLACES];
        let found = match made
            .place
            .compare_exchange(0, key, Ordering::Relaxed, Ordering::Relaxed)
        {
            Ok(_) => key,
            Err(found) => found,
        };
        if found == key {
            return made.times.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
        }
    }
    0
}

impl Id {
    /// An identity that remembers its caller's caller as the place of creation.
    #[expect(
        clippy::new_without_default,
        reason = "every identity has a place of its own"
    )]
    #[inline]
    #[track_caller]
    pub const fn new() -> Id {
        #[cfg(fearless_bootstrap)]
        const fn unknown(_: Place) -> Rank {
            Rank::UNKNOWN
        }
        let created = Location::caller();
        Id {
            index: AtomicU32::new(0),
            entry: Reference::none(),
            #[cfg(fearless_bootstrap)]
            rank: real::intrinsics::const_eval_select((created,), unknown, Rank::next),
            created,
        }
    }

    /// An identity of something that was made at a place.
    pub fn made_at(created: Place) -> Id {
        Id {
            index: AtomicU32::new(0),
            entry: Reference::none(),
            #[cfg(fearless_bootstrap)]
            rank: Rank::next(created),
            created,
        }
    }

    /// Where in it stands at which place it was made, for who makes an object in the name of its
    /// caller.
    pub const CREATED: usize = real::mem::offset_of!(Id, created);

    /// The index as it stands: 0 before the first use.
    #[inline(always)]
    pub(super) fn index(&self) -> u32 {
        self.index.load(Ordering::Acquire)
    }

    /// The entry, if it has been used before; sometimes a little later.
    #[inline(always)]
    pub(super) fn entry(&self) -> Option<&'static ObjectEntry> {
        self.entry.get()
    }

    /// A first rank among all objects, by time of creation if that is known, else by first use.
    fn order(&self, layout: &Layout) -> u64 {
        #[cfg(fearless_bootstrap)]
        {
            let _ = layout;
            // Objects of statics and constants have no time of creation.
            match self.rank.of_all {
                0 => Rank::of_first_use().order(),
                _ => self.rank.order(),
            }
        }
        #[cfg(not(fearless_bootstrap))]
        {
            next_order(layout)
        }
    }
}

impl Drop for Id {
    #[inline]
    fn drop(&mut self) {
        let index = *self.index.get_mut();
        if index != 0 && index != NO_ROOM {
            dropped(index);
        }
    }
}

#[inline(never)]
pub(super) fn dropped(index: u32) {
    if let Some(entry) = writer::layout().objects.get(index as usize) {
        entry.flags.fetch_or(OBJECT_DROPPED, Ordering::AcqRel);
    }
}

/// A recorded object, resolved from its [`Id`]; cheap to copy, valid even after the object is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Object {
    /// None when the table was full.
    pub(super) index: ObjectSlot,
    /// The fallback's wake word, for those that found the table full.
    pub(super) fallback: u32,
}

impl Object {
    #[inline]
    pub(super) fn at(index: u32) -> Object {
        Object {
            index: ObjectSlot(index),
            fallback: 0,
        }
    }

    /// Its place in the table.
    pub fn slot(self) -> ObjectSlot {
        self.index
    }

    /// Its entry; `None` when the table was full.
    #[inline]
    pub(super) fn entry(self, layout: &'static Layout) -> Option<&'static ObjectEntry> {
        if self.index == ObjectSlot::NONE {
            None
        } else {
            layout.objects.get(self.index.index())
        }
    }

    /// Where those sleep who wait for it.
    pub(super) fn wake_ref(self) -> WakeRef {
        if self.index == ObjectSlot::NONE {
            WakeRef::fallback(self.fallback)
        } else {
            WakeRef::object(self.index)
        }
    }

    /// The word where those sleep who wait for it.
    #[inline]
    pub(super) fn wake(self, layout: &'static Layout) -> &'static Wake {
        match self.entry(layout) {
            Some(entry) => &entry.wake,
            None => &layout.header.fallback_wakes[self.fallback as usize % FALLBACK_WAKES],
        }
    }
}

/// The object's entry in the recording, given out now if it has none.
#[inline]
pub fn resolve(id: &Id, meta: &'static Meta) -> Object {
    let index = id.index.load(Ordering::Acquire);
    if index != 0 && index != NO_ROOM {
        Object::at(index)
    } else {
        first_use(id, meta)
    }
}

/// The object's entry if it has been used before.
#[inline]
pub fn resolved(id: &Id) -> Option<Object> {
    match id.index.load(Ordering::Acquire) {
        0 => None,
        NO_ROOM => Some(without_entry(id)),
        index => Some(Object::at(index)),
    }
}

/// The object's entry in the recording if it has one.
pub fn entry(id: &Id) -> Option<&'static ObjectEntry> {
    resolved(id)?.entry(writer::layout())
}

fn without_entry(id: &Id) -> Object {
    let address = real::ptr::from_ref(id) as usize;
    Object {
        index: ObjectSlot::NONE,
        fallback: ((address >> 4) % FALLBACK_WAKES) as u32,
    }
}

#[cold]
#[inline(never)]
fn first_use(id: &Id, meta: &'static Meta) -> Object {
    if id.index.load(Ordering::Acquire) == NO_ROOM {
        return without_entry(id);
    }
    let layout = writer::layout();
    let Some(index) = new_entry(
        layout,
        meta,
        id.created,
        id.order(layout),
        real::ptr::from_ref(id) as u64,
    ) else {
        if id
            .index
            .compare_exchange(0, NO_ROOM, Ordering::AcqRel, Ordering::Acquire)
            .is_ok()
        {
            layout.header.lost_objects.fetch_add(1, Ordering::Relaxed);
        }
        return resolved(id).unwrap_or(without_entry(id));
    };
    match id
        .index
        .compare_exchange(0, index, Ordering::AcqRel, Ordering::Acquire)
    {
        Ok(_) => {
            id.entry.set(layout.objects.get(index as usize));
            Object::at(index)
        }
        Err(_) => {
            layout.give_object_back(index);
            resolved(id).unwrap_or(without_entry(id))
        }
    }
}

/// Fills an entry for a new object; `None` when the table is full.
pub(super) fn new_entry(
    layout: &'static Layout,
    meta: &'static Meta,
    created: Place,
    order: u64,
    address: u64,
) -> Option<u32> {
    let created_at = writer::with(|local| local.place(created));
    let made = Made {
        kind: meta.kind,
        library: meta.library,
        type_name: (meta.type_name)(),
        created_at,
        order,
        address,
    };
    let index = made.enter(layout)?;
    let entry = layout.objects.get(index as usize)?;
    if is_of_runtime(created.file()) {
        entry.flags.fetch_or(OBJECT_OF_RUNTIME, Ordering::Relaxed);
    }
    if layout.attention().has(Attention::CONTROLLED) {
        let made_at = real::ptr::from_ref(created) as u64;
        entry.made_at.store(made_at, Ordering::Relaxed);
    }
    Some(index)
}

/// Whether a file is tokio's own: in the folder of a package with that name and a version.
fn is_of_runtime(file: &str) -> bool {
    file.split('/').any(|folder| {
        let version = folder.strip_prefix("tokio-");
        version.is_some_and(|it| it.starts_with(|c: char| c.is_ascii_digit()))
    })
}

/// What an object's entry says from the beginning.
pub(super) struct Made {
    pub(super) kind: ObjectKind,
    pub(super) library: Library,
    pub(super) type_name: &'static str,
    /// A place's index.
    pub(super) created_at: u32,
    pub(super) order: u64,
    pub(super) address: u64,
}

impl Made {
    /// Its index; `None` when the table is full.
    pub(super) fn enter(self, layout: &'static Layout) -> Option<u32> {
        let (index, entry) = layout.take_object()?;
        entry.created_at.store(self.created_at, Ordering::Relaxed);
        entry.order.store(self.order, Ordering::Relaxed);
        entry.address.store(self.address, Ordering::Relaxed);
        let library = (self.library as u32) << OBJECT_LIBRARY;
        entry.flags.fetch_or(library, Ordering::Relaxed);
        // Nobody reads it where a scheduler decides.
        let name = if layout.attention().has(Attention::CONTROLLED) {
            0
        } else {
            layout.intern(self.type_name)
        };
        entry.type_name.store(name, Ordering::Relaxed);
        entry.cell.store(
            layout.header.cell.load(Ordering::Relaxed),
            Ordering::Relaxed,
        );
        entry.kind.store(self.kind as u32, Ordering::Release);
        Some(index)
    }
}

/// A rank for an object that is recorded when it is made.
pub(super) fn order_of_creation(layout: &Layout, place: Place) -> u64 {
    #[cfg(fearless_bootstrap)]
    {
        let _ = layout;
        Rank::next(place).order()
    }
    #[cfg(not(fearless_bootstrap))]
    {
        let _ = place;
        next_order(layout)
    }
}

/// The rank among all objects, as the recording keeps it; that at the place is not known.
pub(super) fn next_order(layout: &Layout) -> u64 {
    (layout.header.next_order.fetch_add(1, Ordering::Relaxed) + 1) << 32
}
