// Lazy statics of three kinds, first touched by two threads.
:dep once_cell = "1"
:dep lazy_static = "1"
use lazy_static::lazy_static;
use once_cell::sync::{Lazy, OnceCell};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

static MADE: AtomicU32 = AtomicU32::new(0);
static TABLE: Lazy<Vec<u32>> = Lazy::new(|| {
    MADE.fetch_add(1, Ordering::Relaxed);
    vec![1, 2, 3]
});
static FIRST: OnceCell<u32> = OnceCell::new();

lazy_static! {
    static ref LOG: Mutex<Vec<u32>> = Mutex::new(vec![]);
}

fn main() {
    let threads: Vec<_> = (0..2)
        .map(|n| {
            thread::spawn(move || {
                let first = *FIRST.get_or_init(|| n);
                LOG.lock().unwrap().push(TABLE[n as usize]);
                first
            })
        })
        .collect();
    let firsts: Vec<_> = threads.into_iter().map(|it| it.join().unwrap()).collect();
    assert_eq!(firsts[0], firsts[1]);
    let mut log = LOG.lock().unwrap().clone();
    log.sort();
    assert_eq!(log, [1, 2]);
    assert_eq!(MADE.load(Ordering::Relaxed), 1);
}
