// `notify_waiters` keeps nothing for a task that comes late.
// fails: deadlock
:dep tokio = { version = "1", features = ["full"] }
use std::sync::Arc;
use tokio::sync::Notify;
use std::sync::atomic::{AtomicBool, Ordering};

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let ready = Arc::new(AtomicBool::new(false));
    let bell = Arc::new(Notify::new());
    let (flag, ring) = (ready.clone(), bell.clone());
    let setter = tokio::spawn(async move {
        flag.store(true, Ordering::SeqCst);
        ring.notify_waiters();
    });
    if !ready.load(Ordering::SeqCst) {
        // notify_waiters keeps no permit for those who come late.
        bell.notified().await;
    }
    setter.await.unwrap();
}
