// An answer may take longer than a second.
// fails: panic
:dep tokio = { version = "1", features = ["full"] }
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::timeout;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() {
    let (tx, rx) = oneshot::channel();
    tokio::task::spawn_blocking(move || {
        let answer = (1..=10).sum::<u32>();
        tx.send(answer).expect("nobody waits for the answer");
    });
    // A second is plenty, isn't it?
    if let Ok(answer) = timeout(Duration::from_secs(1), rx).await {
        assert_eq!(answer.unwrap(), 55);
    } else {
        panic!("too late");
    }
}
