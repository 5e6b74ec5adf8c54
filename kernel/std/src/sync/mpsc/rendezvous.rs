//! A channel without room: a message goes from hand to hand, and `send` returns when it was taken.
//!
//! A sender lays its message on the counter and waits until it is gone; a receiver takes from the
//! counter, first come first served. `try_send` lays its message down only if a receiver waits for
//! one and none is laid down for it yet.

use real::collections::VecDeque;
use real::prelude::rust_2024::*;
use real::sync::mpsc::{SendError, TryRecvError, TrySendError};
use real::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::probe::{self, Object, Place};

/// What both ends share.
pub(super) struct Rendezvous<T> {
    state: Mutex<Exchange<T>>,
}

/// Who is there, and what lies on the counter.
struct Exchange<T> {
    offers: VecDeque<Offer<T>>,
    next: u64,
    /// Whether the receiver waits for a message.
    expecting: bool,
    senders: usize,
    receiver: bool,
}

struct Offer<T> {
    number: u64,
    message: T,
}

/// The senders' end.
pub(super) struct Giver<T>(Arc<Rendezvous<T>>);

/// The receiver's end.
pub(super) struct Taker<T>(Arc<Rendezvous<T>>);

pub(super) fn ends<T>(shared: Arc<Rendezvous<T>>) -> (Giver<T>, Taker<T>) {
    (Giver(Arc::clone(&shared)), Taker(shared))
}

impl<T> Rendezvous<T> {
    pub(super) fn new() -> Rendezvous<T> {
        let state = Exchange {
            offers: VecDeque::new(),
            next: 0,
            expecting: false,
            senders: 1,
            receiver: true,
        };
        Rendezvous {
            state: Mutex::new(state),
        }
    }

    /// Held for a few instructions only, and never while user code runs.
    fn lock(&self) -> MutexGuard<'_, Exchange<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Exchange<T> {
    fn lay_down(&mut self, message: T) -> u64 {
        self.next += 1;
        self.offers.push_back(Offer {
            number: self.next,
            message,
        });
        self.next
    }

    fn position(&self, number: u64) -> Option<usize> {
        self.offers.iter().position(|offer| offer.number == number)
    }
}

/// Takes an offer back when its sender unwinds.
struct TakeBack<'a, T> {
    shared: &'a Rendezvous<T>,
    number: u64,
}

impl<T> TakeBack<'_, T> {
    fn take(&self) -> Option<T> {
        let mut state = self.shared.lock();
        let position = state.position(self.number)?;
        state.offers.remove(position).map(|offer| offer.message)
    }
}

impl<T> Drop for TakeBack<'_, T> {
    fn drop(&mut self) {
        drop(self.take());
    }
}

impl<T> Giver<T> {
    pub(super) fn send(&self, object: Object, message: T, at: Place) -> Result<(), SendError<T>> {
        let number = {
            let mut state = self.0.lock();
            if !state.receiver {
                drop(state);
                probe::message_refused(object);
                return Err(SendError(message));
            }
            state.lay_down(message)
        };
        probe::wake_one(object);
        let offer = TakeBack {
            shared: &self.0,
            number,
        };
        let taken = probe::wait_for_room(object, at, || {
            let state = self.0.lock();
            match state.position(number) {
                None => Some(Ok(())),
                Some(_) if !state.receiver => Some(Err(())),
                Some(_) => None,
            }
        });
        match (taken, offer.take()) {
            (Err(()), Some(message)) => {
                probe::message_refused(object);
                Err(SendError(message))
            }
            _ => {
                probe::sent(object, at);
                Ok(())
            }
        }
    }

    pub(super) fn try_send(&self, object: Object, message: T) -> Result<(), TrySendError<T>> {
        let mut state = self.0.lock();
        if !state.receiver {
            return Err(TrySendError::Disconnected(message));
        }
        if !state.expecting || !state.offers.is_empty() {
            return Err(TrySendError::Full(message));
        }
        state.lay_down(message);
        drop(state);
        probe::wake_one(object);
        Ok(())
    }
}

impl<T> Clone for Giver<T> {
    fn clone(&self) -> Giver<T> {
        self.0.lock().senders += 1;
        Giver(Arc::clone(&self.0))
    }
}

impl<T> Drop for Giver<T> {
    fn drop(&mut self) {
        self.0.lock().senders -= 1;
    }
}

/// Says that the receiver waits, as long as it lives.
pub(super) struct Expecting<'a, T>(&'a Rendezvous<T>);

impl<T> Drop for Expecting<'_, T> {
    fn drop(&mut self) {
        self.0.lock().expecting = false;
    }
}

impl<T> Taker<T> {
    pub(super) fn expect_message(&self) -> Expecting<'_, T> {
        self.0.lock().expecting = true;
        Expecting(&self.0)
    }

    pub(super) fn try_recv(&self, object: Object) -> Result<T, TryRecvError> {
        let mut state = self.0.lock();
        match state.offers.pop_front() {
            Some(offer) => {
                // What `try_send` laid down was for this one message.
                state.expecting = false;
                drop(state);
                probe::message_taken(object);
                Ok(offer.message)
            }
            None if state.senders == 0 => Err(TryRecvError::Disconnected),
            None => Err(TryRecvError::Empty),
        }
    }
}

impl<T> Drop for Taker<T> {
    fn drop(&mut self) {
        self.0.lock().receiver = false;
    }
}
