//! The heartbeat channel: what comes is sent back.

use zeromq::{RepSocket, Socket, SocketRecv, SocketSend};

use super::listener::{SocketFile, cannot_listen};
use crate::wire::connection::Endpoint;

/// A bound heartbeat socket.
pub struct Heartbeat {
    socket: RepSocket,
    _file: Option<SocketFile>,
}

impl Heartbeat {
    /// Listens at `endpoint`.
    ///
    /// # Errors
    /// One sentence: the address is taken or is not ours.
    pub async fn bind(endpoint: &Endpoint) -> Result<Self, String> {
        let mut socket = RepSocket::new();
        let file = super::router::bind(&mut socket, endpoint)
            .await
            .map_err(|error| cannot_listen(endpoint, &error))?;
        Ok(Self { socket, _file: file })
    }

    /// Echoes for ever.
    pub async fn serve(mut self) {
        loop {
            // Both fail when a peer goes away in the middle; the others are still served.
            match self.socket.recv().await {
                Ok(ping) => {
                    if let Err(error) = self.socket.send(ping).await {
                        tracing::debug!("a heartbeat had nowhere to go: {error}");
                    }
                }
                Err(error) => {
                    tracing::debug!("a heartbeat peer left: {error}");
                    tokio::task::yield_now().await;
                }
            }
        }
    }
}
