//! rayon: its pools tell which thread runs which job, and who waits in `join` and `scope`.
//!
//! A job is what goes into a queue: the second half of a `join`, what is spawned, and a call from
//! outside of the pool. Each carries for whom it was made and by which thread. No line is added, so
//! panics name the same places.

use super::edit::{Copied, Edit, after, before, text};

const BROADCAST: &str = "broadcast/mod.rs";
const JOB: &str = "job.rs";
const JOIN: &str = "join/mod.rs";
const LATCH: &str = "latch.rs";
const POOL: &str = "thread_pool/mod.rs";
const REGISTRY: &str = "registry.rs";
const SCOPE: &str = "scope/mod.rs";
const SPAWN: &str = "spawn/mod.rs";

/// Functions with this beginning know who called them.
const fn is_called(file: &'static str, begin: &'static str) -> Edit {
    before(file, begin, "#[track_caller] ")
}

/// What begins so in such a function is asked for by its caller.
const fn asks(file: &'static str, begin: &'static str) -> Edit {
    const CALLED: &str = "let _asks = ::std::of_crates::jobs::called(); ";
    before(file, begin, CALLED)
}

pub(super) const COPIED: Copied = Copied {
    package: "rayon-core",
    // For WebAssembly.
    unless: &["web_spin_lock"],
    flags: &[],
    library: None,
    groups: &[],
    edits: &[
        // A job is told of when it begins.
        after(
            JOB,
            "    execute_fn: unsafe fn(*const ()),",
            " told: ::std::of_crates::jobs::Job,",
        ),
        after(
            JOB,
            "execute_fn: <T as Job>::execute,",
            " told: ::std::of_crates::jobs::made(),",
        ),
        before(
            JOB,
            "(self.execute_fn)(self.pointer)",
            "let _runs = self.told.begins(); ",
        ),
        // Stands in a queue for the first one of another queue, which tells of itself.
        text(
            JOB,
            "self.inner.push(job_ref);\n        JobRef::new(self)",
            "self.inner.push(job_ref);\n        JobRef { told: ::std::of_crates::jobs::Job::NONE, ..JobRef::new(self) }",
        ),
        Edit::Append {
            file: JOB,
            text: HANDED_IN,
        },
        text(
            REGISTRY,
            "self.injected_jobs.push(injected_job);",
            "self.injected_jobs.push(injected_job.handed_in());",
        ),
        text(
            REGISTRY,
            "worker.push(job_ref);",
            "worker.push(job_ref.handed_in());",
        ),
        before(
            JOIN,
            "let result_b = job_b.run_inline(injected);",
            "::std::of_crates::jobs::ran_inline(); ",
        ),
        // Who asks.
        is_called(JOIN, "pub fn join<A, B, RA, RB>("),
        is_called(JOIN, "pub fn join_context<A, B, RA, RB>("),
        asks(
            JOIN,
            "registry::in_worker(|worker_thread, injected| unsafe {",
        ),
        is_called(SCOPE, "pub fn scope<'scope, OP, R>("),
        is_called(SCOPE, "pub fn scope_fifo<'scope, OP, R>("),
        asks(SCOPE, "in_worker(|owner_thread, _| {"),
        is_called(SCOPE, "pub fn in_place_scope<'scope, OP, R>("),
        is_called(SCOPE, "pub fn in_place_scope_fifo<'scope, OP, R>("),
        is_called(SCOPE, "pub(crate) fn do_in_place_scope<'scope, OP, R>("),
        is_called(
            SCOPE,
            "pub(crate) fn do_in_place_scope_fifo<'scope, OP, R>(",
        ),
        asks(
            SCOPE,
            "let (thread, registry) = get_in_place_thread_registry(registry);",
        ),
        is_called(SCOPE, "pub fn spawn<BODY>("),
        is_called(SCOPE, "pub fn spawn_fifo<BODY>("),
        is_called(SCOPE, "pub fn spawn_broadcast<BODY>("),
        asks(SCOPE, "let scope_ptr = ScopePtr(self);"),
        is_called(SPAWN, "pub fn spawn<F>("),
        is_called(SPAWN, "pub fn spawn_fifo<F>("),
        asks(SPAWN, "unsafe { spawn_in("),
        asks(SPAWN, "unsafe { spawn_fifo_in("),
        is_called(BROADCAST, "pub fn broadcast<OP, R>("),
        is_called(BROADCAST, "pub fn spawn_broadcast<OP>("),
        asks(BROADCAST, "unsafe { broadcast_in("),
        asks(BROADCAST, "unsafe { spawn_broadcast_in("),
        is_called(POOL, "pub fn install<OP, R>("),
        asks(POOL, "self.registry.in_worker("),
        is_called(POOL, "pub fn join<A, B, RA, RB>("),
        asks(POOL, "self.install(||"),
        is_called(POOL, "pub fn scope<'scope, OP, R>("),
        is_called(POOL, "pub fn scope_fifo<'scope, OP, R>("),
        is_called(POOL, "pub fn in_place_scope<'scope, OP, R>("),
        is_called(POOL, "pub fn in_place_scope_fifo<'scope, OP, R>("),
        is_called(POOL, "pub fn spawn<OP>("),
        is_called(POOL, "pub fn spawn_fifo<OP>("),
        is_called(POOL, "pub fn broadcast<OP, R>("),
        is_called(POOL, "pub fn spawn_broadcast<OP>("),
        asks(POOL, "unsafe { spawn::spawn_in("),
        asks(POOL, "unsafe { spawn::spawn_fifo_in("),
        asks(POOL, "unsafe { broadcast::broadcast_in("),
        asks(POOL, "unsafe { broadcast::spawn_broadcast_in("),
        // Who waits: in the time in which it runs no other job.
        before(
            REGISTRY,
            "'outer: while !latch.probe() {",
            "let mut waits = ::std::of_crates::jobs::waits_for_jobs(); ",
        ),
        text(
            REGISTRY,
            "self.execute(job);\n                continue;",
            "waits.without(|| self.execute(job));\n                continue;",
        ),
        text(
            REGISTRY,
            "self.execute(job);\n                    // The job might",
            "waits.without(|| self.execute(job));\n                    // The job might",
        ),
        text(
            REGISTRY,
            "job.latch.wait_and_reset();",
            "let waits = ::std::of_crates::jobs::waits_for_jobs(); job.latch.wait_and_reset(); drop(waits);",
        ),
        text(
            LATCH,
            "CountLatchKind::Blocking { latch } => latch.wait(),",
            "CountLatchKind::Blocking { latch } => { let _waits = ::std::of_crates::jobs::waits_for_jobs(); latch.wait() }",
        ),
    ],
};

const HANDED_IN: &str = "
impl JobRef {
    /// It comes from outside of the pool, or is meant for one thread.
    pub(super) fn handed_in(mut self) -> JobRef {
        self.told = self.told.handed_in();
        self
    }
}
";
