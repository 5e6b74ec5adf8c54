// Timers of one thread, side by side.
:dep tokio = { version = "1", features = ["full"] }
use std::time::Duration;
use tokio::time::{interval, sleep, Instant};

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let begun = Instant::now();
    let (a, b) = tokio::join!(
        async {
            sleep(Duration::from_millis(300)).await;
            1
        },
        async {
            let mut ticks = interval(Duration::from_millis(100));
            for _ in 0..3 {
                ticks.tick().await;
            }
            2
        }
    );
    assert_eq!(a + b, 3);
    assert!(begun.elapsed() >= Duration::from_millis(300));
}
