//# title: every thread sleeps or waits for a sleeper
//# stdout: done 36
use std::thread;
use std::time::Duration;

let sleepers: Vec<_> = (1..=8u64)
    .map(|n| thread::spawn(move || {
        thread::sleep(Duration::from_millis(100 * n));
        n
    }))
    .collect();
let sum: u64 = sleepers.into_iter().map(|s| s.join().unwrap()).sum();
println!("done {sum}");
