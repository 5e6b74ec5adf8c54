//! The heartbeat channel: what comes is sent back, along its own route.

use super::router::{Replies, Requests};

/// Echoes for ever.
pub async fn echo(replies: Replies, mut pings: Requests) {
    while let Some(ping) = pings.next().await {
        replies.send(ping);
    }
}
