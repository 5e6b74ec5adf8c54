//! What waits to be published: text is joined, paced and, in the end, cut; order is kept.
//!
//! There is a lane for each request that has something to say. Within a lane, order is kept to the
//! message; lanes don't wait for each other, so that a cell which prints a million lines does not
//! hold up the answer to a completion. This file knows no socket and no clock.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use serde_json::{Map, Value};
use tokio::sync::oneshot;

use super::pace::{Bucket, Limits, MESSAGE_RATE};
use crate::engine::Stream;
use crate::wire::parent::Parent;

/// How long text waits for more text.
const JOIN: Duration = Duration::from_millis(40);

/// Text in one message; longer text is split.
const CHUNK_BYTES: usize = 64 << 10;

/// Text of all lanes; what exceeds it is cut.
const PENDING_BYTES: usize = 64 << 20;

/// Messages of a lane from which on text joins its own stream's, past the other stream's.
const CROWDED: usize = 256;

/// What one lane may have pending after [`Outbox::cut`].
const CUT_BYTES: usize = 16 << 10;

/// Something to be published, in the order of its request.
#[derive(Debug)]
pub enum Item {
    /// Text of a stream.
    Text(Stream, String),
    /// Any other message.
    Message {
        /// For example `status`.
        msg_type: &'static str,
        /// Its content.
        content: Value,
        /// Its metadata.
        metadata: Map<String, Value>,
    },
    /// Tells when everything before it was published.
    Flush(oneshot::Sender<()>),
}

struct Lane {
    parent: Parent,
    /// Each with its number, counted over all lanes.
    items: VecDeque<(u64, Item)>,
    /// When the first item was queued.
    since: Instant,
}

/// What to do next.
pub enum Next {
    /// Publish this.
    Publish(Parent, Item),
    /// Ask again then, or when something is queued.
    Wait(Duration),
    /// Ask again when something is queued.
    Idle,
}

/// All lanes.
pub struct Outbox {
    lanes: Vec<Lane>,
    limits: Limits,
    queued: u64,
    text_bytes: usize,
    bytes: Bucket,
    messages: Bucket,
}

impl Outbox {
    /// Nothing to publish yet.
    pub fn new(limits: Limits, now: Instant) -> Self {
        let bytes = Bucket::new(limits.rate.unwrap_or(f64::INFINITY), now);
        let messages = limits.rate.map_or(f64::INFINITY, |_| MESSAGE_RATE);
        let messages = Bucket::new(messages, now);
        Self {
            lanes: Vec::new(),
            limits,
            queued: 0,
            text_bytes: 0,
            bytes,
            messages,
        }
    }

    /// Queues text, or counts it as cut when the request has printed its share.
    pub fn push_text(&mut self, parent: &Parent, stream: Stream, text: &str, now: Instant) {
        if text.is_empty() {
            return;
        }
        let printed = parent.printed().add(text.len());
        let over = self
            .limits
            .text
            .is_some_and(|limit| printed + text.len() as u64 > limit);
        if over || self.text_bytes + text.len() > PENDING_BYTES {
            let first = parent.printed().cut(text);
            if first && parent.printed().is_finished() {
                let note = "[fearless] threads of this cell print more than is shown\n";
                self.note(parent, note.to_owned(), now);
            }
            return;
        }
        self.text_bytes += text.len();
        let mut rest = text;
        if let Some(open) = open_text(&mut self.lane(parent, now).items, stream) {
            let (head, tail) = split(rest, CHUNK_BYTES.saturating_sub(open.len()));
            open.push_str(head);
            rest = tail;
        }
        while !rest.is_empty() {
            let (head, tail) = split(rest, CHUNK_BYTES);
            self.push(parent, Item::Text(stream, head.to_owned()), now);
            rest = tail;
        }
    }

    /// Queues an item, behind all others of its request.
    pub fn push(&mut self, parent: &Parent, item: Item, now: Instant) {
        self.queued += 1;
        let number = self.queued;
        self.lane(parent, now).items.push_back((number, item));
    }

    /// Says how much of the request's text was cut since it was last said.
    pub fn report_cut(&mut self, parent: &Parent, now: Instant) {
        let (lines, bytes) = parent.printed().take_cut();
        if bytes == 0 {
            return;
        }
        let note = format!(
            "[fearless] {lines} more lines ({bytes} bytes) were printed and are not shown; \
             set FEARLESS_OUTPUT_LIMIT to a number of bytes to see more\n"
        );
        self.note(parent, note, now);
    }

    fn note(&mut self, parent: &Parent, note: String, now: Instant) {
        self.text_bytes += note.len();
        self.push(parent, Item::Text(Stream::Stderr, note), now);
    }

    /// Cuts the text that still waits, but for a beginning: who stops a cell is not to watch its
    /// output for another half minute.
    pub fn cut(&mut self) {
        for lane in &mut self.lanes {
            let mut kept = 0;
            lane.items.retain(|(_, item)| match item {
                Item::Text(_, text) if kept + text.len() > CUT_BYTES => {
                    self.text_bytes -= text.len();
                    lane.parent.printed().cut(text);
                    false
                }
                Item::Text(_, text) => {
                    kept += text.len();
                    true
                }
                Item::Message { .. } | Item::Flush(_) => true,
            });
        }
        self.lanes.retain(|lane| !lane.items.is_empty());
    }

    /// What is to be published now: of everything that is due, what was queued first. Text waits
    /// for more of it, unless something is queued behind it, and for the rate; `hurry` spares it
    /// both.
    pub fn next(&mut self, now: Instant, hurry: bool) -> Next {
        let paced = self.bytes.delay(now).max(self.messages.delay(now));
        let delays = self.lanes.iter().map(|lane| {
            let Some((_, Item::Text(_, text))) = lane.items.front() else {
                return Duration::ZERO;
            };
            if hurry {
                return Duration::ZERO;
            }
            let whole = lane.items.len() > 1 || text.len() >= CHUNK_BYTES;
            let waited = now.saturating_duration_since(lane.since);
            paced.max(if whole {
                Duration::ZERO
            } else {
                JOIN.saturating_sub(waited)
            })
        });
        let first = delays
            .enumerate()
            .map(|(index, delay)| {
                (
                    delay,
                    self.lanes[index].items.front().map(|item| item.0),
                    index,
                )
            })
            .min();
        match first {
            None => Next::Idle,
            Some((Duration::ZERO, _, index)) => self.take(index, now),
            Some((delay, ..)) => Next::Wait(delay),
        }
    }

    /// Charges a published message against the rates.
    pub fn spend(&mut self, bytes: usize, now: Instant) {
        self.bytes.spend(bytes as f64, now);
        self.messages.spend(1.0, now);
    }

    fn take(&mut self, index: usize, now: Instant) -> Next {
        let lane = &mut self.lanes[index];
        lane.since = now;
        let parent = lane.parent.clone();
        let item = lane.items.pop_front().map(|(_, item)| item);
        if lane.items.is_empty() {
            self.lanes.remove(index);
        }
        if let Some(Item::Text(_, text)) = &item {
            self.text_bytes -= text.len();
        }
        item.map_or(Next::Idle, |item| Next::Publish(parent, item))
    }

    fn lane(&mut self, parent: &Parent, now: Instant) -> &mut Lane {
        let index = self.lanes.iter().position(|lane| lane.parent.is(parent));
        let index = index.unwrap_or_else(|| {
            let lane = Lane {
                parent: parent.clone(),
                items: VecDeque::new(),
                since: now,
            };
            self.lanes.push(lane);
            self.lanes.len() - 1
        });
        &mut self.lanes[index]
    }
}

/// The queued text that more of `stream` may be appended to.
fn open_text(items: &mut VecDeque<(u64, Item)>, stream: Stream) -> Option<&mut String> {
    let reach = if items.len() > CROWDED { CROWDED } else { 1 };
    items
        .iter_mut()
        .rev()
        .take(reach)
        .map_while(|(_, item)| match item {
            Item::Text(of, text) => Some((*of, text)),
            Item::Message { .. } | Item::Flush(_) => None,
        })
        .find(|(of, text)| *of == stream && text.len() < CHUNK_BYTES)
        .map(|(_, text)| text)
}

/// Splits at the last character boundary within `bytes`, and takes one character at least.
fn split(text: &str, bytes: usize) -> (&str, &str) {
    if bytes == 0 || text.len() <= bytes {
        return if bytes == 0 { ("", text) } else { (text, "") };
    }
    let mut at = text.floor_char_boundary(bytes);
    if at == 0 {
        at = text.chars().next().map_or(0, char::len_utf8);
    }
    text.split_at(at)
}

#[cfg(test)]
mod tests;
