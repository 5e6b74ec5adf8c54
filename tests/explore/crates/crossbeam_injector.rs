// Workers take batches from a shared queue.
:dep crossbeam = "0.8"
use crossbeam::deque::{Injector, Steal, Worker};

fn main() {
    let injector = Injector::new();
    for job in 0..3u32 {
        injector.push(job);
    }
    let total: u32 = crossbeam::scope(|s| {
        let threads: Vec<_> = (0..2)
            .map(|_| {
                s.spawn(|_| {
                    let local = Worker::new_lifo();
                    let mut sum = 0;
                    loop {
                        if let Some(job) = local.pop() {
                            sum += job + 1;
                            continue;
                        }
                        match injector.steal_batch(&local) {
                            Steal::Success(()) | Steal::Retry => {}
                            Steal::Empty => break sum,
                        }
                    }
                })
            })
            .collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    })
    .unwrap();
    assert_eq!(total, 6);
}
