//! The IOPub socket: an XPUB with a bounded queue for each subscriber.
//!
//! The `zeromq` crate has two publishers, and neither serves: its PUB drops silently, has no bound
//! in bytes and does not tell of subscriptions (`iopub_welcome` needs that), and the `send` of its
//! XPUB waits for each subscriber, so one client that stops reading would stall all others and the
//! kernel. Here a subscriber that does not read costs at most [`QUEUE_BYTES`], and what it missed
//! is said where it goes on.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncRead, BufReader};

use super::listener::{Connection, Listener};
use super::outgoing::{Frames, Outgoing, QUEUE_BYTES};
use super::zmtp::{self, Role, Subscription};
use crate::wire::parent::Parent;

/// Text and pictures leave this much of a queue to the messages that say what happens.
const RESERVED_BYTES: usize = 8 << 20;

/// The longest subscription.
const MAX_SUBSCRIPTION: u64 = 64 << 10;

/// A message to all subscribers: topic, delimiter, signature, header, …
#[derive(Debug, Clone)]
pub struct Broadcast {
    /// The frames, shared between subscribers.
    pub frames: Frames,
    /// Whose output it is.
    pub parent: Parent,
    /// Output, which is dropped first.
    pub bulk: bool,
}

impl Broadcast {
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
            queue_bytes,
        }))
    }

    /// Lets peers in, for ever.
    pub async fn serve(self, listener: Listener) {
        listener
            .each(move |number, stream| {
                let socket = self.clone();
                async move {
                    if let Err(error) = socket.peer(number, stream).await {
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
        lock(&self.0.subscribers)
            .values()
            .any(|peer| !lock(&peer.feed).topics.is_empty())
    }

    /// Waits until everything queued was written, for at most `patience`.
    pub async fn drain(&self, patience: Duration) {
        let peers: Vec<_> = lock(&self.0.subscribers).values().cloned().collect();
        let drained = async {
            for peer in peers {
                peer.outgoing.written().await;
            }
        };
        let _ = tokio::time::timeout(patience, drained).await;
    }

    async fn peer(&self, number: u64, mut stream: Connection) -> io::Result<()> {
        zmtp::accept(&mut stream, Role::Xpub).await?;
        let subscriber = Arc::new(Subscriber::default());
        lock(&self.0.subscribers).insert(number, subscriber.clone());
        let (reader, writer) = tokio::io::split(stream);
        let result = tokio::select! {
            result = self.read(reader, &subscriber) => result,
            result = subscriber.outgoing.write(writer) => result,
        };
        lock(&self.0.subscribers).remove(&number);
        subscriber.outgoing.close();
        result
    }

    async fn read(&self, reader: impl AsyncRead + Unpin, peer: &Subscriber) -> io::Result<()> {
        let mut reader = BufReader::new(reader);
        loop {
            let (frame, _) = zmtp::read_frame(&mut reader, MAX_SUBSCRIPTION).await?;
            match zmtp::subscription(&frame) {
                Some(Subscription::Add(topic)) => {
                    let welcome = self.0.announcer.welcome(&topic);
                    lock(&peer.feed).topics.push(topic);
                    peer.push(&welcome, &self.0);
                }
                Some(Subscription::Remove(topic)) => {
                    let topics = &mut lock(&peer.feed).topics;
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
    outgoing: Outgoing,
    feed: Mutex<Feed>,
}

/// What it asked for, and what it missed.
#[derive(Default)]
struct Feed {
    topics: Vec<Bytes>,
    /// Not queued since the last one that was.
    dropped: u64,
}

impl Subscriber {
    fn push(&self, message: &Broadcast, socket: &Inner) {
        let mut feed = lock(&self.feed);
        if !feed
            .topics
            .iter()
            .any(|topic| message.topic().starts_with(topic))
        {
            return;
        }
        let limit = socket.queue_bytes;
        let reserved = if message.bulk {
            RESERVED_BYTES.min(limit / 2)
        } else {
            0
        };
        let gap =
            (feed.dropped > 0).then(|| socket.announcer.gap(feed.dropped, &message.parent).frames);
        // Both or none: a peer that does not read is not to be sent notes about that.
        let messages = gap.into_iter().chain([message.frames.clone()]);
        if self.outgoing.push_all(messages.collect(), limit - reserved) {
            feed.dropped = 0;
        } else {
            if feed.dropped == 0 {
                tracing::warn!("an IOPub client does not read; its output is dropped");
            }
            feed.dropped += 1;
        }
    }
}

/// No code panics while it holds one of these locks, so a poisoned one is as good as any.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::UnixStream;

    use super::*;

    struct Quiet;

    fn message(text: &str, bulk: bool) -> Broadcast {
        let frames = [
            Bytes::from_static(b"topic"),
            Bytes::copy_from_slice(text.as_bytes()),
        ];
        Broadcast {
            frames: frames.into(),
            parent: Parent::none(),
            bulk,
        }
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
        let number = lock(&socket.0.subscribers).len() as u64;
        tokio::spawn(async move { socket.peer(number, Connection::Ipc(ours)).await });
        let mut greeting = [0; 64];
        (greeting[0], greeting[9], greeting[10]) = (0xff, 0x7f, 3);
        greeting[12..16].copy_from_slice(b"NULL");
        peer.write_all(&greeting).await.unwrap();
        peer.write_all(b"\x04\x19\x05READY\x0bSocket-Type\0\0\0\x03SUB")
            .await
            .unwrap();
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
            .map(|peer| peer.outgoing.bytes())
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
        assert!(
            lock(&socket.0.subscribers)
                .values()
                .all(|peer| peer.outgoing.bytes() == 0)
        );
        assert_eq!(read_text(&mut peer).await, "last");
    }
}
