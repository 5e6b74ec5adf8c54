//! The request that replies and outputs name as their parent.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use bytes::Bytes;
use serde_json::{Map, Value};

/// The request that a reply or an output belongs to: cheap to clone, and kept for as long as
/// something may still be printed on its behalf.
#[derive(Clone)]
pub struct Parent(Arc<ParentInner>);

struct ParentInner {
    identities: Vec<Bytes>,
    header: Map<String, Value>,
    allow_stdin: bool,
    silent: bool,
    interrupted: AtomicBool,
    printed: Printed,
}

/// How much text a request has printed, and how much of it was cut.
#[derive(Debug, Default)]
pub(crate) struct Printed {
    bytes: AtomicU64,
    cut_bytes: AtomicU64,
    cut_lines: AtomicU64,
    finished: AtomicBool,
}

impl Printed {
    /// Adds to the bytes printed, and returns the sum before.
    pub(crate) fn add(&self, bytes: usize) -> u64 {
        self.bytes.fetch_add(bytes as u64, Ordering::Relaxed)
    }

    /// Counts text that is not shown; true when it is the first since [`take_cut`](Self::take_cut).
    pub(crate) fn cut(&self, text: &str) -> bool {
        let lines = text.bytes().filter(|byte| *byte == b'\n').count();
        self.cut_lines.fetch_add(lines as u64, Ordering::Relaxed);
        self.cut_bytes
            .fetch_add(text.len() as u64, Ordering::Relaxed)
            == 0
    }

    /// Lines and bytes cut since this was last asked.
    pub(crate) fn take_cut(&self) -> (u64, u64) {
        let lines = self.cut_lines.swap(0, Ordering::Relaxed);
        (lines, self.cut_bytes.swap(0, Ordering::Relaxed))
    }

    /// Marks the request as answered: nobody will ask again how much was cut.
    pub(crate) fn finish(&self) {
        self.finished.store(true, Ordering::Relaxed);
    }

    /// Whether the request was answered.
    pub(crate) fn is_finished(&self) -> bool {
        self.finished.load(Ordering::Relaxed)
    }
}

/// What an `execute_request` says about its outputs; all false for other requests.
#[derive(Debug, Clone, Copy, Default)]
pub struct Asked {
    /// `allow_stdin`: an `input_request` will be answered.
    pub stdin: bool,
    /// `silent`: no result is to be shown.
    pub silent: bool,
}

impl Parent {
    /// The request with this header from the peer with these identities.
    pub fn new(identities: Vec<Bytes>, header: Map<String, Value>, asked: Asked) -> Self {
        let printed = Printed::default();
        let Asked {
            stdin: allow_stdin,
            silent,
        } = asked;
        let interrupted = AtomicBool::new(false);
        Self(Arc::new(ParentInner {
            identities,
            header,
            allow_stdin,
            silent,
            interrupted,
            printed,
        }))
    }

    /// No request: what the kernel says of its own accord.
    pub fn none() -> Self {
        Self::new(Vec::new(), Map::new(), Asked::default())
    }

    /// The same request, but apart: what is published under it does not wait for its text.
    pub(crate) fn apart(&self) -> Self {
        Self::new(
            self.0.identities.clone(),
            self.0.header.clone(),
            Asked::default(),
        )
    }

    /// The ZeroMQ identities in front of the request.
    pub fn identities(&self) -> &[Bytes] {
        &self.0.identities
    }

    /// The request's header as it came; empty for [`Parent::none`].
    pub fn header(&self) -> &Map<String, Value> {
        &self.0.header
    }

    /// The request's `msg_id`; empty for [`Parent::none`].
    pub fn msg_id(&self) -> &str {
        self.0
            .header
            .get("msg_id")
            .and_then(Value::as_str)
            .unwrap_or_default()
    }

    /// Whether whoever asked can answer an `input_request`.
    pub fn allow_stdin(&self) -> bool {
        self.0.allow_stdin
    }

    /// Whether both are the same request.
    pub fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    /// Whether the request wants no result.
    pub fn is_silent(&self) -> bool {
        self.0.silent
    }

    /// Notes that the person stopped it: it may ask no more questions.
    pub(crate) fn interrupt(&self) {
        self.0.interrupted.store(true, Ordering::SeqCst);
    }

    /// Whether the person stopped it.
    pub fn is_interrupted(&self) -> bool {
        self.0.interrupted.load(Ordering::SeqCst)
    }

    pub(crate) fn printed(&self) -> &Printed {
        &self.0.printed
    }
}

impl fmt::Debug for Parent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Parent").field(&self.msg_id()).finish()
    }
}
