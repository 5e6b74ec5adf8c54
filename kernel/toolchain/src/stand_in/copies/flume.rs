//! flume: its channels tell what goes into them and comes out of them, and its threads what they
//! wait for. Its futures are counted, too; for whom they wait isn't told.
//!
//! A message that is handed to a receiver that waits, or taken from a sender that waits, is counted
//! by the thread that waited, when it goes on; of a future, which may never be polled again, by the
//! one that hands it over. No line is added above the end of a file.

use super::edit::{Copied, Edit, after, line, text};

const LIB: &str = "lib.rs";
const SELECT: &str = "select.rs";
const SIGNAL: &str = "signal.rs";

/// A function that sends or receives, and who has called it.
const fn sends(begin: &'static str, told: &'static str) -> Edit {
    let call = "{ let _call = ::std::of_crates::channel::sends();";
    line(LIB, (begin, "{"), (told, call))
}

const fn receives(begin: &'static str, told: &'static str) -> Edit {
    let call = "{ let _call = ::std::of_crates::channel::receives();";
    line(LIB, (begin, "{"), (told, call))
}

pub(super) const COPIED: Copied = Copied {
    package: "flume",
    // Its locks spin, then.
    unless: &["spin"],
    flags: &[],
    library: None,
    groups: &[],
    edits: &[
        sends("pub fn try_send(", "#[track_caller] pub fn try_send("),
        sends("pub fn send(", "#[track_caller] pub fn send("),
        sends(
            "pub fn send_deadline(",
            "#[track_caller] pub fn send_deadline(",
        ),
        sends(
            "pub fn send_timeout(",
            "#[track_caller] pub fn send_timeout(",
        ),
        receives("pub fn try_recv(", "#[track_caller] pub fn try_recv("),
        receives("pub fn recv(", "#[track_caller] pub fn recv("),
        receives(
            "pub fn recv_deadline(",
            "#[track_caller] pub fn recv_deadline(",
        ),
        receives(
            "pub fn recv_timeout(",
            "#[track_caller] pub fn recv_timeout(",
        ),
        receives("pub fn drain(", "#[track_caller] pub fn drain("),
        text(
            LIB,
            "    fn next(&mut self)",
            "    #[track_caller] fn next(&mut self)",
        ),
        // Made, with one end of each sort.
        text(
            LIB,
            "pub fn unbounded<T>",
            "#[track_caller] pub fn unbounded<T>",
        ),
        text(
            LIB,
            "pub fn bounded<T>",
            "#[track_caller] pub fn bounded<T>",
        ),
        text(
            LIB,
            "    fn new(cap: Option<usize>) -> Self {",
            "    #[track_caller] fn new(cap: Option<usize>) -> Self { let told = told_of::<T>(cap);",
        ),
        after(
            LIB,
            "    disconnected: AtomicBool,",
            " told: ::std::of_crates::channel::Channel,",
        ),
        after(LIB, "disconnected: AtomicBool::new(false),", " told,"),
        after(
            LIB,
            "    waiting: SignalVec<T>,",
            " told: ::std::of_crates::channel::Channel,",
        ),
        after(LIB, "waiting: VecDeque::new(),", " told,"),
        // What is under these locks is told in other words.
        text(
            LIB,
            "use std::sync::{Mutex, MutexGuard};",
            "use std::of_crates::unrecorded::{Mutex, MutexGuard};",
        ),
        // How many ends there are.
        after(
            LIB,
            "self.shared.sender_count.fetch_add(1, Ordering::Relaxed);",
            " self.shared.told.add_sender();",
        ),
        text(
            LIB,
            ".map(|shared| Sender { shared })",
            ".map(|shared| { shared.told.add_sender(); Sender { shared } })",
        ),
        text(
            LIB,
            "if self.shared.sender_count.fetch_sub(1",
            "self.shared.told.drop_sender(); if self.shared.sender_count.fetch_sub(1",
        ),
        after(
            LIB,
            "self.shared.receiver_count.fetch_add(1, Ordering::Relaxed);",
            " self.shared.told.add_receiver();",
        ),
        text(
            LIB,
            "if self.shared.receiver_count.fetch_sub(1",
            "self.shared.told.drop_receiver(); if self.shared.receiver_count.fetch_sub(1",
        ),
        // Sent: to a receiver that waits, into the queue, refused, or taken by a receiver.
        text(
            LIB,
            "let mut msg = Some(msg);",
            "self.told.sent(); let mut msg = Some(msg);",
        ),
        text(
            LIB,
            "chan.queue.push_back(msg);",
            "self.told.sent(); chan.queue.push_back(msg);",
        ),
        text(
            LIB,
            "Err(TrySendTimeoutError::Disconnected(msg)).into()",
            "{ self.told.refused(); Err(TrySendTimeoutError::Disconnected(msg)).into() }",
        ),
        after(
            LIB,
            "let (msg, signal) = s.fire_recv();",
            " if !signal.as_any().is::<SyncSignal>() { self.told.sent(); }",
        ),
        text(
            LIB,
            "hook.wait_deadline_send(&self.disconnected, deadline)",
            "self.waits(&hook, true, || hook.wait_deadline_send(&self.disconnected, deadline)).inspect(|()| self.told.sent())",
        ),
        text(
            LIB,
            ".unwrap_or(Ok(()))",
            ".unwrap_or_else(|| { self.told.sent(); Ok(()) })",
        ),
        text(
            LIB,
            "hook.wait_send(&self.disconnected)",
            "self.waits(&hook, true, || hook.wait_send(&self.disconnected))",
        ),
        text(
            LIB,
            "None => Ok(()),",
            "None => { self.told.sent(); Ok(()) }",
        ),
        // Received: from the queue, or from a sender.
        // Under the channel's lock, and before the next sender may go on, so that no picture shows
        // more messages in a channel than it has room for.
        text(
            LIB,
            "chan.pull_pending(true);",
            "let was_there = !chan.queue.is_empty(); if was_there { self.told.received(); } chan.pull_pending(true);",
        ),
        text(
            LIB,
            "Ok(msg).into()",
            "{ if !was_there { self.told.received(); } Ok(msg).into() }",
        ),
        text(
            LIB,
            "hook.wait_deadline_recv(&self.disconnected, deadline)",
            "self.waits(&hook, false, || hook.wait_deadline_recv(&self.disconnected, deadline)).inspect(|_| self.told.received())",
        ),
        text(
            LIB,
            "Some(msg) => Ok(msg),",
            "Some(msg) => { self.told.received(); Ok(msg) }",
        ),
        after(
            LIB,
            "if let Some(msg) = wait_lock(&self.chan).queue.pop_front() {",
            " self.told.received();",
        ),
        text(
            LIB,
            "hook.wait_recv(&self.disconnected)",
            "self.waits(&hook, false, || hook.wait_recv(&self.disconnected))",
        ),
        after(
            LIB,
            ".ok_or(TryRecvTimeoutError::Disconnected)",
            ".inspect(|_| self.told.received())",
        ),
        after(
            LIB,
            "let queue = std::mem::take(&mut chan.queue);",
            " queue.iter().for_each(|_| self.shared.told.received());",
        ),
        // Parked; who is to unwind leaves the queues.
        text(
            SIGNAL,
            "thread::park();",
            "::std::of_crates::channel::park_and_leave(None, || ());",
        ),
        text(
            SIGNAL,
            "thread::park_timeout(dur);",
            "::std::of_crates::channel::park_and_leave(std::time::Instant::now().checked_add(dur), || ());",
        ),
        Edit::Append {
            file: LIB,
            text: LEAVES,
        },
        // Several channels at once.
        line(
            SELECT,
            ("pub fn wait", "{"),
            (
                "#[track_caller] pub fn wait",
                "{ let _call = ::std::of_crates::channel::receives(); let _waits = ::std::of_crates::channel::waits_for_several();",
            ),
        ),
        text(
            SELECT,
            "thread::park();",
            "::std::of_crates::channel::park_and_leave(None, || self.selections.iter_mut().for_each(|it| it.deinit()));",
        ),
        text(
            SELECT,
            "thread::park_timeout(dur);",
            "::std::of_crates::channel::park_and_leave(Instant::now().checked_add(dur), || self.selections.iter_mut().for_each(|it| it.deinit()));",
        ),
    ],
};

const LEAVES: &str = "
#[track_caller]
fn told_of<T>(capacity: Option<usize>) -> ::std::of_crates::channel::Channel {
    use ::std::of_crates::{channel::Channel, Library, Meta, ObjectKind};
    let meta = match capacity {
        None => const { &Meta::of_crate::<T>(Library::Flume, ObjectKind::Channel) },
        Some(_) => const { &Meta::of_crate::<T>(Library::Flume, ObjectKind::SyncChannel) },
    };
    Channel::new(meta, capacity)
}

impl<T> Shared<T> {
    /// A thread waits, for room or for a message.
    fn waits<R>(&self, hook: &Arc<Hook<T, SyncSignal>>, sends: bool, wait: impl FnOnce() -> R) -> R {
        let _waits = match sends {
            true => self.told.waits_for_room(),
            false => self.told.waits_for_message(),
        };
        let leaves = Leaves { shared: self, hook, sends };
        let result = wait();
        std::mem::forget(leaves);
        result
    }
}

/// A thread that is made to unwind out of its wait.
struct Leaves<'a, T> {
    shared: &'a Shared<T>,
    hook: &'a Arc<Hook<T, SyncSignal>>,
    sends: bool,
}

impl<T> Drop for Leaves<'_, T> {
    fn drop(&mut self) {
        let mut chan = wait_lock(&self.shared.chan);
        let stays = |it: &Arc<Hook<T, dyn Signal>>| it.signal().as_ptr() != self.hook.signal().as_ptr();
        if self.sends {
            if let Some((_, sending)) = chan.sending.as_mut() {
                sending.retain(stays);
            }
            if self.hook.is_empty() {
                self.shared.told.sent();
            }
            return;
        }
        chan.waiting.retain(stays);
        // What it was given meanwhile, somebody else shall have.
        let mut given = self.hook.try_take();
        while let Some(message) = given.take() {
            let Some(next) = chan.waiting.pop_front() else {
                chan.queue.push_front(message);
                return;
            };
            let (refused, signal) = next.fire_send(message);
            let goes_on = signal.fire();
            match refused {
                Some(message) if goes_on => given = Some(message),
                Some(message) => chan.queue.push_front(message),
                None => {}
            }
        }
    }
}
";
