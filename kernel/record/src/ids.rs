//! Numbers that must not be taken for one another.

use std::fmt;

/// A thread's place in the recording's table. It may be another thread's from the next cell on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ThreadSlot(pub u32);

/// A thread's number within its cell, for people: T1 runs the cell, T2 is the first one that was
/// spawned. 0 for a thread that found the table full.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ThreadId(pub u32);

/// An object's place in the recording's table. It may be another object's from the next cell on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ObjectSlot(pub u32);

/// A task's place in the recording's table. It may be another task's from the next cell on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskSlot(pub u32);

/// A source place's place in the recording's table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LocationSlot(pub u32);

macro_rules! slot {
    ($slot:ident) => {
        impl $slot {
            /// None, or what found its table full.
            pub const NONE: Self = Self(0);

            /// Whether it stands for something.
            #[inline]
            pub const fn is_some(self) -> bool {
                self.0 != 0
            }

            /// The position in the table.
            #[inline]
            pub const fn index(self) -> usize {
                self.0 as usize
            }
        }
    };
}

slot!(ThreadSlot);
slot!(ObjectSlot);
slot!(TaskSlot);
slot!(LocationSlot);

impl fmt::Display for ThreadId {
    /// As people read it: `T2`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "T{}", self.0)
    }
}
