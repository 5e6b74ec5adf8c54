//! tokio: a runtime with several threads, a blocking task, a timer, a mutex, a channel and a socket.

use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex, mpsc};

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let total = Arc::new(Mutex::new(0));
    let (sender, mut receiver) = mpsc::channel(4);
    for n in 0..10_u32 {
        let (total, sender) = (Arc::clone(&total), sender.clone());
        tokio::spawn(async move {
            *total.lock().await += n;
            sender.send(()).await.unwrap();
        });
    }
    drop(sender);
    while receiver.recv().await.is_some() {}
    assert_eq!(*total.lock().await, 45);

    assert_eq!(tokio::task::spawn_blocking(|| 6 * 7).await.unwrap(), 42);
    let nothing = std::future::pending::<()>();
    assert!(tokio::time::timeout(Duration::from_millis(5), nothing).await.is_err());

    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        stream.write_all(b"hello").await.unwrap();
    });
    let mut text = String::new();
    TcpStream::connect(address).await.unwrap().read_to_string(&mut text).await.unwrap();
    assert_eq!(text, "hello");
    server.await.unwrap();
}
