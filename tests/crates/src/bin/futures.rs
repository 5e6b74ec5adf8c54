//! futures: a thread pool, `join_all`, and a channel between tasks.

use futures::channel::mpsc;
use futures::executor::{ThreadPool, block_on};
use futures::task::SpawnExt;
use futures::{SinkExt, StreamExt, future::join_all};

fn main() {
    let pool = ThreadPool::builder().pool_size(2).create().unwrap();
    let squares: Vec<_> =
        (0..10).map(|n| pool.spawn_with_handle(async move { n * n }).unwrap()).collect();
    assert_eq!(block_on(join_all(squares)).into_iter().sum::<i32>(), 285);

    let (mut sender, receiver) = mpsc::channel(1);
    pool.spawn(async move {
        for n in 0..10 {
            sender.send(n).await.unwrap();
        }
    })
    .unwrap();
    assert_eq!(block_on(receiver.collect::<Vec<_>>()).len(), 10);
}
