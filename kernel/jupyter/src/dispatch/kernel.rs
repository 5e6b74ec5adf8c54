//! What all channels share.

use std::sync::Arc;

use tokio::sync::watch;

use super::comms::Comms;
use super::engine_thread::EngineThread;
use super::queue::Cells;
use crate::engine::Publisher;
use crate::history::History;
use crate::socket::iopub::IoPub;
use crate::socket::stdin::Questions;
use crate::wire::message::Encoder;
use crate::wire::sign::Signer;

/// What all channels share.
pub(super) struct Kernel<C> {
    pub encoder: Encoder,
    pub signer: Signer,
    pub iopub: Arc<IoPub>,
    pub publisher: Publisher,
    pub questions: Questions,
    pub engine: EngineThread,
    pub controls: C,
    pub cells: Cells,
    pub comms: Comms,
    pub history: History,
    pub banner: String,
    pub rust_version: String,
    /// Set once the kernel is to end.
    pub ending: watch::Sender<bool>,
}
