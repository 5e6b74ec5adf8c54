//! The ROUTER sockets (shell, control, stdin, heartbeat): requests in, replies out.
//!
//! The `zeromq` crate's ROUTER was tried and does not serve: it reserves whatever length a frame
//! announces, so that nine bytes from a local process that knows no key end the kernel; it drops a
//! client when another one with the same identity connects, which is what two clients of one
//! jupyter_client manager have; its queues have no bound in bytes; and it does not tell when a last
//! reply was written. The tests talk to this one with that crate's client sockets.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::{BufMut, Bytes, BytesMut};
use tokio::io::AsyncRead;
use tokio::sync::mpsc;

use super::listener::{Connection, Listener};
use super::outgoing::{Outgoing, QUEUE_BYTES};
use super::zmtp::{self, Frame, Role};
use crate::error::Error;
use crate::wire::endpoint::Endpoint;

/// Messages that were read and wait to be handled; then their senders wait.
const BACKLOG: usize = 64;

/// The longest message; a cell of this size is refused by closing the connection.
const MAX_MESSAGE: u64 = 1 << 30;

/// The most frames of a message.
const MAX_FRAMES: usize = 1024;

/// What stands in front of a request: the connection's number, and the identity its peer chose.
/// Several connections may have chosen the same.
fn route(connection: u64, identity: &[u8]) -> Bytes {
    let mut route = BytesMut::with_capacity(8 + identity.len());
    route.put_u64(connection);
    route.put_slice(identity);
    route.freeze()
}

/// The identity in the route of a request; a client has the same on all its channels.
pub fn identity(route: &[u8]) -> &[u8] {
    route.get(8..).unwrap_or_default()
}

/// The receiving half.
pub struct Requests(mpsc::Receiver<Vec<Bytes>>);

/// The sending half; clones send through the same socket.
#[derive(Clone)]
pub struct Replies(Arc<Mutex<BTreeMap<u64, Peer>>>);

struct Peer {
    identity: Bytes,
    outgoing: Arc<Outgoing>,
}

/// A socket whose peers are let in by [`Router::serve`].
pub struct Router {
    listener: Listener,
    requests: mpsc::Sender<Vec<Bytes>>,
    replies: Replies,
}

/// Listens at `endpoint`.
///
/// # Errors
/// The address is taken or is not ours.
pub async fn open(endpoint: &Endpoint) -> Result<(Router, Replies, Requests), Error> {
    let listener = Listener::bind(endpoint).await?;
    let (sender, receiver) = mpsc::channel(BACKLOG);
    let replies = Replies(Arc::default());
    let router = Router {
        listener,
        requests: sender,
        replies: replies.clone(),
    };
    Ok((router, replies, Requests(receiver)))
}

impl Router {
    /// Lets peers in, for ever.
    pub async fn serve(self) {
        let Self {
            listener,
            requests,
            replies,
        } = self;
        listener
            .each(move |number, stream| {
                let (requests, replies) = (requests.clone(), replies.clone());
                async move {
                    if let Err(error) = replies.peer(number, stream, requests).await {
                        tracing::debug!("a peer left: {error}");
                    }
                }
            })
            .await;
    }
}

impl Requests {
    /// The next message, its route first; `None` once the socket is gone.
    pub async fn next(&mut self) -> Option<Vec<Bytes>> {
        self.0.recv().await
    }
}

impl Replies {
    /// Sends frames along the route in front of them: to the connection that asked, or, if that is
    /// gone, to a later one of the same client. Never waits; returns whether there was one that
    /// reads.
    pub fn send(&self, frames: Vec<Bytes>) -> bool {
        self.send_if(frames, |connection, route| {
            connection.to_be_bytes() == route[..8]
        })
    }

    /// Sends frames to the client whose identity the route in front of them holds, on its latest
    /// connection to this socket.
    pub fn send_to_client(&self, frames: Vec<Bytes>) -> bool {
        self.send_if(frames, |_, _| false)
    }

    /// Waits until all replies were written, for at most `patience`.
    pub async fn drain(&self, patience: Duration) {
        let peers: Vec<_> = self
            .peers()
            .values()
            .map(|peer| peer.outgoing.clone())
            .collect();
        let drained = async {
            for peer in peers {
                peer.written().await;
            }
        };
        let _ = tokio::time::timeout(patience, drained).await;
    }

    fn send_if(&self, frames: Vec<Bytes>, is_it: impl Fn(u64, &[u8]) -> bool) -> bool {
        let Some((route, message)) = frames.split_first().filter(|(route, _)| route.len() >= 8)
        else {
            return false;
        };
        let peers = self.peers();
        let same_client =
            |peer: &Peer| !peer.identity.is_empty() && peer.identity == identity(route);
        let peer = peers
            .iter()
            .find(|(connection, _)| is_it(**connection, route))
            .or_else(|| peers.iter().rev().find(|(_, peer)| same_client(peer)));
        let Some((_, peer)) = peer else {
            tracing::info!("a reply had nowhere to go: its client is gone");
            return false;
        };
        let queued = peer.outgoing.push(message.into(), QUEUE_BYTES);
        if !queued {
            tracing::warn!("a client does not read its replies; one was dropped");
        }
        queued
    }

    async fn peer(
        &self,
        number: u64,
        mut stream: Connection,
        requests: mpsc::Sender<Vec<Bytes>>,
    ) -> io::Result<()> {
        let identity = zmtp::accept(&mut stream, Role::Router).await?;
        let route = route(number, &identity);
        let outgoing = Arc::new(Outgoing::default());
        self.peers().insert(
            number,
            Peer {
                identity,
                outgoing: outgoing.clone(),
            },
        );
        let (reader, writer) = tokio::io::split(stream);
        let result = tokio::select! {
            result = read(reader, &route, &requests) => result,
            result = outgoing.write(writer) => result,
        };
        self.peers().remove(&number);
        outgoing.close();
        result
    }

    fn peers(&self) -> MutexGuard<'_, BTreeMap<u64, Peer>> {
        // No code panics while it holds this lock, so a poisoned one is as good as any.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads messages until the peer goes away.
async fn read(
    reader: impl AsyncRead + Unpin,
    route: &Bytes,
    requests: &mpsc::Sender<Vec<Bytes>>,
) -> io::Result<()> {
    let mut reader = tokio::io::BufReader::new(reader);
    loop {
        let mut message = vec![route.clone()];
        let mut room = MAX_MESSAGE;
        loop {
            let (frame, more) = zmtp::read_frame(&mut reader, room).await?;
            // Commands such as PING stand between messages and mean nothing here.
            let Frame::Data(frame) = frame else { continue };
            room -= frame.len() as u64;
            message.push(frame);
            if message.len() > MAX_FRAMES {
                return Err(zmtp::refused("a message has too many frames"));
            }
            if !more {
                break;
            }
        }
        if requests.send(message).await.is_err() {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Everything that `read` makes of what a peer sends.
    fn read_all(bytes: &[u8]) -> Vec<Vec<Bytes>> {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        runtime.unwrap().block_on(async {
            let (sender, mut receiver) = mpsc::channel(bytes.len() + 1);
            // The end of the bytes is an error, as is nonsense.
            let _ = read(bytes, &route(7, b"me"), &sender).await;
            drop(sender);
            let mut messages = Vec::new();
            while let Some(message) = receiver.recv().await {
                messages.push(message);
            }
            messages
        })
    }

    fn written(messages: &[Vec<Bytes>]) -> Vec<u8> {
        let runtime = tokio::runtime::Builder::new_current_thread().build();
        runtime.unwrap().block_on(async {
            let mut bytes = Vec::new();
            for message in messages {
                zmtp::write_message(&mut bytes, message).await.unwrap();
            }
            bytes
        })
    }

    fn messages() -> impl Strategy<Value = Vec<Vec<Bytes>>> {
        let frame = prop::collection::vec(any::<u8>(), 0..300).prop_map(Bytes::from);
        prop::collection::vec(prop::collection::vec(frame, 1..8), 0..6)
    }

    #[test]
    fn a_message_without_end_ends_the_connection() {
        let frames = vec![Bytes::new(); MAX_FRAMES + 1];
        assert!(read_all(&written(&[frames])).is_empty());
    }

    proptest! {
        #[test]
        fn messages_come_whole_and_in_order(messages in messages()) {
            let read = read_all(&written(&messages));
            let expected: Vec<Vec<Bytes>> = messages
                .into_iter()
                .map(|message| std::iter::once(route(7, b"me")).chain(message).collect())
                .collect();
            prop_assert_eq!(read, expected);
        }

        /// Flags, lengths and bodies changed anywhere, and the end cut off: what is whole before
        /// stays whole.
        #[test]
        fn damage_harms_nothing_before_it(
            messages in messages(),
            damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
            cut in any::<prop::sample::Index>(),
        ) {
            let whole = written(&messages);
            prop_assume!(!whole.is_empty());
            let mut bytes = whole.clone();
            let mut first = bytes.len();
            for (at, byte) in damage {
                let at = at.index(bytes.len());
                bytes[at] = byte;
                first = first.min(at);
            }
            let end = cut.index(bytes.len());
            bytes.truncate(end);
            let read = read_all(&bytes);
            let undamaged = read_all(&whole[..first.min(end)]);
            prop_assert!(read.starts_with(&undamaged));
            let frames: usize = read.iter().flatten().skip(1).map(Bytes::len).sum();
            prop_assert!(frames <= bytes.len() + read.len() * route(7, b"me").len());
        }
    }
}
