//# title: park_timeout with nobody to unpark
//# stdout: done
use std::thread;
use std::time::{Duration, Instant};

{
    let began = Instant::now();
    while began.elapsed() < Duration::from_millis(400) {
        thread::park_timeout(Duration::from_millis(400));
    }
    println!("done");
}
