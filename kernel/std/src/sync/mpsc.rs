//! `std::sync::mpsc`: a queue, and beside it the channel's identity in the recording.
//!
//! Both kinds of queue are our own. The real ones can wait, which no thread of ours does inside of
//! one; one for many receivers costs more than one for the single receiver that there is; and the
//! code of all three of them would be compiled into each cell with a channel.

mod iterators;
mod queue;
mod rendezvous;

use real::fmt;
use real::marker::PhantomData;
use real::panic::Location;
use real::prelude::rust_2024::*;
use real::sync::Arc;
use real::sync::mpsc as theirs;
use real::time::{Duration, Instant};

use crate::probe::{self, Meta, ObjectKind, Operation, Place, ReceiverId, SenderId};
use rendezvous::Rendezvous;

pub use iterators::{IntoIter, Iter, TryIter};
pub use theirs::{RecvError, RecvTimeoutError, SendError, TryRecvError, TrySendError};

/// The sending-half of an asynchronous channel. The same as `std::sync::mpsc::Sender`.
pub struct Sender<T> {
    // Dropped first: who is woken by the identity's end must find the queue closed.
    queue: queue::Giver<T>,
    id: SenderId,
}

/// The sending-half of a synchronous channel. The same as `std::sync::mpsc::SyncSender`.
pub struct SyncSender<T> {
    queue: Bounded<T>,
    id: SenderId,
}

enum Bounded<T> {
    Queue(queue::Giver<T>),
    Rendezvous(rendezvous::Giver<T>),
}

/// The receiving half of a channel. The same as `std::sync::mpsc::Receiver`.
pub struct Receiver<T> {
    queue: Source<T>,
    id: ReceiverId,
    /// One thread at a time, as with the real one.
    not_sync: PhantomData<*const ()>,
}

enum Source<T> {
    Queue(queue::Taker<T>),
    Rendezvous(rendezvous::Taker<T>),
}

#[cfg(fearless_bootstrap)]
impl<T> !Sync for Receiver<T> {}
// SAFETY: the pointer in `not_sync` points to nothing; the queue may be sent where its messages
// may.
unsafe impl<T: Send> Send for Receiver<T> {}

struct Of<T>(PhantomData<T>);

impl<T> Of<T> {
    const CHANNEL: Meta = Meta::of::<T>(ObjectKind::Channel);
    const SYNC_CHANNEL: Meta = Meta::of::<T>(ObjectKind::SyncChannel);
}

/// Creates a new asynchronous channel. The same as `std::sync::mpsc::channel`; the report shows how
/// many messages went through it, and how long the receiver waited.
#[must_use]
#[track_caller]
pub fn channel<T>() -> (Sender<T>, Receiver<T>) {
    let (sender, receiver) = queue::ends(None);
    let (sender_id, receiver_id) = probe::new_channel(&Of::<T>::CHANNEL, None, Location::caller());
    let receiver = Receiver {
        queue: Source::Queue(receiver),
        id: receiver_id,
        not_sync: PhantomData,
    };
    (
        Sender {
            queue: sender,
            id: sender_id,
        },
        receiver,
    )
}

/// Creates a new synchronous, bounded channel. The same as `std::sync::mpsc::sync_channel`; the
/// report shows how long senders waited for room, too.
#[must_use]
#[track_caller]
pub fn sync_channel<T>(bound: usize) -> (SyncSender<T>, Receiver<T>) {
    let (sender_id, receiver_id) =
        probe::new_channel(&Of::<T>::SYNC_CHANNEL, Some(bound), Location::caller());
    let (sender, receiver) = if bound == 0 {
        let shared = Arc::new(Rendezvous::new());
        let (giver, taker) = rendezvous::ends(shared);
        (Bounded::Rendezvous(giver), Source::Rendezvous(taker))
    } else {
        let (sender, receiver) = queue::ends(Some(bound));
        (Bounded::Queue(sender), Source::Queue(receiver))
    };
    let receiver = Receiver {
        queue: receiver,
        id: receiver_id,
        not_sync: PhantomData,
    };
    (
        SyncSender {
            queue: sender,
            id: sender_id,
        },
        receiver,
    )
}

impl<T> Sender<T> {
    /// Attempts to send a value on this channel. The same as `std::sync::mpsc::Sender::send`.
    ///
    /// # Errors
    ///
    /// If the receiver is gone; the error carries the value.
    #[inline]
    #[track_caller]
    pub fn send(&self, t: T) -> Result<(), SendError<T>> {
        let at = Location::caller();
        probe::sync_point(Operation::Send, &self.id, Some(at));
        match self.queue.send(t) {
            Ok(()) => {
                probe::sent(self.id.object(), at);
                Ok(())
            }
            Err(refused) => {
                probe::message_refused(self.id.object());
                Err(refused)
            }
        }
    }
}

impl<T> Clone for Sender<T> {
    fn clone(&self) -> Sender<T> {
        Sender {
            queue: self.queue.clone(),
            id: self.id.clone(),
        }
    }
}

impl<T> SyncSender<T> {
    /// Sends a value, waiting for room. The same as `std::sync::mpsc::SyncSender::send`.
    ///
    /// # Errors
    ///
    /// If the receiver is gone; the error carries the value.
    ///
    /// # Panics
    ///
    /// Where the real one would wait for ever, or the user has stopped the cell.
    #[track_caller]
    pub fn send(&self, t: T) -> Result<(), SendError<T>> {
        let at = Location::caller();
        let object = self.id.object();
        probe::sync_point(Operation::Send, &self.id, Some(at));
        let queue = match &self.queue {
            Bounded::Queue(queue) => queue,
            Bounded::Rendezvous(giver) => return giver.send(object, t, at),
        };
        match self.attempt(t, at) {
            Ok(()) => Ok(()),
            Err(TrySendError::Disconnected(t)) => Err(SendError(t)),
            Err(TrySendError::Full(t)) => {
                let mut message = Some(t);
                let sent =
                    probe::wait_for_room(object, at, || match queue.try_send(message.take()?) {
                        Ok(()) => Some(Ok(())),
                        Err(TrySendError::Disconnected(t)) => Some(Err(SendError(t))),
                        Err(TrySendError::Full(t)) => {
                            message = Some(t);
                            None
                        }
                    });
                self.count(sent.is_ok(), at);
                sent
            }
        }
    }

    /// Attempts to send a value without waiting. The same as
    /// `std::sync::mpsc::SyncSender::try_send`.
    ///
    /// # Errors
    ///
    /// If there is no room, or the receiver is gone; the error carries the value.
    #[track_caller]
    pub fn try_send(&self, t: T) -> Result<(), TrySendError<T>> {
        self.try_send_at(t, Location::caller())
    }

    #[inline]
    fn try_send_at(&self, t: T, at: Place) -> Result<(), TrySendError<T>> {
        probe::sync_point(Operation::TrySend, &self.id, Some(at));
        self.attempt(t, at).inspect_err(|_| probe::in_vain())
    }

    #[inline]
    fn attempt(&self, t: T, at: Place) -> Result<(), TrySendError<T>> {
        let result = match &self.queue {
            Bounded::Queue(queue) => queue.try_send(t),
            Bounded::Rendezvous(giver) => giver.try_send(self.id.object(), t),
        };
        match &result {
            Ok(()) => self.count(true, at),
            Err(TrySendError::Disconnected(_)) => self.count(false, at),
            Err(TrySendError::Full(_)) => {}
        }
        result
    }

    #[inline]
    fn count(&self, accepted: bool, at: Place) {
        if accepted {
            probe::sent(self.id.object(), at);
        } else {
            probe::message_refused(self.id.object());
        }
    }

    /// Attempts to send for a limited time. Hidden and unstable in std; here for its own tests.
    ///
    /// # Errors
    ///
    /// If the time is over, or the receiver is gone; the error carries the value.
    #[cfg(fearless_suite)]
    #[doc(hidden)]
    #[track_caller]
    pub fn send_timeout(
        &self,
        t: T,
        timeout: Duration,
    ) -> Result<(), real::sync::mpmc::SendTimeoutError<T>> {
        use real::sync::mpmc::SendTimeoutError;
        let (at, deadline) = (Location::caller(), Instant::now() + timeout);
        let mut message = t;
        loop {
            match self.try_send_at(message, at) {
                Ok(()) => return Ok(()),
                Err(TrySendError::Disconnected(t)) => {
                    return Err(SendTimeoutError::Disconnected(t));
                }
                Err(TrySendError::Full(t)) if Instant::now() >= deadline => {
                    return Err(SendTimeoutError::Timeout(t));
                }
                Err(TrySendError::Full(t)) => message = t,
            }
            crate::thread::yield_now();
        }
    }
}

impl<T> Clone for SyncSender<T> {
    fn clone(&self) -> SyncSender<T> {
        let queue = match &self.queue {
            Bounded::Queue(queue) => Bounded::Queue(queue.clone()),
            Bounded::Rendezvous(giver) => Bounded::Rendezvous(giver.clone()),
        };
        SyncSender {
            queue,
            id: self.id.clone(),
        }
    }
}

impl<T> Receiver<T> {
    /// Attempts to return a pending value without waiting. The same as
    /// `std::sync::mpsc::Receiver::try_recv`.
    ///
    /// # Errors
    ///
    /// If there is none, or there will be none.
    #[inline]
    #[track_caller]
    pub fn try_recv(&self) -> Result<T, TryRecvError> {
        self.try_recv_at(Location::caller())
    }

    #[inline]
    fn try_recv_at(&self, at: Place) -> Result<T, TryRecvError> {
        probe::sync_point(Operation::TryReceive, &self.id, Some(at));
        self.take(at).inspect_err(|_| probe::in_vain())
    }

    /// Takes a message and counts it.
    #[inline]
    fn take(&self, at: Place) -> Result<T, TryRecvError> {
        let message = self.attempt()?;
        probe::received(self.id.object(), at);
        Ok(message)
    }

    #[inline]
    fn attempt(&self) -> Result<T, TryRecvError> {
        match &self.queue {
            Source::Queue(queue) => queue.try_recv(),
            Source::Rendezvous(taker) => taker.try_recv(self.id.object()),
        }
    }

    /// Waits for a value. The same as `std::sync::mpsc::Receiver::recv`.
    ///
    /// # Errors
    ///
    /// If the queue is empty and all senders are gone.
    ///
    /// # Panics
    ///
    /// Where the real one would wait for ever, or the user has stopped the cell.
    #[inline]
    #[track_caller]
    pub fn recv(&self) -> Result<T, RecvError> {
        self.recv_at(Location::caller())
    }

    #[inline]
    fn recv_at(&self, at: Place) -> Result<T, RecvError> {
        probe::sync_point(Operation::Receive, &self.id, Some(at));
        match self.take(at) {
            Ok(message) => Ok(message),
            Err(TryRecvError::Disconnected) => Err(RecvError),
            Err(TryRecvError::Empty) => self.wait(None, at).map_err(|_| RecvError),
        }
    }

    #[cold]
    fn wait(&self, deadline: Option<Instant>, at: Place) -> Result<T, RecvTimeoutError> {
        let expecting = match &self.queue {
            Source::Queue(_) => None,
            Source::Rendezvous(taker) => Some(taker.expect_message()),
        };
        let result =
            probe::wait_for_message(self.id.object(), deadline, at, || match self.attempt() {
                Ok(message) => Some(Ok(message)),
                Err(TryRecvError::Disconnected) => Some(Err(RecvTimeoutError::Disconnected)),
                Err(TryRecvError::Empty) => None,
            });
        drop(expecting);
        // A message may have been laid down for this wait at its very end.
        result.unwrap_or_else(|| self.take(at).map_err(|_| RecvTimeoutError::Timeout))
    }

    /// Waits for a value for a limited time. The same as `std::sync::mpsc::Receiver::recv_timeout`.
    ///
    /// # Errors
    ///
    /// If the time is over, or the queue is empty and all senders are gone.
    #[track_caller]
    pub fn recv_timeout(&self, timeout: Duration) -> Result<T, RecvTimeoutError> {
        self.recv_until(
            probe::now_for_wait().checked_add(timeout),
            Location::caller(),
        )
    }

    /// Waits for a value until an instant. Unstable in std; here for its own tests.
    ///
    /// # Errors
    ///
    /// If the time is over, or the queue is empty and all senders are gone.
    #[cfg(fearless_suite)]
    #[track_caller]
    pub fn recv_deadline(&self, deadline: Instant) -> Result<T, RecvTimeoutError> {
        self.recv_until(Some(deadline), Location::caller())
    }

    fn recv_until(&self, deadline: Option<Instant>, at: Place) -> Result<T, RecvTimeoutError> {
        probe::sync_point(Operation::Receive, &self.id, Some(at));
        match self.take(at) {
            Ok(message) => Ok(message),
            Err(TryRecvError::Disconnected) => Err(RecvTimeoutError::Disconnected),
            Err(TryRecvError::Empty) => self.wait(deadline, at),
        }
    }
}

// Each of the ends says that it goes before its queue is closed, which is what others see.

impl<T> Drop for Sender<T> {
    #[inline]
    fn drop(&mut self) {
        probe::sync_point(Operation::DropSender, &self.id, None);
    }
}

impl<T> Drop for SyncSender<T> {
    #[inline]
    fn drop(&mut self) {
        probe::sync_point(Operation::DropSender, &self.id, None);
    }
}

impl<T> Drop for Receiver<T> {
    #[inline]
    fn drop(&mut self) {
        probe::sync_point(Operation::DropReceiver, &self.id, None);
    }
}

impl<T> fmt::Debug for Sender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sender").finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for SyncSender<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SyncSender").finish_non_exhaustive()
    }
}

impl<T> fmt::Debug for Receiver<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Receiver").finish_non_exhaustive()
    }
}
