//# title: atomics, and the handle of a thread that never returns, are kept for the next cell
//# fresh: yes
//# lock total: acquisitions=1, created_at=@total
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;
let ticks = Arc::new(AtomicU64::new(0));
let flags = vec![AtomicBool::new(true), AtomicBool::new(false)];
let total = Mutex::new(0u64); //@ total
let ticker = thread::spawn({
    let ticks = ticks.clone();
    move || loop {
        ticks.fetch_add(1, Ordering::Relaxed);
        thread::sleep(Duration::from_millis(20));
    }
});
//# cell
assert!(flags[0].load(Ordering::SeqCst));
assert!(!ticker.is_finished());
*total.lock().unwrap() += ticks.load(Ordering::Relaxed);
