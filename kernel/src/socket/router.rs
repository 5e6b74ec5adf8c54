//! The ROUTER sockets (shell, control, stdin): requests in, replies out.
//!
//! They are the `zeromq` crate's. What that costs, as of 0.7: it reserves the length that a frame
//! announces, so a local process that knows no key can end the kernel by announcing a terabyte; and
//! a client that asks for ever and never reads is bounded by 100,000 replies, not by bytes.

use std::time::Duration;

use bytes::Bytes;
use zeromq::{
    RouterRecvHalf, RouterSendHalf, RouterSocket, Socket, SocketRecv, SocketSend, ZmqError,
    ZmqMessage,
};

use super::listener::{SocketFile, cannot_listen};
use crate::wire::connection::Endpoint;

/// How long a reply waits for a peer that does not read, before it is given up.
const PATIENCE: Duration = Duration::from_secs(2);

/// The receiving half.
pub struct Requests {
    socket: RouterRecvHalf,
    _file: Option<SocketFile>,
}

/// The sending half; clones send through the same socket.
#[derive(Clone)]
pub struct Replies(RouterSendHalf);

/// Listens at `endpoint`.
///
/// # Errors
/// One sentence: the address is taken or is not ours.
pub async fn open(endpoint: &Endpoint) -> Result<(Replies, Requests), String> {
    let mut socket = RouterSocket::new();
    let file =
        bind(&mut socket, endpoint).await.map_err(|error| cannot_listen(endpoint, &error))?;
    let (sender, receiver) = socket.split();
    Ok((Replies(sender), Requests { socket: receiver, _file: file }))
}

/// Binds any socket, and a Unix socket's file with it.
pub(super) async fn bind(
    socket: &mut impl Socket,
    endpoint: &Endpoint,
) -> Result<Option<SocketFile>, ZmqError> {
    match endpoint {
        Endpoint::Tcp(..) => {
            socket.bind(&endpoint.to_string()).await?;
            Ok(None)
        }
        Endpoint::Ipc(path) => {
            let (listener, file) =
                SocketFile::claim(path, || std::os::unix::net::UnixListener::bind(path))?;
            socket.bind_listener(listener).await?;
            Ok(Some(file))
        }
    }
}

impl Requests {
    /// The next message, its sender's identity first. Peers that go away are none of the
    /// caller's business.
    pub async fn next(&mut self) -> Vec<Bytes> {
        loop {
            match self.socket.recv().await {
                Ok(message) => return message.into_vec(),
                Err(error) => {
                    tracing::debug!("a peer left: {error}");
                    tokio::task::yield_now().await;
                }
            }
        }
    }
}

impl Replies {
    /// Sends frames, the receiver's identity first. A reply to a peer that is gone, or that does
    /// not read, is dropped: the others are served. Returns whether it was taken.
    pub async fn send(&self, frames: Vec<Bytes>) -> bool {
        let Ok(message) = ZmqMessage::try_from(frames) else {
            return false;
        };
        match tokio::time::timeout(PATIENCE, self.0.clone().send(message)).await {
            Ok(Ok(())) => true,
            Ok(Err(error)) => {
                tracing::info!("a reply had nowhere to go: {error}");
                false
            }
            Err(_) => {
                tracing::warn!("a client does not read its replies; one was dropped");
                false
            }
        }
    }
}
