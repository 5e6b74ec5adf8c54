//! smol: its reactor thread, a timer, a blocking task and a channel.

use smol::{Timer, channel, future};
use std::time::Duration;

fn main() {
    smol::block_on(async {
        let (sender, receiver) = channel::bounded(1);
        let producer = smol::spawn(async move {
            for n in 0..10_u32 {
                sender.send(n).await.unwrap();
            }
        });
        let mut sum = 0;
        while let Ok(n) = receiver.recv().await {
            sum += n;
        }
        producer.await;
        assert_eq!(sum, 45);
        let slow = async {
            Timer::after(Duration::from_millis(200)).await;
            "slow"
        };
        assert_eq!(future::or(slow, smol::unblock(|| "fast")).await, "fast");
    });
}
