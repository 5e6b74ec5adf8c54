// `notify_one` keeps a permit for a task that comes late.
:dep tokio = { version = "1", features = ["full"] }
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::{mpsc, Notify};

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let ready = Arc::new(AtomicBool::new(false));
    let bell = Arc::new(Notify::new());
    let (tx, mut rx) = mpsc::channel(1);
    let (flag, ring) = (ready.clone(), bell.clone());
    tokio::spawn(async move {
        for n in 0..2 {
            tx.send(n).await.unwrap();
        }
        flag.store(true, Ordering::SeqCst);
        ring.notify_one();
    });
    let mut sum = 0;
    while let Some(n) = rx.recv().await {
        sum += n;
    }
    if !ready.load(Ordering::SeqCst) {
        bell.notified().await;
    }
    assert_eq!(sum, 1);
}
