//! The table of channels.

use serde::Serialize;

use super::named::named;
use super::place::At;
use super::sum::{Sum, is_zero};

/// Kinds of channels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ChannelKind {
    /// `std::sync::mpsc::channel`, without a bound.
    #[default]
    Channel,
    /// `std::sync::mpsc::sync_channel`, with one.
    SyncChannel,
    /// `crossbeam_channel::unbounded`
    CrossbeamUnbounded,
    /// `crossbeam_channel::bounded`
    CrossbeamBounded,
    /// `flume::unbounded`
    FlumeUnbounded,
    /// `flume::bounded`
    FlumeBounded,
    /// `async_channel::unbounded`
    AsyncUnbounded,
    /// `async_channel::bounded`
    AsyncBounded,
    /// `tokio::sync::mpsc::channel`
    TokioChannel,
    /// `tokio::sync::mpsc::unbounded_channel`
    TokioUnboundedChannel,
    /// All of `tokio::sync::oneshot` that one line made.
    TokioOneshot,
    /// `tokio::sync::broadcast`: each receiver gets each message.
    TokioBroadcast,
    /// `tokio::sync::watch`: a receiver gets the newest message.
    TokioWatch,
}

named!(ChannelKind {
    Channel = "channel",
    SyncChannel = "sync_channel",
    CrossbeamUnbounded = "crossbeam_channel::unbounded",
    CrossbeamBounded = "crossbeam_channel::bounded",
    FlumeUnbounded = "flume::unbounded",
    FlumeBounded = "flume::bounded",
    AsyncUnbounded = "async_channel::unbounded",
    AsyncBounded = "async_channel::bounded",
    TokioChannel = "tokio::sync::mpsc::channel",
    TokioUnboundedChannel = "tokio::sync::mpsc::unbounded_channel",
    TokioOneshot = "tokio::sync::oneshot",
    TokioBroadcast = "tokio::sync::broadcast",
    TokioWatch = "tokio::sync::watch",
});

/// One channel.
#[derive(Clone, Debug, Default, Serialize, PartialEq)]
pub struct ChannelRow {
    /// Its number in this table.
    pub id: u32,
    /// `channel` or `sync_channel`, or that of a crate with its path.
    pub kind: ChannelKind,
    /// Room for so many messages; `None` without a bound.
    pub capacity: Option<u64>,
    /// `tx → rx`.
    pub name: Option<String>,
    /// The type it carries, shortened.
    #[serde(rename = "type")]
    pub type_name: Option<String>,
    /// Where it was made.
    pub created_at: Option<At>,
    /// Messages sent.
    pub sent: u64,
    /// Messages received.
    pub received: u64,
    /// Messages in the queue now.
    pub queued: u64,
    /// The longest the queue has been.
    pub max_queued: u64,
    /// Messages that nobody will receive.
    pub lost: u64,
    /// Those of them that were never in the queue: their `send` failed, since the receiver was
    /// gone.
    #[serde(skip_serializing_if = "is_zero")]
    pub refused: u64,
    /// Senders alive now.
    pub senders: u64,
    /// Whether the receiver is alive.
    pub receiver_alive: bool,
    /// Time senders waited for room.
    pub send_wait_ns: Sum,
    /// Time the receiver waited for messages.
    pub recv_wait_ns: Sum,
}
