// A runtime of two threads: tasks, a lock, a timer, work on a thread of its own.
:dep tokio = { version = "1", features = ["full"] }
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
let total = Arc::new(Mutex::new(vec![0]));
runtime.block_on(async {
    let tasks: Vec<_> = (1..3)
        .map(|number| {
            let total = total.clone();
            tokio::spawn(async move {
                tokio::time::sleep(Duration::from_millis(number)).await;
                total.lock().await.push(number);
            })
        })
        .collect();
    let made = tokio::task::spawn_blocking(|| 3).await.unwrap();
    total.lock().await.push(made);
    for task in tasks {
        task.await.unwrap();
    }
});
assert_eq!(total.blocking_lock().iter().sum::<u64>(), 6);
