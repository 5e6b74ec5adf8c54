//! What one peer is to be sent: a queue that is bounded in bytes, and the task that writes it.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use tokio::io::{AsyncWrite, AsyncWriteExt, BufWriter};
use tokio::sync::Notify;

use super::zmtp;

/// What the messages that wait for one peer may weigh together.
pub const QUEUE_BYTES: usize = 64 << 20;

/// What a queued message costs beside its frames.
const OVERHEAD_BYTES: usize = 512;

/// The frames of a message, shared between the peers that get it.
pub type Frames = Arc<[Bytes]>;

/// What a message weighs in a queue.
pub fn weight(frames: &[Bytes]) -> usize {
    OVERHEAD_BYTES + frames.iter().map(Bytes::len).sum::<usize>()
}

/// The messages that wait for one peer.
#[derive(Default)]
pub struct Outgoing {
    queue: Mutex<Queue>,
    /// Something was queued.
    queued: Notify,
    /// The queue became empty, or the peer left.
    empty: Notify,
}

#[derive(Default)]
struct Queue {
    messages: VecDeque<Frames>,
    /// What `messages` and the message that is being written weigh.
    bytes: usize,
    closed: bool,
}

impl Outgoing {
    /// Queues a message unless the queue would weigh more than `limit` then; never waits. A
    /// message that is heavier than the limit itself finds room in an empty queue.
    pub fn push(&self, message: Frames, limit: usize) -> bool {
        self.push_all(vec![message], limit)
    }

    /// [`push`](Self::push) for several: all of them, or none.
    pub fn push_all(&self, messages: Vec<Frames>, limit: usize) -> bool {
        let mut queue = self.queue();
        let weight: usize = messages.iter().map(|message| weight(message)).sum();
        if queue.closed || queue.bytes > 0 && queue.bytes + weight > limit {
            return false;
        }
        queue.bytes += weight;
        queue.messages.extend(messages);
        drop(queue);
        self.queued.notify_one();
        true
    }

    /// What waits.
    pub fn bytes(&self) -> usize {
        self.queue().bytes
    }

    /// Writes what is queued, until the peer goes away.
    ///
    /// # Errors
    /// It did.
    pub async fn write(&self, writer: impl AsyncWrite + Unpin) -> io::Result<()> {
        let mut writer = BufWriter::with_capacity(64 << 10, writer);
        loop {
            let next = self.queue().messages.pop_front();
            let Some(message) = next else {
                writer.flush().await?;
                self.empty.notify_waiters();
                self.queued.notified().await;
                continue;
            };
            zmtp::write_message(&mut writer, &message).await?;
            self.queue().bytes -= weight(&message);
        }
    }

    /// Waits until everything was written, or the peer is gone.
    pub async fn written(&self) {
        loop {
            // Registered before the look, so that a notification in between is not missed.
            let empty = self.empty.notified();
            if self.queue().closed {
                return;
            }
            // Makes the writer pass its flush once more, should it be idle already.
            self.queued.notify_one();
            empty.await;
            if self.bytes() == 0 {
                return;
            }
        }
    }

    /// Forgets what waits: the peer is gone.
    pub fn close(&self) {
        let mut queue = self.queue();
        queue.closed = true;
        queue.messages.clear();
        drop(queue);
        self.empty.notify_waiters();
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        // No code panics while it holds this lock, so a poisoned one is as good as any.
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
