//! Objects and waits in words.

use record::snapshot::{Library, Object, ObjectKind, ObjectSlot, WaitKind, WaitTarget, Waiting};

use super::facts::Facts;
use crate::model::{At, Ref};
use crate::words::names;

impl Facts<'_> {
    /// An object as prose calls it: `` `counter` ``, or `the Mutex of line 7`.
    pub(crate) fn what(&self, index: ObjectSlot) -> String {
        if let Some(name) = self.source_name(index) {
            return format!("`{}`", names::in_prose(&name));
        }
        let Some(object) = self.object(index) else {
            return "an unrecorded object".to_owned();
        };
        let kind = kind_words(object);
        let number = match self.object_ref(index) {
            Some(
                Ref::Lock(id)
                | Ref::Channel(id)
                | Ref::Condvar(id)
                | Ref::Barrier(id)
                | Ref::Semaphore(id),
            ) => format!(" {id}"),
            _ => String::new(),
        };
        match self.at(object.created_at) {
            Some(At::Dependency { krate, .. }) => format!("a {kind} of {krate}"),
            Some(at) => format!("{kind}{number} created at {}", self.at_words(&at)),
            None if object.kind == ObjectKind::Stdio => "the lock of stdout".to_owned(),
            None => format!("{kind}{number}"),
        }
    }

    /// Whether a channel hands messages from hand to hand.
    pub(crate) fn is_rendezvous(&self, channel: ObjectSlot) -> bool {
        self.object(channel)
            .is_some_and(|object| object.counters.capacity == Some(0))
    }

    /// What a sender waits for.
    pub(crate) fn room_words(&self, channel: ObjectSlot) -> String {
        let what = self.what(channel);
        if self.is_rendezvous(channel) {
            format!("the receiver of {what}")
        } else {
            format!("capacity in {what}")
        }
    }

    /// What a waiting thread does, third person: ``waits for `b` ``, `joins T3`.
    pub(crate) fn wait_words(&self, waiting: &Waiting) -> String {
        let what = || self.what(waiting.target.object());
        match waiting.kind {
            WaitKind::Lock => {
                match (self.object(waiting.target.object()), waiting.shared_or_send) {
                    (Some(object), true) if object.kind == ObjectKind::RwLock => {
                        format!("waits to read {}", what())
                    }
                    (Some(object), false) if object.kind == ObjectKind::RwLock => {
                        format!("waits to write {}", what())
                    }
                    _ => format!("waits for {}", what()),
                }
            }
            WaitKind::Channel if waiting.shared_or_send => {
                format!("waits for {}", self.room_words(waiting.target.object()))
            }
            WaitKind::Channel if waiting.target == WaitTarget::Nothing => {
                "waits on one of its channels".to_owned()
            }
            WaitKind::Channel => format!("waits for a message from {}", what()),
            WaitKind::Join if waiting.target == WaitTarget::Nothing => {
                "waits for the threads of its scope".to_owned()
            }
            WaitKind::Join => format!("joins {}", self.full_label(waiting.target.thread())),
            WaitKind::Condvar => format!("waits to be notified on {}", what()),
            WaitKind::Barrier => format!("waits at {}", what()),
            WaitKind::Once => format!("waits for {} to be initialised", what()),
            WaitKind::Park => "is parked".to_owned(),
            WaitKind::Sleep => "sleeps".to_owned(),
        }
    }
}

/// A kind of object in words.
fn kind_words(object: &Object) -> &'static str {
    match (object.library, object.kind) {
        (Library::ParkingLot, ObjectKind::Mutex) => "parking_lot Mutex",
        (Library::ParkingLot, ObjectKind::RwLock) => "parking_lot RwLock",
        (Library::ParkingLot, ObjectKind::Condvar) => "parking_lot Condvar",
        (Library::CrossbeamChannel, _) => "crossbeam channel",
        (Library::Flume, _) => "flume channel",
        (Library::AsyncChannel, _) => "async_channel channel",
        (Library::DashMap, _) => "dashmap shard",
        (_, kind) => plain_words(kind),
    }
}

fn plain_words(kind: ObjectKind) -> &'static str {
    match kind {
        ObjectKind::Mutex => "Mutex",
        ObjectKind::RwLock => "RwLock",
        ObjectKind::Channel => "channel",
        ObjectKind::SyncChannel => "sync_channel",
        ObjectKind::Condvar => "Condvar",
        ObjectKind::Barrier => "Barrier",
        ObjectKind::Once => "Once",
        ObjectKind::OnceLock => "OnceLock",
        ObjectKind::LazyLock => "LazyLock",
        ObjectKind::Stdio => "stdout",
        ObjectKind::TokioMutex => "tokio Mutex",
        ObjectKind::TokioRwLock => "tokio RwLock",
        ObjectKind::TokioSemaphore => "tokio Semaphore",
        ObjectKind::TokioBarrier => "tokio Barrier",
        ObjectKind::TokioChannel => "tokio channel",
        ObjectKind::TokioUnboundedChannel => "tokio unbounded channel",
        ObjectKind::TokioOneshot => "tokio oneshot channel",
        ObjectKind::TokioBroadcast => "tokio broadcast channel",
        ObjectKind::TokioWatch => "tokio watch channel",
        ObjectKind::TokioNotify => "tokio Notify",
    }
}
