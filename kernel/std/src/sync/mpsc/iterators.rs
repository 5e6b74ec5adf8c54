//! The receiver's iterators. Each `next` is a `recv` at the place of its caller: the loop. An
//! adapter (`rx.iter().sum()`) calls it from the standard library, where nobody would look for it:
//! then it is at the place where the iterator was made.

use real::fmt;
use real::panic::Location;
use real::prelude::rust_2024::*;

use super::Receiver;
use crate::probe::Place;

/// An iterator over messages on a `Receiver`. The same as `std::sync::mpsc::Iter`.
pub struct Iter<'a, T: 'a> {
    rx: &'a Receiver<T>,
    made: Place,
}

/// An iterator that attempts to yield all pending values. The same as `std::sync::mpsc::TryIter`.
pub struct TryIter<'a, T: 'a> {
    rx: &'a Receiver<T>,
    made: Place,
}

/// An owning iterator over messages on a `Receiver`. The same as `std::sync::mpsc::IntoIter`.
pub struct IntoIter<T> {
    rx: Receiver<T>,
    made: Place,
}

/// Where a message is taken: at `caller`, unless that is code of a dependency or of the language's
/// own crates, which alone are compiled under their full path.
#[inline]
fn taken_at(caller: Place, made: Place) -> Place {
    if caller.file().starts_with('/') {
        made
    } else {
        caller
    }
}

impl<T> Receiver<T> {
    /// Returns an iterator that waits for messages. The same as `std::sync::mpsc::Receiver::iter`.
    #[track_caller]
    pub fn iter(&self) -> Iter<'_, T> {
        Iter {
            rx: self,
            made: Location::caller(),
        }
    }

    /// Returns an iterator over the pending values. The same as
    /// `std::sync::mpsc::Receiver::try_iter`.
    #[track_caller]
    pub fn try_iter(&self) -> TryIter<'_, T> {
        TryIter {
            rx: self,
            made: Location::caller(),
        }
    }
}

impl<T> Iterator for Iter<'_, T> {
    type Item = T;

    #[track_caller]
    fn next(&mut self) -> Option<T> {
        let at = taken_at(Location::caller(), self.made);
        self.rx.recv_at(at).ok()
    }
}

impl<T> Iterator for TryIter<'_, T> {
    type Item = T;

    #[track_caller]
    fn next(&mut self) -> Option<T> {
        let at = taken_at(Location::caller(), self.made);
        self.rx.try_recv_at(at).ok()
    }
}

impl<T> Iterator for IntoIter<T> {
    type Item = T;

    #[track_caller]
    fn next(&mut self) -> Option<T> {
        let at = taken_at(Location::caller(), self.made);
        self.rx.recv_at(at).ok()
    }
}

impl<'a, T> IntoIterator for &'a Receiver<T> {
    type Item = T;
    type IntoIter = Iter<'a, T>;

    #[track_caller]
    fn into_iter(self) -> Iter<'a, T> {
        self.iter()
    }
}

impl<T> IntoIterator for Receiver<T> {
    type Item = T;
    type IntoIter = IntoIter<T>;

    #[track_caller]
    fn into_iter(self) -> IntoIter<T> {
        IntoIter {
            rx: self,
            made: Location::caller(),
        }
    }
}

impl<'a, T: fmt::Debug + 'a> fmt::Debug for Iter<'a, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Iter").field("rx", self.rx).finish()
    }
}

impl<'a, T: fmt::Debug + 'a> fmt::Debug for TryIter<'a, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TryIter").field("rx", self.rx).finish()
    }
}

impl<T: fmt::Debug> fmt::Debug for IntoIter<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IntoIter").field("rx", &self.rx).finish()
    }
}
