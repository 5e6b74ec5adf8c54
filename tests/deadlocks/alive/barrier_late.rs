//# title: the last one comes late to the barrier, twenty times
//# stdout: done 20
use std::sync::{Arc, Barrier};
use std::thread;
use std::time::Duration;

{
    let line = Arc::new(Barrier::new(4));
    let runners: Vec<_> = (0..4u64)
        .map(|n| {
            let line = line.clone();
            thread::spawn(move || {
                (0..20).filter(|round| {
                    thread::sleep(Duration::from_millis((n + round) % 4 * 5));
                    line.wait().is_leader()
                }).count()
            })
        })
        .collect();
    let leaders: usize = runners.into_iter().map(|r| r.join().unwrap()).sum();
    println!("done {leaders}");
}
