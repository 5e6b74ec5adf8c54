//! The IOPub socket: an XPUB with a bounded queue for each subscriber.
//!
//! The `zeromq` crate has two publishers, and neither serves: its PUB drops silently, has no bound
//! in bytes and does not tell of subscriptions (`iopub_welcome` needs that), and the `send` of its
//! XPUB waits for each subscriber, so one client that stops reading would stall all others and the
//! kernel. Here a subscriber that does not read costs at most [`QUEUE_BYTES`], and what it missed
//! is said where it goes on.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, BufWriter};
use tokio::sync::Notify;

use super::listener::Listener;
use super::zmtp::{self, Subscription};
use crate::wire::message::Parent;

/// What the messages that wait for one subscriber may weigh together.
pub const QUEUE_BYTES: usize = 64 << 20;

/// Text and pictures leave this much of it to the messages that say what happens.
const RESERVED_BYTES: usize = 8 << 20;

/// What a queued message costs beside its frames.
const OVERHEAD_BYTES: usize = 512;

/// How long a peer may take to say who it is.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// A message to all subscribers: topic, delimiter, signature, header, …
#[derive(Debug, Clone)]
pub struct Broadcast {
    /// The frames, shared between subscribers.
    pub frames: Arc<[Bytes]>,
    /// Whose output it is.
    pub parent: Parent,
    /// Output, which is dropped first.
    pub bulk: bool,
}

impl Broadcast {
    fn cost(&self) -> usize {
        OVERHEAD_BYTES + self.frames.iter().map(Bytes::len).sum::<usize>()
    }

    fn topic(&self) -> &[u8] {
        self.frames.first().map_or(&[], |frame| frame)
    }
}

/// What the socket itself has to say.
pub trait Announcer: Send + Sync + 'static {
    /// The message for a peer that has just subscribed to `topic`.
    fn welcome(&self, topic: &[u8]) -> Broadcast;

    /// The message for a peer that missed `dropped` messages and now reads again, before one of
    /// `parent`.
    fn gap(&self, dropped: u64, parent: &Parent) -> Broadcast;
}

/// The publishing socket; clones are the same socket.
#[derive(Clone)]
pub struct Xpub(Arc<Inner>);

struct Inner {
    announcer: Box<dyn Announcer>,
    subscribers: Mutex<BTreeMap<u64, Arc<Subscriber>>>,
    next_id: AtomicU64,
    queue_bytes: usize,
}

impl Xpub {
    /// A socket without peers.
    pub fn new(announcer: impl Announcer) -> Self {
        Self::with_queue(announcer, QUEUE_BYTES)
    }

    fn with_queue(announcer: impl Announcer, queue_bytes: usize) -> Self {
        Self(Arc::new(Inner {
            announcer: Box::new(announcer),
            subscribers: Mutex::default(),
            next_id: AtomicU64::new(0),
            queue_bytes,
        }))
    }

    /// Lets peers in, for ever.
    pub async fn serve(self, listener: Listener) {
        listener
            .each(move |stream| {
                let socket = self.clone();
                async move {
                    if let Err(error) = socket.peer(stream).await {
                        tracing::debug!("an IOPub peer left: {error}");
                    }
                }
            })
            .await;
    }

    /// Queues a message for every subscriber to its topic; never waits.
    pub fn send(&self, message: &Broadcast) {
        for subscriber in lock(&self.0.subscribers).values() {
            subscriber.push(message, &self.0);
        }
    }

    /// Whether anybody listens.
    pub fn has_subscribers(&self) -> bool {
        lock(&self.0.subscribers).values().any(|peer| !lock(&peer.queue).topics.is_empty())
    }

    /// Waits until everything queued was written, for at most `patience`.
    pub async fn drain(&self, patience: Duration) {
        let peers: Vec<_> = lock(&self.0.subscribers).values().cloned().collect();
        let drained = async {
            for peer in peers {
                peer.written().await;
            }
        };
        let _ = tokio::time::timeout(patience, drained).await;
    }

    async fn peer(&self, mut stream: super::listener::Stream) -> io::Result<()> {
        tokio::time::timeout(HANDSHAKE, zmtp::accept_subscriber(&mut stream))
            .await
            .map_err(|_| io::Error::from(io::ErrorKind::TimedOut))??;
        let id = self.0.next_id.fetch_add(1, Ordering::Relaxed);
        let subscriber = Arc::new(Subscriber::default());
        lock(&self.0.subscribers).insert(id, subscriber.clone());
        let (reader, writer) = tokio::io::split(stream);
        let result = tokio::select! {
            result = self.read(reader, &subscriber) => result,
            result = subscriber.write(writer) => result,
        };
        lock(&self.0.subscribers).remove(&id);
        subscriber.close();
        result
    }

    async fn read(&self, mut reader: impl AsyncRead + Unpin, peer: &Subscriber) -> io::Result<()> {
        loop {
            let frame = zmtp::read_frame(&mut reader).await?;
            match zmtp::subscription(&frame) {
                Some(Subscription::Add(topic)) => {
                    let welcome = self.0.announcer.welcome(&topic);
                    lock(&peer.queue).topics.push(topic);
                    peer.push(&welcome, &self.0);
                }
                Some(Subscription::Remove(topic)) => {
                    let topics = &mut lock(&peer.queue).topics;
                    if let Some(index) = topics.iter().position(|known| *known == topic) {
                        topics.swap_remove(index);
                    }
                }
                None => tracing::debug!("an IOPub peer sent something that is no subscription"),
            }
        }
    }
}

/// One peer.
#[derive(Default)]
struct Subscriber {
    queue: Mutex<Queue>,
    /// Something was queued.
    queued: Notify,
    /// The queue became empty, or the peer left.
    empty: Notify,
}

#[derive(Default)]
struct Queue {
    topics: Vec<Bytes>,
    messages: VecDeque<Broadcast>,
    /// What `messages` and the message that is being written cost.
    bytes: usize,
    /// Not queued since the last one that was.
    dropped: u64,
    closed: bool,
}

impl Subscriber {
    fn push(&self, message: &Broadcast, socket: &Inner) {
        let mut queue = lock(&self.queue);
        if !queue.topics.iter().any(|topic| message.topic().starts_with(topic)) {
            return;
        }
        let room = if message.bulk {
            socket.queue_bytes.saturating_sub(RESERVED_BYTES.min(socket.queue_bytes / 2))
        } else {
            socket.queue_bytes
        };
        if queue.bytes + message.cost() > room {
            if queue.dropped == 0 {
                tracing::warn!("an IOPub client does not read; its output is dropped");
            }
            queue.dropped += 1;
            return;
        }
        if queue.dropped > 0 {
            let gap = socket.announcer.gap(queue.dropped, &message.parent);
            queue.dropped = 0;
            queue.bytes += gap.cost();
            queue.messages.push_back(gap);
        }
        queue.bytes += message.cost();
        queue.messages.push_back(message.clone());
        drop(queue);
        self.queued.notify_one();
    }

    async fn write(&self, writer: impl AsyncWrite + Unpin) -> io::Result<()> {
        let mut writer = BufWriter::with_capacity(64 << 10, writer);
        loop {
            let next = lock(&self.queue).messages.pop_front();
            let Some(message) = next else {
                writer.flush().await?;
                self.empty.notify_waiters();
                self.queued.notified().await;
                continue;
            };
            zmtp::write_message(&mut writer, &message.frames).await?;
            lock(&self.queue).bytes -= message.cost();
        }
    }

    /// Waits until the queue is empty and flushed, or the peer is gone.
    async fn written(&self) {
        loop {
            // Registered before the look, so that a notification in between is not missed.
            let empty = self.empty.notified();
            {
                let queue = lock(&self.queue);
                if queue.closed {
                    return;
                }
            }
            // Makes the writer pass its flush once more, should it be idle already.
            self.queued.notify_one();
            empty.await;
            if lock(&self.queue).bytes == 0 {
                return;
            }
        }
    }

    fn close(&self) {
        let mut queue = lock(&self.queue);
        queue.closed = true;
        queue.messages.clear();
        drop(queue);
        self.empty.notify_waiters();
    }
}

/// No code panics while it holds one of these locks, so a poisoned one is as good as any.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use tokio::io::AsyncReadExt;
    use tokio::net::UnixStream;

    use super::super::listener::Stream;
    use super::*;

    struct Quiet;

    fn message(text: &str, bulk: bool) -> Broadcast {
        let frames = [Bytes::from_static(b"topic"), Bytes::copy_from_slice(text.as_bytes())];
        Broadcast { frames: frames.into(), parent: Parent::none(), bulk }
    }

    impl Announcer for Quiet {
        fn welcome(&self, _: &[u8]) -> Broadcast {
            message("welcome", false)
        }

        fn gap(&self, dropped: u64, _: &Parent) -> Broadcast {
            message(&format!("{dropped} dropped"), true)
        }
    }

    /// Subscribes to everything by hand, and reads nothing but the handshake.
    async fn subscribe(socket: &Xpub) -> UnixStream {
        let (mut peer, ours) = UnixStream::pair().unwrap();
        let socket = socket.clone();
        tokio::spawn(async move { socket.peer(Stream::Ipc(ours)).await });
        let mut greeting = [0; 64];
        (greeting[0], greeting[9], greeting[10]) = (0xff, 0x7f, 3);
        greeting[12..16].copy_from_slice(b"NULL");
        peer.write_all(&greeting).await.unwrap();
        peer.write_all(b"\x04\x19\x05READY\x0bSocket-Type\0\0\0\x03SUB").await.unwrap();
        peer.write_all(b"\0\x01\x01").await.unwrap();
        peer.read_exact(&mut greeting).await.unwrap();
        // READY is a short command.
        let length = read_head(&mut peer).await;
        peer.read_exact(&mut vec![0; length]).await.unwrap();
        peer
    }

    async fn read_head(peer: &mut UnixStream) -> usize {
        let flags = peer.read_u8().await.unwrap();
        if flags & 2 == 0 {
            usize::from(peer.read_u8().await.unwrap())
        } else {
            peer.read_u64().await.unwrap() as usize
        }
    }

    async fn read_text(peer: &mut UnixStream) -> String {
        let mut text = Vec::new();
        for _ in 0..2 {
            text = vec![0; read_head(peer).await];
            peer.read_exact(&mut text).await.unwrap();
        }
        String::from_utf8(text).unwrap()
    }

    #[tokio::test]
    async fn who_does_not_read_is_bounded_and_stalls_nobody() {
        let limit = 1 << 20;
        let socket = Xpub::with_queue(Quiet, limit);
        let mut stalled = subscribe(&socket).await;
        let mut reader = subscribe(&socket).await;
        assert_eq!(read_text(&mut stalled).await, "welcome");
        assert_eq!(read_text(&mut reader).await, "welcome");
        let text = "x".repeat(64 << 10);
        for _ in 0..200 {
            socket.send(&message(&text, true));
            assert_eq!(read_text(&mut reader).await, text);
        }
        socket.send(&message("status", false));
        assert_eq!(read_text(&mut reader).await, "status");
        let weights: Vec<_> = lock(&socket.0.subscribers)
            .values()
            .map(|peer| lock(&peer.queue).bytes)
            .collect();
        assert!(weights.iter().all(|bytes| *bytes <= limit), "{weights:?}");

        // It gets what there was room for, then hears how much is missing, then what followed.
        let mut seen = 0;
        let note = loop {
            let read = read_text(&mut stalled).await;
            if read != text {
                break read;
            }
            seen += 1;
        };
        assert_eq!(note, format!("{} dropped", 200 - seen));
        assert_eq!(read_text(&mut stalled).await, "status");
    }

    #[tokio::test]
    async fn draining_waits_for_the_last_byte_and_not_for_the_dead() {
        let socket = Xpub::new(Quiet);
        let mut peer = subscribe(&socket).await;
        let gone = subscribe(&socket).await;
        assert_eq!(read_text(&mut peer).await, "welcome");
        drop(gone);
        socket.send(&message("last", false));
        socket.drain(Duration::from_secs(20)).await;
        assert!(lock(&socket.0.subscribers).values().all(|peer| lock(&peer.queue).bytes == 0));
        assert_eq!(read_text(&mut peer).await, "last");
    }
}
