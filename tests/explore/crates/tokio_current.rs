// A runtime of one thread: tasks, a timer, a channel.
:dep tokio = { version = "1", features = ["full"] }
use std::time::Duration;
let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
let sum = runtime.block_on(async {
    let (send, mut receive) = tokio::sync::mpsc::channel(1);
    for number in 1..3 {
        let send = send.clone();
        tokio::spawn(async move {
            tokio::time::sleep(Duration::from_secs(number)).await;
            send.send(number).await.unwrap();
        });
    }
    drop(send);
    let mut sum = 0;
    while let Some(number) = receive.recv().await {
        sum = sum * 10 + number;
    }
    sum
});
assert_eq!(sum, 12);
