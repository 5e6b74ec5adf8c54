//! A value of two halves with a version: who reads it must not see half of a change.

use std::sync::atomic::{AtomicU32, Ordering::*, fence};
use std::thread;

const MENDED: bool = false;

#[derive(Default)]
struct SeqLock {
    version: AtomicU32,
    halves: [AtomicU32; 2],
}

impl SeqLock {
    fn write(&self, value: u32) {
        let version = self.version.load(Relaxed);
        self.version.store(version + 1, Relaxed);
        if MENDED {
            fence(Release);
        }
        for half in &self.halves {
            half.store(value, Relaxed);
        }
        self.version.store(version + 2, Release);
    }

    fn read(&self) -> Option<[u32; 2]> {
        let before = self.version.load(Acquire);
        let value = [&self.halves[0], &self.halves[1]].map(|half| half.load(Relaxed));
        if MENDED {
            fence(Acquire);
        }
        let after = self.version.load(Relaxed);
        (before == after && before % 2 == 0).then_some(value)
    }
}

fn main() {
    let lock = SeqLock::default();
    thread::scope(|scope| {
        scope.spawn(|| lock.write(1));
        scope.spawn(|| {
            if let Some([first, second]) = lock.read() {
                assert_eq!(first, second, "half of a change was seen");
            }
        });
    });
}
