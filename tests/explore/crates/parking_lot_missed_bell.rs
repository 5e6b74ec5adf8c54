// A flag is set without the lock: the notification may come before the wait.
// fails: deadlock
:dep parking_lot = "0.12"
use parking_lot::{Condvar, Mutex};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

static READY: AtomicBool = AtomicBool::new(false);
static LOCK: Mutex<()> = Mutex::new(());
static BELL: Condvar = Condvar::new();

fn main() {
    let waiter = thread::spawn(|| {
        let mut guard = LOCK.lock();
        while !READY.load(Ordering::SeqCst) {
            BELL.wait(&mut guard);
        }
    });
    // The flag is set without the lock: the bell may ring between the look and the wait.
    READY.store(true, Ordering::SeqCst);
    BELL.notify_one();
    waiter.join().unwrap();
}
