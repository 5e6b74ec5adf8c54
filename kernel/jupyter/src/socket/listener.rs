//! A listening socket, TCP or Unix, of which each connection becomes a task.

use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::task::JoinSet;

use crate::error::Error;
use crate::wire::endpoint::Endpoint;

/// How long to wait when the system has no descriptor left for a connection.
const BACK_OFF: Duration = Duration::from_millis(100);

/// A bound endpoint.
#[derive(Debug)]
pub enum Listener {
    /// TCP.
    Tcp(TcpListener),
    /// A Unix socket, whose file is removed with it.
    Ipc(
        UnixListener,
        #[expect(dead_code, reason = "it works by being dropped")] SocketFile,
    ),
}

/// One connection.
#[derive(Debug)]
pub enum Connection {
    /// TCP.
    Tcp(TcpStream),
    /// Unix.
    Ipc(UnixStream),
}

/// The file of a Unix socket; removed when dropped.
#[derive(Debug)]
pub struct SocketFile(PathBuf);

impl Drop for SocketFile {
    fn drop(&mut self) {
        // Gone already is as good.
        let _ = std::fs::remove_file(&self.0);
    }
}

/// Removes the socket file at `path` if nobody listens there.
fn clear_stale(path: &Path) {
    let refused = |error: std::io::Error| error.kind() == std::io::ErrorKind::ConnectionRefused;
    if std::os::unix::net::UnixStream::connect(path).is_err_and(refused) {
        // If that fails, binding does, too, and says why.
        let _ = std::fs::remove_file(path);
    }
}

impl Listener {
    /// Listens at `endpoint`.
    ///
    /// # Errors
    /// The address is taken or is not ours.
    pub async fn bind(endpoint: &Endpoint) -> Result<Self, Error> {
        let bound = match endpoint {
            Endpoint::Tcp(host, port) => TcpListener::bind((host.as_str(), *port))
                .await
                .map(Self::Tcp),
            Endpoint::Ipc(path) => {
                clear_stale(path);
                UnixListener::bind(path)
                    .map(|listener| Self::Ipc(listener, SocketFile(path.clone())))
            }
        };
        bound.map_err(|cause| Error::Listen {
            endpoint: endpoint.clone(),
            cause,
        })
    }

    /// Runs `serve` with each connection and its number, for ever.
    pub async fn each<F, T>(self, serve: F)
    where
        F: Fn(u64, Connection) -> T,
        T: Future<Output = ()> + Send + 'static,
    {
        // They end with this set.
        let mut connections = JoinSet::new();
        let mut number = 0;
        loop {
            while connections.try_join_next().is_some() {}
            match self.accept().await {
                Ok(stream) => {
                    number += 1;
                    connections.spawn(serve(number, stream));
                }
                Err(error) => {
                    tracing::warn!("cannot accept a connection: {error}");
                    tokio::time::sleep(BACK_OFF).await;
                }
            }
        }
    }

    async fn accept(&self) -> std::io::Result<Connection> {
        match self {
            Self::Tcp(listener) => {
                let (stream, _) = listener.accept().await?;
                stream.set_nodelay(true)?;
                Ok(Connection::Tcp(stream))
            }
            Self::Ipc(listener, _) => Ok(Connection::Ipc(listener.accept().await?.0)),
        }
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<std::io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_read(cx, buf),
            Self::Ipc(stream) => Pin::new(stream).poll_read(cx, buf),
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<std::io::Result<usize>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_write(cx, buf),
            Self::Ipc(stream) => Pin::new(stream).poll_write(cx, buf),
        }
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_flush(cx),
            Self::Ipc(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<std::io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Ipc(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
