//! crossbeam: a bounded channel with `select!`, a work-stealing deque, and the utilities.

use crossbeam::channel::{bounded, select, unbounded};
use crossbeam::deque::{Steal, Worker};
use crossbeam::sync::{Parker, WaitGroup};
use crossbeam::utils::CachePadded;
use std::sync::atomic::{AtomicUsize, Ordering};

fn main() {
    let (numbers, received) = bounded(2);
    let (stop, stopped) = unbounded::<()>();
    let producer = std::thread::spawn(move || (0..100).for_each(|n| numbers.send(n).unwrap()));
    let mut sum = 0;
    loop {
        select! {
            recv(received) -> n => match n {
                Ok(n) => sum += n,
                Err(_) => break,
            },
            recv(stopped) -> _ => unreachable!("nobody stops us"),
        }
    }
    drop(stop);
    producer.join().unwrap();
    assert_eq!(sum, 4_950);

    let worker = Worker::new_fifo();
    (0..100).for_each(|n| worker.push(n));
    let stealer = worker.stealer();
    let taken = CachePadded::new(AtomicUsize::new(0));
    let group = WaitGroup::new();
    crossbeam::scope(|scope| {
        for _ in 0..3 {
            let (stealer, taken, group) = (stealer.clone(), &taken, group.clone());
            scope.spawn(move |_| {
                loop {
                    match stealer.steal() {
                        Steal::Success(_) => _ = taken.fetch_add(1, Ordering::Relaxed),
                        Steal::Retry => {}
                        Steal::Empty => break,
                    }
                }
                drop(group);
            });
        }
        group.wait();
        assert_eq!(taken.load(Ordering::Relaxed), 100);
    })
    .unwrap();

    let parker = Parker::new();
    let unparker = parker.unparker().clone();
    std::thread::spawn(move || unparker.unpark());
    parker.park();
}
