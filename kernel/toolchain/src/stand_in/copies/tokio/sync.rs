//! What is put into `tokio::sync`.

use super::super::edit::{Edit, after, before, text};

const CHAN: &str = "sync/mpsc/chan.rs";
pub(super) const MPSC: &[Edit] = &[
    before(
        "sync/mpsc/unbounded.rs",
        "pub fn unbounded_channel<T>()",
        "#[track_caller] ",
    ),
    before(
        "sync/mpsc/unbounded.rs",
        "let (tx, rx) = chan::channel(Semaphore(",
        "let _making = tracing::told::making(tracing::told::ObjectKind::TokioUnboundedChannel, None, \
         std::any::type_name::<T>(), std::panic::Location::caller(), env!(\"CARGO_MANIFEST_DIR\")); ",
    ),
    before(
        "sync/mpsc/bounded.rs",
        "let semaphore = Semaphore {",
        "let _making = tracing::told::making(tracing::told::ObjectKind::TokioChannel, Some(buffer), \
         std::any::type_name::<T>(), std::panic::Location::caller(), env!(\"CARGO_MANIFEST_DIR\")); ",
    ),
    after(CHAN, "struct Chan<T, S> {", " told: tracing::told::Owned,"),
    after(
        CHAN,
        "Arc::new(Chan {",
        " told: tracing::told::Owned::made(),",
    ),
    before(
        CHAN,
        "self.inner.rx_waker.register_by_ref(cx.waker());",
        "let told = self.inner.told.within(); ",
    ),
    // What is not there at the second look is waited for.
    after(
        CHAN,
        "self.inner.rx_waker.register_by_ref(cx.waker());",
        " told.waits();",
    ),
    before(
        CHAN,
        "self.inner.semaphore.add_permit();",
        "self.inner.told.received(); ",
    ),
    before(CHAN, "buffer.push(value);", "self.inner.told.received(); "),
    before(CHAN, "self.tx.push(value);", "self.told.sent(); "),
    before(
        CHAN,
        "self.inner.tx_count.fetch_add(1, Relaxed);",
        "self.inner.told.gains_sender(); ",
    ),
    after(
        CHAN,
        "Ok(_) => return Some(Tx { inner: ",
        "{ chan.told.gains_sender(); ",
    ),
    after(CHAN, "chan.told.gains_sender(); chan", " }"),
    before(
        CHAN,
        "if self.inner.tx_count.fetch_sub(1, AcqRel) != 1",
        "self.inner.told.loses_sender(); ",
    ),
    before(CHAN, "self.close();", "self.inner.told.loses_receiver(); "),
];

const NOTIFY_FILE: &str = "sync/notify.rs";
/// At the beginning of both ways to notify: whether somebody waits is known by the state.
const NOTIFIES: &str = " self.told.notifies(get_state(self.state.load(Acquire)) == WAITING, env!(\"CARGO_MANIFEST_DIR\"));";
pub(super) const NOTIFY: &[Edit] = &[
    after(
        NOTIFY_FILE,
        "pub struct Notify {",
        " told: tracing::told::Notify,",
    ),
    before(
        NOTIFY_FILE,
        "state: AtomicUsize::new(0),",
        "told: tracing::told::Notify::of_caller(), ",
    ),
    before(NOTIFY_FILE, "pub fn new() -> Notify {", "#[track_caller] "),
    before(
        NOTIFY_FILE,
        "pub const fn const_new() -> Notify {",
        "#[track_caller] ",
    ),
    before(NOTIFY_FILE, "fn default() -> Notify {", "#[track_caller] "),
    before(
        NOTIFY_FILE,
        "'outer_loop: loop {",
        "let told = notify.told.within(env!(\"CARGO_MANIFEST_DIR\")); ",
    ),
    before(
        NOTIFY_FILE,
        "return Poll::Pending;",
        "if ctx.is_some() { told.waits(); } ",
    ),
    before(
        NOTIFY_FILE,
        "*state = State::Waiting;",
        "if ctx.is_some() { notify.told.begins_to_wait(env!(\"CARGO_MANIFEST_DIR\")); } ",
    ),
    before(NOTIFY_FILE, "return Poll::Ready(());", "told.is_there(); "),
    after(
        NOTIFY_FILE,
        "fn notify_with_strategy(&self, strategy: NotifyOneStrategy) {",
        NOTIFIES,
    ),
    after(NOTIFY_FILE, "pub fn notify_waiters(&self) {", NOTIFIES),
];

const WATCH_FILE: &str = "sync/watch.rs";
pub(super) const WATCH: &[Edit] = &[
    before(WATCH_FILE, "pub fn channel<T>(init: T)", "#[track_caller] "),
    before(
        WATCH_FILE,
        "pub fn new(init: T) -> Self {",
        "#[track_caller] ",
    ),
    before(
        WATCH_FILE,
        "let shared = Arc::new(Shared {",
        "let _making = tracing::told::making(tracing::told::ObjectKind::TokioWatch, None, \
         std::any::type_name::<T>(), std::panic::Location::caller(), env!(\"CARGO_MANIFEST_DIR\")); ",
    ),
    after(
        WATCH_FILE,
        "struct Shared<T> {",
        " told: tracing::told::Owned,",
    ),
    after(
        WATCH_FILE,
        "Arc::new(Shared {",
        " told: tracing::told::Owned::made(),",
    ),
    before(
        WATCH_FILE,
        "if let Some(ret) = maybe_changed(shared, version) {",
        "let notified = shared.told.waits_in(notified); ",
    ),
    before(
        WATCH_FILE,
        "return Some(Ok(()));",
        "shared.told.received(); ",
    ),
    before(
        WATCH_FILE,
        "self.shared.state.increment_version_while_locked();",
        "self.shared.told.sent(); ",
    ),
    before(
        WATCH_FILE,
        "self.shared.ref_count_tx.fetch_add(1, Relaxed);",
        "self.shared.told.gains_sender(); ",
    ),
    before(
        WATCH_FILE,
        "if self.shared.ref_count_tx.fetch_sub(1, AcqRel) == 1",
        "self.shared.told.loses_sender(); ",
    ),
    before(
        WATCH_FILE,
        "self.shared.notify_tx.notify_waiters();",
        "self.shared.told.loses_receiver(); ",
    ),
];

// What a channel or a barrier makes for itself is its own, and not its caller's: a closure's place
// is where it stands.
pub(super) const PARTS: &[Edit] = &[
    after(WATCH_FILE, "notify_tx: Notify::new()", ")()"),
    before(WATCH_FILE, " Notify::new())()", " (||"),
    after(BROADCAST_FILE, "notify_last_rx_drop: Notify::new()", ")()"),
    before(BROADCAST_FILE, " Notify::new())()", " (||"),
    before("sync/barrier.rs", "crate::sync::watch::channel(0)", "(|| "),
    after(
        "sync/barrier.rs",
        "(|| crate::sync::watch::channel(0)",
        ")()",
    ),
];

const BROADCAST_FILE: &str = "sync/broadcast.rs";
pub(super) const BROADCAST: &[Edit] = &[
    before(
        BROADCAST_FILE,
        "let shared = Arc::new(Shared {",
        "let _making = tracing::told::making(tracing::told::ObjectKind::TokioBroadcast, Some(capacity), \
         std::any::type_name::<T>(), std::panic::Location::caller(), env!(\"CARGO_MANIFEST_DIR\")); ",
    ),
    after(
        BROADCAST_FILE,
        "struct Shared<T> {",
        " told: tracing::told::Owned,",
    ),
    after(
        BROADCAST_FILE,
        "Arc::new(Shared {",
        " told: tracing::told::Owned::made(),",
    ),
    before(
        BROADCAST_FILE,
        "let idx = (self.next & self.shared.mask as u64) as usize;",
        "let told = self.shared.told.within(); let asks = waiter.is_some(); ",
    ),
    before(
        BROADCAST_FILE,
        "return Err(TryRecvError::Empty);",
        "if asks { told.waits(); } ",
    ),
    before(
        BROADCAST_FILE,
        "return Err(TryRecvError::Lagged(missed));",
        "self.shared.told.lost(missed); ",
    ),
    // A receiver that is dropped takes its messages as well; only those that are given out count.
    before(
        BROADCAST_FILE,
        "let guard = match receiver.recv_ref(",
        "let told = receiver.shared.told.channel(); ",
    ),
    before(
        BROADCAST_FILE,
        "Poll::Ready(guard.clone_value()",
        "told.received(); ",
    ),
    before(
        BROADCAST_FILE,
        "let guard = self.recv_ref(None)?;",
        "let told = self.shared.told.channel(); ",
    ),
    after(
        BROADCAST_FILE,
        "let guard = self.recv_ref(None)?;",
        " told.received();",
    ),
    before(
        BROADCAST_FILE,
        "let rem = tail.rx_cnt;",
        "self.shared.told.sent(); ",
    ),
    before(
        BROADCAST_FILE,
        "shared.num_tx.fetch_add(1, Relaxed);",
        "shared.told.gains_sender(); ",
    ),
    before(
        BROADCAST_FILE,
        "if 1 == self.shared.num_tx.fetch_sub(1, AcqRel)",
        "self.shared.told.loses_sender(); ",
    ),
];

// Of what is asked for with success tokio tells several times.
pub(super) const SEMAPHORE: &[Edit] = &[text(
    "sync/semaphore.rs",
    "sem: self,",
    "sem: { self.resource_span.in_scope(tracing::told::gives_permits); self },",
)];

/// What is tried and not to be had.
pub(super) const TRIES: &[Edit] = &[
    text(
        "sync/mutex.rs",
        "Err(_) => Err(TryLockError(())),",
        "Err(_) => { self.resource_span.in_scope(tracing::told::was_refused); Err(TryLockError(())) }",
    ),
    text(
        "sync/rwlock.rs",
        "Err(TryAcquireError::NoPermits) => return Err(TryLockError(())),",
        "Err(TryAcquireError::NoPermits) => { self.resource_span.in_scope(tracing::told::was_refused); return Err(TryLockError(())) }",
    ),
    text(
        "sync/semaphore.rs",
        "Err(e) => Err(e),",
        "Err(e) => { if e == TryAcquireError::NoPermits { self.resource_span.in_scope(tracing::told::was_refused); } Err(e) }",
    ),
];

const PERMITS_FILE: &str = "sync/batch_semaphore.rs";
/// What is under a channel's bound, under locks and under semaphores. tokio makes spans of each
/// call, which cost more than the call itself: here it is compiled without them.
pub(super) const PERMITS: &[Edit] = &[
    text(
        PERMITS_FILE,
        "cfg(all(tokio_unstable, feature = \"tracing\"))",
        "cfg(any())",
    ),
    text(
        PERMITS_FILE,
        "cfg(not(all(tokio_unstable, feature = \"tracing\")))",
        "cfg(all())",
    ),
    text(
        PERMITS_FILE,
        "cfg(any(not(tokio_unstable), not(feature = \"tracing\")))",
        "cfg(all())",
    ),
    after(
        PERMITS_FILE,
        "pub(crate) struct Semaphore {",
        " told: tracing::told::Permits,",
    ),
    after(
        PERMITS_FILE,
        "pub(crate) fn new(permits: usize) -> Self {",
        " tracing::told::permits(permits);",
    ),
    before(
        PERMITS_FILE,
        "waiters: Mutex::new(Waitlist {",
        "told: tracing::told::Permits::made(), ",
    ),
    before(
        PERMITS_FILE,
        "waiters: Mutex::const_new(Waitlist {",
        "told: tracing::told::Permits::NONE, ",
    ),
    after(
        PERMITS_FILE,
        "pub(crate) fn release(&self, added: usize) {",
        " self.told.given_back();",
    ),
    before(
        PERMITS_FILE,
        "let (node, semaphore, needed, queued) = self.project();",
        "let told = self.semaphore.told.asks(); ",
    ),
    text(
        PERMITS_FILE,
        "semaphore.poll_acquire(cx, needed, node, queued)",
        "told.polled(semaphore.poll_acquire(cx, needed, node, queued))",
    ),
];

const SELECT_FILE: &str = "macros/select.rs";
/// Which branches of a `select!` were polled before one of them was chosen.
pub(super) const SELECTS: &[Edit] = &[
    before(
        "macros/support.rs",
        "pub use std::pin::Pin;",
        "pub use tracing::told::{waits_before, Polled, Select}; ",
    ),
    after(
        SELECT_FILE,
        "let mut disabled: __tokio_select_util::Mask = Default::default();",
        " let mut polled = $crate::macros::support::Polled::default();",
    ),
    after(
        SELECT_FILE,
        "let mut is_pending = false;",
        " let before = $crate::macros::support::waits_before();",
    ),
    // One for all branches. An item's name could be one of the program's.
    after(
        SELECT_FILE,
        "let mut is_pending = false;",
        " static __TOKIO_SELECT: $crate::macros::support::Select = $crate::macros::support::Select::here();",
    ),
    before(
        SELECT_FILE,
        "let out = match $crate::macros::support::Future::poll(fut, cx) {",
        "polled.branch(branch); ",
    ),
    before(
        SELECT_FILE,
        "return $crate::macros::support::Poll::Ready($crate::select_variant!(__tokio_select_util::Out, ($($skip)*))(out));",
        "__TOKIO_SELECT.chose(&polled, disabled as u64, BRANCHES, before); ",
    ),
];
