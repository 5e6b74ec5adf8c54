//! lock_api: a lock that keeps the place at which it was made gets its caller's, and who has a
//! guard is not made to unwind while its lock is taken again.

use super::edit::{Copied, Edit, line, text};

/// In a trait of locks: where in one stands at which place it was made.
const INIT: &str = "    const INIT: Self;\n";
const INIT_AND_CREATED: &str =
    "    const INIT: Self;\n    #[doc(hidden)]\n    const CREATED: usize = usize::MAX;\n";

const NEW: &str = "    pub const fn new(val: T) -> ";
const NEW_BY_CALLER: &str = "    #[track_caller]\n    pub const fn new(val: T) -> ";
const DEFAULT: &str = "    fn default() -> ";
const DEFAULT_BY_CALLER: &str = "    #[track_caller]\n    fn default() -> ";
const FROM: &str = "    fn from(t: T) -> ";
const FROM_BY_CALLER: &str = "    #[track_caller]\n    fn from(t: T) -> ";

const RAW: &str = "raw: R::INIT,";
const RAW_CREATED: &str = "raw: crate::created(R::INIT, R::CREATED),";
const INNER: &str = "mutex: R::INIT,";
const INNER_CREATED: &str = "mutex: crate::created(R::INIT, R::CREATED),";

/// Makes a lock with its caller's place.
const CREATED: &str = "
#[track_caller]
pub(crate) const fn created<R>(raw: R, at: usize) -> R {
    let mut raw = core::mem::MaybeUninit::new(raw);
    if at != usize::MAX {
        let place = raw.as_mut_ptr().cast::<u8>().wrapping_add(at);
        let place = place.cast::<&'static core::panic::Location<'static>>();
        // SAFETY: the lock has its place there.
        unsafe { place.write(core::panic::Location::caller()) }
    }
    // SAFETY: it was a lock, and is one.
    unsafe { raw.assume_init() }
}
";

/// Where a guard has let its lock go and takes it again.
const fn taken_again(file: &'static str) -> Edit {
    let instead = ("defer!(::std::of_crates::without_unwinding(|| s.", "));");
    line(file, ("defer!(s.", ");"), instead)
}

pub(super) const COPIED: Copied = Copied {
    package: "lock_api",
    unless: &[],
    flags: &[],
    library: None,
    groups: &[],
    edits: &[
        text("mutex.rs", INIT, INIT_AND_CREATED),
        text("mutex.rs", NEW, NEW_BY_CALLER),
        text("mutex.rs", DEFAULT, DEFAULT_BY_CALLER),
        text("mutex.rs", FROM, FROM_BY_CALLER),
        text("mutex.rs", RAW, RAW_CREATED),
        taken_again("mutex.rs"),
        text("rwlock.rs", INIT, INIT_AND_CREATED),
        text("rwlock.rs", NEW, NEW_BY_CALLER),
        text("rwlock.rs", DEFAULT, DEFAULT_BY_CALLER),
        text("rwlock.rs", FROM, FROM_BY_CALLER),
        text("rwlock.rs", RAW, RAW_CREATED),
        taken_again("rwlock.rs"),
        text("remutex.rs", NEW, NEW_BY_CALLER),
        text("remutex.rs", DEFAULT, DEFAULT_BY_CALLER),
        text("remutex.rs", FROM, FROM_BY_CALLER),
        text("remutex.rs", INNER, INNER_CREATED),
        taken_again("remutex.rs"),
        Edit::Append {
            file: "lib.rs",
            text: CREATED,
        },
    ],
};
