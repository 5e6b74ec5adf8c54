//! threadpool: jobs that report through a std channel, and `join`.

use std::sync::mpsc::channel;
use threadpool::ThreadPool;

fn main() {
    let pool = ThreadPool::with_name("worker".into(), 4);
    let (sender, receiver) = channel();
    for n in 0..20_u32 {
        let sender = sender.clone();
        pool.execute(move || sender.send(n * n).unwrap());
    }
    drop(sender);
    pool.join();
    assert_eq!(receiver.iter().sum::<u32>(), 2_470);
    assert_eq!(pool.panic_count(), 0);
}
