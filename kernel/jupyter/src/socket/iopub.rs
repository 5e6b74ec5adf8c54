//! The IOPub channel: the outbox, and the task that empties it into the socket.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use serde_json::{Map, Value, json};
use tokio::sync::{Notify, oneshot};

use super::outbox::{Item, Next, Outbox};
use super::pace::Limits;
use super::xpub::{Announcer, Broadcast, Xpub};
use crate::engine::{Publish, Stream};
use crate::wire::message::Encoder;
use crate::wire::parent::Parent;

/// Messages heavier than this are output, whatever their type.
const HEAVY_BYTES: usize = 64 << 10;

/// How long the end of the kernel waits for clients to read the last messages.
const DRAIN: Duration = Duration::from_secs(1);

/// Publishes messages from any thread.
pub struct IoPub {
    outbox: Mutex<Outbox>,
    queued: Notify,
    encoder: Encoder,
    socket: Xpub,
}

impl IoPub {
    /// A channel that publishes through [`Self::pump`].
    pub fn new(encoder: Encoder, limits: Limits) -> Arc<Self> {
        let socket = Xpub::new(KernelAnnouncer(encoder.clone()));
        let outbox = Mutex::new(Outbox::new(limits, Instant::now()));
        Arc::new(Self {
            outbox,
            queued: Notify::new(),
            encoder,
            socket,
        })
    }

    /// The socket, to be served.
    pub fn socket(&self) -> Xpub {
        self.socket.clone()
    }

    /// Queues a `status`.
    pub fn status(&self, parent: &Parent, state: &str) {
        self.message(parent, "status", json!({"execution_state": state}));
    }

    /// Waits until everything queued for the request was handed to the socket, and says how much
    /// of its text was cut.
    pub async fn flush(&self, parent: &Parent) {
        // The pump ends with the kernel only; then nobody is left to wait for.
        let _ = self.begin_flush(parent).await;
    }

    fn begin_flush(&self, parent: &Parent) -> oneshot::Receiver<()> {
        let (done, flushed) = oneshot::channel();
        self.outbox().report_cut(parent, Instant::now());
        self.push(parent, Item::Flush(done));
        flushed
    }

    /// Cuts text that still waits.
    pub fn cut(&self) {
        self.outbox().cut();
        self.queued.notify_one();
    }

    /// Waits for clients to read what was published, for a second at most.
    pub async fn drain(&self) {
        self.socket.drain(DRAIN).await;
    }

    /// Moves messages from the outbox to the socket, for ever.
    pub async fn pump(self: Arc<Self>) {
        loop {
            // Without a listener there is nobody to pace for.
            let hurry = !self.socket.has_subscribers();
            let next = self.outbox().next(Instant::now(), hurry);
            match next {
                Next::Publish(parent, item) => self.publish(&parent, item),
                Next::Wait(delay) => {
                    // New messages may be due before.
                    let _ = tokio::time::timeout(delay, self.queued.notified()).await;
                }
                Next::Idle => self.queued.notified().await,
            }
        }
    }

    fn publish(&self, parent: &Parent, item: Item) {
        let message = match item {
            Item::Text(stream, text) => stream_message(&self.encoder, parent, stream, &text),
            Item::Message {
                msg_type,
                content,
                metadata,
            } => {
                let frames = self.encoder.encode(msg_type, parent, &metadata, &content);
                broadcast(msg_type, parent, frames)
            }
            Item::Flush(done) => {
                let _ = done.send(());
                return;
            }
        };
        let bytes = message.frames.iter().map(Bytes::len).sum();
        self.outbox().spend(bytes, Instant::now());
        self.socket.send(&message);
    }

    fn push(&self, parent: &Parent, item: Item) {
        self.outbox().push(parent, item, Instant::now());
        self.queued.notify_one();
    }

    fn outbox(&self) -> MutexGuard<'_, Outbox> {
        // No code panics while it holds this lock, so a poisoned one is as good as any.
        self.outbox.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Publish for IoPub {
    fn text(&self, parent: &Parent, stream: Stream, text: &str) {
        self.outbox()
            .push_text(parent, stream, text, Instant::now());
        self.queued.notify_one();
    }

    fn message(&self, parent: &Parent, msg_type: &'static str, content: Value) {
        let item = Item::Message {
            msg_type,
            content,
            metadata: Map::new(),
        };
        self.push(parent, item);
    }

    fn flush_blocking(&self, parent: &Parent) {
        let _ = self.begin_flush(parent).blocking_recv();
    }
}

fn stream_message(encoder: &Encoder, parent: &Parent, stream: Stream, text: &str) -> Broadcast {
    let content = json!({"name": stream.name(), "text": text});
    let frames = encoder.encode("stream", parent, &Map::new(), &content);
    broadcast("stream", parent, frames)
}

fn broadcast(msg_type: &'static str, parent: &Parent, frames: Vec<Bytes>) -> Broadcast {
    let heavy = frames.iter().map(Bytes::len).sum::<usize>() > HEAVY_BYTES;
    let topic = Bytes::from_static(msg_type.as_bytes());
    Broadcast {
        frames: std::iter::once(topic).chain(frames).collect(),
        parent: parent.clone(),
        bulk: msg_type == "stream" || heavy,
    }
}

/// What the socket says of its own accord, as Jupyter messages.
struct KernelAnnouncer(Encoder);

impl Announcer for KernelAnnouncer {
    fn welcome(&self, topic: &[u8]) -> Broadcast {
        let content = json!({"subscription": String::from_utf8_lossy(topic)});
        let parent = Parent::none();
        let frames = self
            .0
            .encode("iopub_welcome", &parent, &Map::new(), &content);
        let frames = std::iter::once(Bytes::copy_from_slice(topic))
            .chain(frames)
            .collect();
        Broadcast {
            frames,
            parent,
            bulk: false,
        }
    }

    fn gap(&self, dropped: u64, parent: &Parent) -> Broadcast {
        let text = format!(
            "[fearless] {dropped} messages are missing here, since this client did not read them\n"
        );
        stream_message(&self.0, parent, Stream::Stderr, &text)
    }
}
