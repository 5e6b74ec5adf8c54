// tokio's mutex, semaphore, notification and channels, on threads, without its runtime.
:dep tokio = { version = "1", features = ["sync"] }
use std::future::Future;
use std::sync::Arc;
use std::task::{Context, Poll, Wake};
use std::thread::{self, Thread};
use tokio::sync::{Mutex, Notify, Semaphore, mpsc, oneshot, watch};
struct Unpark(Thread);
impl Wake for Unpark {
    fn wake(self: Arc<Self>) {
        self.0.unpark();
    }
}
fn block_on<T>(future: impl Future<Output = T>) -> T {
    let mut future = std::pin::pin!(future);
    let waker = Arc::new(Unpark(thread::current())).into();
    loop {
        match future.as_mut().poll(&mut Context::from_waker(&waker)) {
            Poll::Ready(value) => return value,
            Poll::Pending => thread::park(),
        }
    }
}
let total = Mutex::new(vec![0]);
let (permits, notify) = (Semaphore::new(1), Notify::new());
let (send, mut receive) = mpsc::channel(1);
let (answer, asked) = oneshot::channel();
let (state, mut seen) = watch::channel(0);
thread::scope(|s| {
    s.spawn(|| {
        block_on(async {
            let _permit = permits.acquire().await.unwrap();
            total.lock().await.push(1);
            send.send(vec![2]).await.unwrap();
            notify.notify_one();
        });
        state.send(3).unwrap();
    });
    s.spawn(|| {
        block_on(async {
            let _permit = permits.acquire().await.unwrap();
            total.lock().await.push(4);
            answer.send(vec![5]).unwrap();
        });
    });
    let sum = block_on(async {
        notify.notified().await;
        seen.wait_for(|it| *it == 3).await.unwrap();
        receive.recv().await.unwrap()[0] + asked.await.unwrap()[0]
    });
    assert_eq!(sum, 7);
});
assert_eq!(total.into_inner().iter().sum::<i32>(), 5);
