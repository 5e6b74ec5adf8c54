// A thief takes jobs between those of the owner, who expects to be first.
// fails: panic
:dep crossbeam = "0.8"
use crossbeam::deque::{Steal, Worker};
use std::sync::atomic::{AtomicBool, Ordering};

fn main() {
    let worker = Worker::new_fifo();
    let stealer = worker.stealer();
    let done = AtomicBool::new(false);
    for job in 0..3 {
        worker.push(job);
    }
    let mut mine = vec![];
    let stolen = crossbeam::scope(|s| {
        let thief = s.spawn(|_| {
            let mut stolen = vec![];
            while !done.load(Ordering::Acquire) {
                // A retry is taken for an empty queue.
                match stealer.steal() {
                    Steal::Success(job) => stolen.push(job),
                    _ => break,
                }
            }
            stolen
        });
        while let Some(job) = worker.pop() {
            mine.push(job);
        }
        done.store(true, Ordering::Release);
        thief.join().unwrap()
    })
    .unwrap();
    assert_eq!(mine.len() + stolen.len(), 3);
    assert!(stolen.is_empty() || mine.is_empty() || stolen[0] < mine[0], "stolen {stolen:?}, mine {mine:?}");
}
