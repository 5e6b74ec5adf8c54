//! crossbeam-channel: its queues tell what goes into them and comes out of them, and its threads
//! what they wait for.

use super::edit::{Copied, line, text};

const CHANNEL: &str = "channel.rs";
const SELECT: &str = "select.rs";
const ARRAY: &str = "flavors/array.rs";
const LIST: &str = "flavors/list.rs";
const ZERO: &str = "flavors/zero.rs";

pub(super) const COPIED: Copied = Copied {
    package: "crossbeam-channel",
    unless: &[],
    flags: &[],
    library: None,
    groups: &[],
    edits: &[
        // Who has called.
        line(
            CHANNEL,
            ("pub fn try_send(", "{"),
            (
                "#[track_caller] pub fn try_send(",
                "{ let _call = ::std::of_crates::channel::sends();",
            ),
        ),
        line(
            CHANNEL,
            ("pub fn send(", "{"),
            (
                "#[track_caller] pub fn send(",
                "{ let _call = ::std::of_crates::channel::sends();",
            ),
        ),
        line(
            CHANNEL,
            ("pub fn send_deadline(", "{"),
            (
                "#[track_caller] pub fn send_deadline(",
                "{ let _call = ::std::of_crates::channel::sends();",
            ),
        ),
        line(
            CHANNEL,
            ("pub fn try_recv(", "{"),
            (
                "#[track_caller] pub fn try_recv(",
                "{ let _call = ::std::of_crates::channel::receives();",
            ),
        ),
        line(
            CHANNEL,
            ("pub fn recv(", "{"),
            (
                "#[track_caller] pub fn recv(",
                "{ let _call = ::std::of_crates::channel::receives();",
            ),
        ),
        line(
            CHANNEL,
            ("pub fn recv_deadline(", "{"),
            (
                "#[track_caller] pub fn recv_deadline(",
                "{ let _call = ::std::of_crates::channel::receives();",
            ),
        ),
        line(
            CHANNEL,
            ("pub fn send_timeout(", "{"),
            ("#[track_caller] pub fn send_timeout(", "{"),
        ),
        line(
            CHANNEL,
            ("pub fn recv_timeout(", "{"),
            ("#[track_caller] pub fn recv_timeout(", "{"),
        ),
        text(
            CHANNEL,
            "    fn next(&mut self)",
            "    #[track_caller]\n    fn next(&mut self)",
        ),
        text(
            CHANNEL,
            "pub fn unbounded<",
            "#[track_caller]\npub fn unbounded<",
        ),
        text(
            CHANNEL,
            "pub fn bounded<",
            "#[track_caller]\npub fn bounded<",
        ),
        // How many ends there are.
        text(
            CHANNEL,
            "SenderFlavor::Array(chan) => chan.release(|c| c.disconnect()),",
            "SenderFlavor::Array(chan) => { chan.told.drop_sender(); chan.release(|c| c.disconnect()) }",
        ),
        text(
            CHANNEL,
            "SenderFlavor::Array(chan) => SenderFlavor::Array(chan.acquire()),",
            "SenderFlavor::Array(chan) => { chan.told.add_sender(); SenderFlavor::Array(chan.acquire()) }",
        ),
        text(
            CHANNEL,
            "SenderFlavor::List(chan) => chan.release(|c| c.disconnect_senders()),",
            "SenderFlavor::List(chan) => { chan.told.drop_sender(); chan.release(|c| c.disconnect_senders()) }",
        ),
        text(
            CHANNEL,
            "SenderFlavor::List(chan) => SenderFlavor::List(chan.acquire()),",
            "SenderFlavor::List(chan) => { chan.told.add_sender(); SenderFlavor::List(chan.acquire()) }",
        ),
        text(
            CHANNEL,
            "SenderFlavor::Zero(chan) => chan.release(|c| c.disconnect()),",
            "SenderFlavor::Zero(chan) => { chan.told.drop_sender(); chan.release(|c| c.disconnect()) }",
        ),
        text(
            CHANNEL,
            "SenderFlavor::Zero(chan) => SenderFlavor::Zero(chan.acquire()),",
            "SenderFlavor::Zero(chan) => { chan.told.add_sender(); SenderFlavor::Zero(chan.acquire()) }",
        ),
        text(
            CHANNEL,
            "ReceiverFlavor::Array(chan) => chan.release(|c| c.disconnect()),",
            "ReceiverFlavor::Array(chan) => { chan.told.drop_receiver(); chan.release(|c| c.disconnect()) }",
        ),
        text(
            CHANNEL,
            "ReceiverFlavor::Array(chan) => ReceiverFlavor::Array(chan.acquire()),",
            "ReceiverFlavor::Array(chan) => { chan.told.add_receiver(); ReceiverFlavor::Array(chan.acquire()) }",
        ),
        text(
            CHANNEL,
            "ReceiverFlavor::List(chan) => chan.release(|c| c.disconnect_receivers()),",
            "ReceiverFlavor::List(chan) => { chan.told.drop_receiver(); chan.release(|c| c.disconnect_receivers()) }",
        ),
        text(
            CHANNEL,
            "ReceiverFlavor::List(chan) => ReceiverFlavor::List(chan.acquire()),",
            "ReceiverFlavor::List(chan) => { chan.told.add_receiver(); ReceiverFlavor::List(chan.acquire()) }",
        ),
        text(
            CHANNEL,
            "ReceiverFlavor::Zero(chan) => chan.release(|c| c.disconnect()),",
            "ReceiverFlavor::Zero(chan) => { chan.told.drop_receiver(); chan.release(|c| c.disconnect()) }",
        ),
        text(
            CHANNEL,
            "ReceiverFlavor::Zero(chan) => ReceiverFlavor::Zero(chan.acquire()),",
            "ReceiverFlavor::Zero(chan) => { chan.told.add_receiver(); ReceiverFlavor::Zero(chan.acquire()) }",
        ),
        // Of a bounded channel, and one without a bound.
        text(
            ARRAY,
            "    pub(crate) fn with_capacity(",
            "    #[track_caller]\n    pub(crate) fn with_capacity(",
        ),
        text(
            LIST,
            "    pub(crate) fn new() -> Self {",
            "    #[track_caller]\n    pub(crate) fn new() -> Self {",
        ),
        text(
            ARRAY,
            "    receivers: SyncWaker,\n",
            "    receivers: SyncWaker,\n    pub(crate) told: ::std::of_crates::channel::Channel,\n",
        ),
        text(
            ARRAY,
            "            receivers: SyncWaker::new(),\n",
            "            receivers: SyncWaker::new(),\n            told: ::std::of_crates::channel::Channel::new(const { &::std::of_crates::Meta::of_crate::<T>(::std::of_crates::Library::CrossbeamChannel, ::std::of_crates::ObjectKind::SyncChannel) }, Some(cap)),\n",
        ),
        text(
            ARRAY,
            "slot.msg.get().write(MaybeUninit::new(msg));",
            "self.told.sent(); slot.msg.get().write(MaybeUninit::new(msg));",
        ),
        text(
            ARRAY,
            "let msg = slot.msg.get().read().assume_init();",
            "let msg = slot.msg.get().read().assume_init(); self.told.received();",
        ),
        text(
            ARRAY,
            "            if let Some(d) = deadline {",
            "            ::std::of_crates::channel::unwind_if_ordered();\n            if let Some(d) = deadline {",
        ),
        text(
            ARRAY,
            " self.receivers.register(oper, cx);",
            " self.receivers.register(oper, cx); let _waits = self.told.waits_for_message();",
        ),
        text(
            LIST,
            "    receivers: SyncWaker,\n",
            "    receivers: SyncWaker,\n    pub(crate) told: ::std::of_crates::channel::Channel,\n",
        ),
        text(
            LIST,
            "            receivers: SyncWaker::new(),\n",
            "            receivers: SyncWaker::new(),\n            told: ::std::of_crates::channel::Channel::new(const { &::std::of_crates::Meta::of_crate::<T>(::std::of_crates::Library::CrossbeamChannel, ::std::of_crates::ObjectKind::Channel) }, None),\n",
        ),
        text(
            LIST,
            "slot.msg.get().write(MaybeUninit::new(msg));",
            "self.told.sent(); slot.msg.get().write(MaybeUninit::new(msg));",
        ),
        text(
            LIST,
            "let msg = slot.msg.get().read().assume_init();",
            "let msg = slot.msg.get().read().assume_init(); self.told.received();",
        ),
        text(
            LIST,
            "            if let Some(d) = deadline {",
            "            ::std::of_crates::channel::unwind_if_ordered();\n            if let Some(d) = deadline {",
        ),
        text(
            LIST,
            " self.receivers.register(oper, cx);",
            " self.receivers.register(oper, cx); let _waits = self.told.waits_for_message();",
        ),
        text(
            ARRAY,
            " self.senders.register(oper, cx);",
            " self.senders.register(oper, cx); let _waits = self.told.waits_for_room();",
        ),
        // Of one that hands over.
        text(
            ZERO,
            "    pub(crate) fn new() -> Self {",
            "    #[track_caller]\n    pub(crate) fn new() -> Self {",
        ),
        text(
            ZERO,
            "    inner: Mutex<Inner>,\n",
            "    inner: Mutex<Inner>,\n    pub(crate) told: ::std::of_crates::channel::Channel,\n",
        ),
        text(
            ZERO,
            "            inner: Mutex::new(Inner {",
            "            told: ::std::of_crates::channel::Channel::new(const { &::std::of_crates::Meta::of_crate::<T>(::std::of_crates::Library::CrossbeamChannel, ::std::of_crates::ObjectKind::SyncChannel) }, Some(0)),\n            inner: Mutex::new(Inner {",
        ),
        text(
            ZERO,
            "packet.msg.get().write(Some(msg));",
            "self.told.sent(); packet.msg.get().write(Some(msg));",
        ),
        text(
            ZERO,
            "let msg = packet.msg.get().replace(None).unwrap();",
            "let msg = packet.msg.get().replace(None).unwrap(); self.told.received();",
        ),
        text(
            ZERO,
            "packet.wait_ready();\n                    Ok(())",
            "packet.wait_ready();\n                    self.told.sent();\n                    Ok(())",
        ),
        text(
            ZERO,
            "packet.wait_ready();\n                    unsafe {",
            "packet.wait_ready();\n                    self.told.received();\n                    unsafe {",
        ),
        text(
            ZERO,
            "Packet::<T>::message_on_stack(msg);",
            "Packet::<T>::message_on_stack(msg); let _waits = self.told.waits_for_room();",
        ),
        text(
            ZERO,
            "Packet::<T>::empty_on_stack();",
            "Packet::<T>::empty_on_stack(); let _waits = self.told.waits_for_message();",
        ),
        text(
            ZERO,
            "self.inner.lock().senders.unregister(oper).unwrap();",
            "self.inner.lock().senders.unregister(oper).unwrap(); ::std::of_crates::channel::unwind_if_ordered();",
        ),
        text(
            ZERO,
            "self.inner.lock().receivers.unregister(oper).unwrap();",
            "self.inner.lock().receivers.unregister(oper).unwrap(); ::std::of_crates::channel::unwind_if_ordered();",
        ),
        // Parked; who is to unwind leaves the queues first.
        text(
            "context.rs",
            "thread::park_timeout(end - now);",
            "if ::std::of_crates::channel::park(Some(end)) { return self.leave_for_unwinding(); }",
        ),
        text(
            "context.rs",
            "thread::park();",
            "if ::std::of_crates::channel::park(None) { return self.leave_for_unwinding(); }",
        ),
        text("context.rs", "    /// Unparks the thread", LEAVE),
        // Several channels at once.
        text(
            SELECT,
            "sel = cx.wait_until(deadline);",
            "let _waits = ::std::of_crates::channel::waits_for_several(); sel = cx.wait_until(deadline);",
        ),
        text(
            SELECT,
            "        // Return if an operation",
            "        ::std::of_crates::channel::unwind_if_ordered();\n        // Return if an operation",
        ),
        text(
            SELECT,
            "    let (token, index, ptr) = run_select(handles, Timeout::Never",
            "    let _call = ::std::of_crates::channel::receives();\n    let (token, index, ptr) = run_select(handles, Timeout::Never",
        ),
        text(
            SELECT,
            "\npub fn select<",
            "\n#[track_caller]\npub fn select<",
        ),
        line(
            SELECT,
            ("pub fn select(&mut self)", "{"),
            ("#[track_caller] pub fn select(&mut self)", "{"),
        ),
        line(
            SELECT,
            ("pub fn ready(&mut self)", "{"),
            (
                "#[track_caller] pub fn ready(&mut self)",
                "{ let _call = ::std::of_crates::channel::receives();",
            ),
        ),
    ],
};

/// Takes back that the thread waits, unless it was chosen meanwhile.
const LEAVE: &str = "
    fn leave_for_unwinding(&self) -> Selected {
        match self.try_select(Selected::Aborted) {
            Ok(()) => Selected::Aborted,
            Err(selected) => {
                ::std::of_crates::channel::goes_on();
                selected
            }
        }
    }

    /// Unparks the thread";
