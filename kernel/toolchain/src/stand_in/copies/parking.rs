//! parking: a thread that parks by it does so as by std, so that it is told for what, and may be
//! made to unwind. async-channel, event-listener and executors block by it.

use super::edit::{Copied, Edit, text};

const LIB: &str = "lib.rs";

pub(super) const COPIED: Copied = Copied {
    package: "parking",
    unless: &[],
    flags: &[],
    library: None,
    groups: &[],
    edits: &[
        // Under the lock stands who parks.
        text(
            LIB,
            "    lock: Mutex<()>,",
            "    lock: Mutex<Option<std::thread::Thread>>,",
        ),
        text(LIB, "lock: Mutex::new(()),", "lock: Mutex::new(None),"),
        text(
            LIB,
            "use sync::{Condvar, Mutex};",
            "use sync::Condvar; use std::of_crates::unrecorded::{Mutex, MutexGuard};",
        ),
        text(
            LIB,
            "m = self.cvar.wait(m).unwrap();",
            "self.sleep(m, None); m = self.lock.lock().unwrap();",
        ),
        text(
            LIB,
            "let (_m, _result) = self.cvar.wait_timeout(m, timeout).unwrap();",
            "self.sleep(m, Some(timeout));",
        ),
        text(
            LIB,
            "drop(self.lock.lock().unwrap());",
            "let parked = self.lock.lock().unwrap().take();",
        ),
        text(
            LIB,
            "self.cvar.notify_one();",
            "if let Some(parked) = parked { parked.unpark(); }",
        ),
        Edit::Append {
            file: LIB,
            text: SLEEP,
        },
    ],
};

const SLEEP: &str = "
impl Inner {
    fn sleep(&self, mut parked: MutexGuard<'_, Option<std::thread::Thread>>, timeout: Option<Duration>) {
        *parked = Some(std::thread::current());
        drop(parked);
        let deadline = timeout.and_then(|it| Instant::now().checked_add(it));
        std::of_crates::channel::park_and_leave(deadline, || self.state.store(EMPTY, SeqCst));
    }
}
";
