//# title: main waits for a thread that computes and touches nothing of std's
//# stdout: done
use std::sync::mpsc;
use std::thread;
use std::time::{Duration, Instant};

{
    let (tx, rx) = mpsc::channel();
    let worker = thread::spawn(move || {
        let end = Instant::now() + Duration::from_millis(700);
        let mut n = 0u64;
        while Instant::now() < end {
            n = std::hint::black_box(n.wrapping_mul(31).wrapping_add(7));
        }
        tx.send(n).unwrap();
    });
    rx.recv().unwrap();
    worker.join().unwrap();
    println!("done");
}
