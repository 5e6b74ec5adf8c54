//# title: a thread spins until main, which waits for another, lets it go
//# stdout: done
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::Duration;

{
    let stage = Arc::new(AtomicU32::new(0));
    let spinner = thread::spawn({
        let stage = stage.clone();
        move || {
            while stage.load(Ordering::Acquire) < 1 {
                std::hint::spin_loop();
            }
            stage.store(2, Ordering::Release);
        }
    });
    let polite = thread::spawn({
        let stage = stage.clone();
        move || {
            while stage.load(Ordering::Acquire) < 2 {
                thread::yield_now();
            }
        }
    });
    thread::sleep(Duration::from_millis(300));
    stage.store(1, Ordering::Release);
    polite.join().unwrap();
    spinner.join().unwrap();
    println!("done");
}
