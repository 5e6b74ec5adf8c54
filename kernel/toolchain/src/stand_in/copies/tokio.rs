//! tokio: it tells of its tasks, and what they wait for.
//!
//! tokio can speak of its tasks to the crate `tracing`, with a feature and a flag of its own. It
//! gets both, and as `tracing` the crate that our `std` travels with: no manifest, no other crate
//! and no subscriber of a program learns of it.
//!
//! Where it tells nothing by itself, short calls of `kernel/tasks/src/objects.rs` and `making.rs`
//! stand beside an anchor, a few words of the code that they belong to. A group belongs together.
//! Where a version of tokio lacks one of its anchors, all of it is left out: then what the group is
//! about isn't seen, and the rest is.

mod sync;

use super::edit::{Copied, Edit, after, before, text};
use crate::standard::TASKS_LIBRARY;
use sync::{BROADCAST, MPSC, NOTIFY, PARTS, PERMITS, SELECTS, SEMAPHORE, TRIES, WATCH};

pub(super) const COPIED: Copied = Copied {
    package: "tokio",
    // Whoever has tokio tell somebody else of its tasks has set this himself.
    unless: &["tracing"],
    flags: &["--cfg=tokio_unstable", "--cfg=feature=\"tracing\""],
    library: Some(("tracing", TASKS_LIBRARY)),
    edits: &[],
    groups: GROUPS,
};

/// All groups. Whatever is waited for without being told counts as known by nobody, so a group that
/// is missing never makes a deadlock out of what is none.
const GROUPS: &[&[Edit]] = &[
    JOINS, CANCELS, SETS, MPSC, SEMAPHORE, TRIES, PERMITS, NOTIFY, WATCH, BROADCAST, PARTS,
    SELECTS, LIMITS, IO, GIVES_WAY, LOCAL, POOL, WAKERS, PARKED, DRIVER, TIMERS, BRIEF, CATCHES,
    SYSTEM,
];

const JOIN: &str = "runtime/task/join.rs";
const JOINS: &[Edit] = &[
    before(
        JOIN,
        "self.raw.try_read_output(",
        "let told = tracing::told::joins(Header::get_tracing_id(&self.raw.header_ptr())); ",
    ),
    after(
        JOIN,
        "try_read_output(&mut ret, cx.waker());",
        " told.is_ready(ret.is_ready());",
    ),
    before(
        JOIN,
        "if self.raw.state().drop_join_handle_fast()",
        "tracing::told::handle_is_dropped(unsafe { Header::get_tracing_id(&self.raw.header_ptr()) }); ",
    ),
];

const CANCEL: &str =
    "tracing::told::cancels(unsafe { super::Header::get_tracing_id(&self.raw.header_ptr()) }); ";
const CANCELS: &[Edit] = &[
    before(JOIN, "self.raw.remote_abort();", CANCEL),
    before("runtime/task/abort.rs", "self.raw.remote_abort();", CANCEL),
    before(
        "task/join_set.rs",
        "self.inner.drain(|join_handle| join_handle.abort());",
        "let _dropped = tracing::told::set_is_dropped(); ",
    ),
];

const SETS: &[Edit] = &[
    before(
        "task/join_set.rs",
        "let mut entry = match self.inner.pop_notified(cx.waker())",
        "let told = tracing::told::joins_one(); ",
    ),
    before(
        "task/join_set.rs",
        "// The waker was set by `pop_notified`.",
        "told.waits(); ",
    ),
];

// Who has waited for so long and not longer waits no more.
const TIMEOUT: &str = "time/timeout.rs";
const LIMITS: &[Edit] = &[
    after(
        TIMEOUT,
        "let had_budget_before = coop::has_budget_remaining();",
        " let told = tracing::told::limited();",
    ),
    text(
        TIMEOUT,
        "poll_delay(had_budget_before, delay, cx).map(Err)",
        "told.polled(poll_delay(had_budget_before, delay, cx)).map(Err)",
    ),
];

const IO_FILE: &str = "runtime/io/scheduled_io.rs";
const IO: &[Edit] = &[
    before(
        IO_FILE,
        "let waker = match direction {",
        "let _told = tracing::told::waits_for_io(); ",
    ),
    before(
        IO_FILE,
        "let old = waker.replace(cx.waker().clone());",
        "let _told = tracing::told::waits_for_io(); ",
    ),
    before(
        IO_FILE,
        "w.waker.as_mut().unwrap().clone_from(cx.waker());",
        "let _told = tracing::told::waits_for_io(); ",
    ),
];

const GIVES_WAY: &[Edit] = &[before(
    "runtime/scheduler/defer.rs",
    "deferred.push(waker.clone());",
    "let _told = tracing::told::gives_way(); ",
)];

const LOCAL: &[Edit] = &[before(
    "task/local.rs",
    "self.context.shared.waker.register_by_ref(cx.waker());",
    "let told = tracing::told::gives_way(); ",
)];

const POOL: &[Edit] = &[after(
    "runtime/blocking/pool.rs",
    "builder.spawn(move || {",
    " tracing::told::thread_is_pooled();",
)];

const WAKERS: &[Edit] = &[
    after(
        PARK,
        "unsafe fn clone(raw: *const ()) -> RawWaker {",
        " tracing::told::waker_cloned(raw);",
    ),
    after(
        PARK,
        "unsafe fn wake(raw: *const ()) {",
        " tracing::told::waker_woken(raw);",
    ),
    after(
        PARK,
        "unsafe fn wake_by_ref(raw: *const ()) {",
        " tracing::told::waker_woken(raw);",
    ),
    after(
        "util/wake.rs",
        "unsafe fn clone_arc_raw<T: Wake>(data: *const ()) -> RawWaker {",
        " tracing::told::waker_cloned(data);",
    ),
    after(
        "util/wake.rs",
        "unsafe fn wake_arc_raw<T: Wake>(data: *const ()) {",
        " tracing::told::waker_woken(data);",
    ),
    after(
        "util/wake.rs",
        "unsafe fn wake_by_ref_arc_raw<T: Wake>(data: *const ()) {",
        " tracing::told::waker_woken(data);",
    ),
];

// Whoever is made to unwind out of `block_on` is not parked any more: the next one would find that
// it is.
const PARK: &str = "runtime/park.rs";
const PARKED: &[Edit] = &[
    before(
        PARK,
        "m = self.condvar.wait(m).unwrap();",
        "let _parked = tracing::told::on_unwinding(|| self.state.store(EMPTY, SeqCst)); ",
    ),
    before(
        PARK,
        "let (_m, _result) = self.condvar.wait_timeout(m, dur).unwrap();",
        "let _parked = tracing::told::on_unwinding(|| self.state.store(EMPTY, SeqCst)); ",
    ),
];

// While a runtime of one thread parks, it has taken out what it parks by.
const CURRENT_THREAD: &str = "runtime/scheduler/current_thread/mod.rs";
const DRIVER: &[Edit] = &[
    text(
        CURRENT_THREAD,
        "core.driver = Some(driver);",
        "core.driver = Some(driver.kept());",
    ),
    text(
        CURRENT_THREAD,
        "let mut driver = core.driver.take().expect(\"driver missing\");",
        "let mut driver = tracing::told::taken_out(core.driver.take().expect(\"driver missing\"), \
         |driver| if let Some(core) = self.core.borrow_mut().as_mut() { core.driver = Some(driver); });",
    ),
];

// Of a timer that a future has asked for once nothing else is told when it is polled again.
const TIMERS: &[Edit] = &[before(
    "runtime/time/mod.rs",
    "match next_wake {",
    "let _told = tracing::told::sleeps(next_wake.is_some()); ",
)];

// The list of who waits for permits, which each message of a channel takes and gives back within a
// few instructions: that this is a lock is tokio's own business, and telling of it costs more than
// it does.
const BRIEF: &[Edit] = &[
    text(
        "sync/batch_semaphore.rs",
        "use crate::loom::sync::{Mutex, MutexGuard};",
        "use brief::{Mutex, MutexGuard};",
    ),
    Edit::Append {
        file: "sync/batch_semaphore.rs",
        text: BRIEF_LOCK,
    },
];

// Two of them lie around each poll.
const CATCHES: &[Edit] = &[text(
    "runtime/task/harness.rs",
    "panic::catch_unwind(",
    "::std::of_crates::catch_unwind(",
)];

// Who waits for sockets does so in the system, where nobody can wake it for a stop.
const SYSTEM: &[Edit] = &[text(
    "runtime/io/driver.rs",
    "match self.poll.poll(events, max_wait) {",
    "match ::std::of_crates::wait_in_system(max_wait, |slice| { self.poll.poll(events, slice)?; Ok(!events.is_empty()) }) {",
)];

const BRIEF_LOCK: &str = "
mod brief {
    use std::of_crates::unrecorded;
    pub(super) use unrecorded::MutexGuard;

    #[derive(Debug)]
    pub(super) struct Mutex<T>(unrecorded::Mutex<T>);

    impl<T> Mutex<T> {
        pub(super) const fn new(value: T) -> Mutex<T> {
            Mutex(unrecorded::Mutex::new(value))
        }

        #[allow(dead_code)]
        pub(super) const fn const_new(value: T) -> Mutex<T> {
            Mutex(unrecorded::Mutex::new(value))
        }

        pub(super) fn lock(&self) -> MutexGuard<'_, T> {
            self.0.lock().unwrap_or_else(|poisoned| poisoned.into_inner())
        }
    }
}
";

#[cfg(test)]
mod tests {
    use super::{Edit, GROUPS};

    #[test]
    fn lines_keep_their_numbers() {
        for edit in GROUPS.iter().flat_map(|group| group.iter()) {
            let lines = |text: &str| text.matches('\n').count();
            match edit {
                Edit::Beside { before, after, .. } => assert_eq!(lines(before) + lines(after), 0),
                Edit::Text { text, instead, .. } => assert_eq!(lines(text), lines(instead)),
                Edit::Append { .. } => {}
                _ => panic!("only calls are put into tokio's code"),
            }
        }
    }
}
