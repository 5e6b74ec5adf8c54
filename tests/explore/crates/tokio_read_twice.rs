// A task reads twice, and a writer queues between.
// fails: deadlock
:dep tokio = { version = "1", features = ["full"] }
use std::sync::Arc;
use tokio::sync::RwLock;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let config = Arc::new(RwLock::new(1));
    let writer = tokio::spawn({
        let config = config.clone();
        async move { *config.write().await += 1 }
    });
    let outer = config.read().await;
    // A second reader queues behind the writer, who waits for the first.
    let inner = config.read().await;
    assert!(*outer == *inner);
    drop((outer, inner));
    writer.await.unwrap();
}
