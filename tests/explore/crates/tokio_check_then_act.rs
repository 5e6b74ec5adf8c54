// Two tasks of one thread look at a number, and change it later.
// fails: panic
:dep tokio = { version = "1", features = ["full"] }
use std::sync::Arc;
use tokio::sync::Mutex;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let tickets = Arc::new(Mutex::new(1));
    let mut buyers = vec![];
    for _ in 0..2 {
        let tickets = tickets.clone();
        buyers.push(tokio::spawn(async move {
            let left = *tickets.lock().await;
            if left > 0 {
                tokio::task::yield_now().await;
                *tickets.lock().await -= 1;
                return true;
            }
            false
        }));
    }
    let mut sold = 0;
    for buyer in buyers {
        if buyer.await.unwrap() {
            sold += 1;
        }
    }
    assert_eq!(sold, 1, "one ticket, sold {sold} times");
}
