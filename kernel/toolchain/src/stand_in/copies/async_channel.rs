//! async-channel: its channels tell what goes into them and comes out of them, and threads that
//! block for what. Its futures are counted, too; for whom they wait isn't told.

use super::edit::{Copied, Edit, after, before, line, text};

const LIB: &str = "lib.rs";

pub(super) const COPIED: Copied = Copied {
    package: "async-channel",
    unless: &[],
    flags: &[],
    library: None,
    groups: &[],
    edits: &[
        // Made, with one end of each sort.
        line(
            LIB,
            ("pub fn bounded<T>(cap: usize)", "{"),
            (
                "#[track_caller] pub fn bounded<T>(cap: usize)",
                "{ let told = told_of::<T>(Some(cap));",
            ),
        ),
        line(
            LIB,
            ("pub fn unbounded<T>()", "{"),
            (
                "#[track_caller] pub fn unbounded<T>()",
                "{ let told = told_of::<T>(None);",
            ),
        ),
        before(
            LIB,
            "    send_ops: Event,",
            "    told: ::std::of_crates::channel::Channel, ",
        ),
        before(LIB, "send_ops: Event::new(),", "told, "),
        // How many ends there are.
        after(
            LIB,
            "let count = self.channel.sender_count.fetch_add(1, Ordering::Relaxed);",
            " self.channel.told.add_sender();",
        ),
        after(
            LIB,
            "let count = self.channel.receiver_count.fetch_add(1, Ordering::Relaxed);",
            " self.channel.told.add_receiver();",
        ),
        before(
            LIB,
            "if self.channel.sender_count.fetch_sub(1,",
            "self.channel.told.drop_sender(); ",
        ),
        before(
            LIB,
            "if this.channel.receiver_count.fetch_sub(1,",
            "this.channel.told.drop_receiver(); ",
        ),
        text(
            LIB,
            "Ok(_) => Some(Sender {\n                    channel: self.channel.clone(),",
            "Ok(_) => Some(Sender {\n                    channel: { self.channel.told.add_sender(); self.channel.clone() },",
        ),
        text(
            LIB,
            "Ok(_) => Some(Receiver {\n                    channel: self.channel.clone(),",
            "Ok(_) => Some(Receiver {\n                    channel: { self.channel.told.add_receiver(); self.channel.clone() },",
        ),
        // Sent and received. Who polls a future has not called here.
        text(
            LIB,
            "pub fn try_send(&self, msg: T) -> Result<(), TrySendError<T>> {",
            "#[track_caller] pub fn try_send(&self, msg: T) -> Result<(), TrySendError<T>> { let _call = ::std::of_crates::channel::sends(); self.push(msg) } fn push(&self, msg: T) -> Result<(), TrySendError<T>> {",
        ),
        text(
            LIB,
            "match this.sender.try_send(msg) {",
            "match this.sender.push(msg) {",
        ),
        text(
            LIB,
            "Ok(()) => {\n                // Notify a blocked receive",
            "Ok(()) => { self.channel.told.sent();\n                // Notify a blocked receive",
        ),
        text(
            LIB,
            "Err(PushError::Closed(msg)) => Err(TrySendError::Closed(msg)),",
            "Err(PushError::Closed(msg)) => { self.channel.told.refused(); Err(TrySendError::Closed(msg)) }",
        ),
        text(
            LIB,
            "pub fn try_recv(&self) -> Result<T, TryRecvError> {",
            "#[track_caller] pub fn try_recv(&self) -> Result<T, TryRecvError> { let _call = ::std::of_crates::channel::receives(); self.pop() } fn pop(&self) -> Result<T, TryRecvError> {",
        ),
        text(LIB, "match self.try_recv() {", "match self.pop() {"),
        text(
            LIB,
            "match this.receiver.try_recv() {",
            "match this.receiver.pop() {",
        ),
        text(
            LIB,
            "Ok(msg) => {\n                // Notify a blocked send",
            "Ok(msg) => { self.channel.told.received();\n                // Notify a blocked send",
        ),
        // A message that is sent in the place of another one, which its sender gets back.
        line(
            LIB,
            ("pub fn force_send(", "{"),
            (
                "#[track_caller] pub fn force_send(",
                "{ let _call = ::std::of_crates::channel::sends();",
            ),
        ),
        after(
            LIB,
            "Ok(backlog) => {",
            " self.channel.told.sent(); if backlog.is_some() { self.channel.told.received(); }",
        ),
        // Threads that block.
        line(
            LIB,
            ("pub fn send_blocking(", "{"),
            (
                "#[track_caller] pub fn send_blocking(",
                "{ let _call = ::std::of_crates::channel::sends(); let _waits = self.channel.told.waits_for_room();",
            ),
        ),
        line(
            LIB,
            ("pub fn recv_blocking(", "{"),
            (
                "#[track_caller] pub fn recv_blocking(",
                "{ let _call = ::std::of_crates::channel::receives(); let _waits = self.channel.told.waits_for_message();",
            ),
        ),
        Edit::Append {
            file: LIB,
            text: TOLD_OF,
        },
    ],
};

const TOLD_OF: &str = "
#[track_caller]
fn told_of<T>(capacity: Option<usize>) -> ::std::of_crates::channel::Channel {
    use ::std::of_crates::{channel::Channel, Library, Meta, ObjectKind};
    let meta = match capacity {
        None => const { &Meta::of_crate::<T>(Library::AsyncChannel, ObjectKind::Channel) },
        Some(_) => const { &Meta::of_crate::<T>(Library::AsyncChannel, ObjectKind::SyncChannel) },
    };
    Channel::new(meta, capacity)
}
";
