//! A driver is stopped while another thread adds work: it looks before it counts itself in.

use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicI32, Ordering::SeqCst};
use std::thread;

const MENDED: bool = false;

struct Device {
    stopping: AtomicBool,
    pending: AtomicI32,
    all_done: AtomicBool,
    stopped: AtomicBool,
    counting: Mutex<()>,
}

impl Device {
    fn enter(&self) -> bool {
        if !MENDED && self.stopping.load(SeqCst) {
            return false;
        }
        let counting = self.counting.lock().unwrap();
        self.pending.store(self.pending.load(SeqCst) + 1, SeqCst);
        drop(counting);
        if MENDED && self.stopping.load(SeqCst) {
            self.leave();
            return false;
        }
        true
    }

    fn leave(&self) {
        let counting = self.counting.lock().unwrap();
        let pending = self.pending.load(SeqCst) - 1;
        self.pending.store(pending, SeqCst);
        drop(counting);
        if pending == 0 {
            self.all_done.store(true, SeqCst);
        }
    }
}

fn main() {
    let device = Device {
        stopping: AtomicBool::new(false),
        pending: AtomicI32::new(1),
        all_done: AtomicBool::new(false),
        stopped: AtomicBool::new(false),
        counting: Mutex::new(()),
    };
    thread::scope(|scope| {
        scope.spawn(|| {
            device.stopping.store(true, SeqCst);
            device.leave();
            if device.all_done.load(SeqCst) {
                device.stopped.store(true, SeqCst);
            }
        });
        scope.spawn(|| {
            if device.enter() {
                assert!(!device.stopped.load(SeqCst), "works on a stopped device");
                device.leave();
            }
        });
    });
}
