//! The stdin channel: the kernel asks, the front end answers.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, mpsc};

use serde_json::{Map, json};

use super::router::{self, Replies, Requests};
use crate::engine::Ask;
use crate::wire::content::{self, InputReply};
use crate::wire::message::{Encoder, Request};
use crate::wire::parent::Parent;
use crate::wire::sign::Signer;

/// Asks the person; clones ask through the same channel.
#[derive(Clone)]
pub struct Questions(Arc<Inner>);

struct Inner {
    encoder: Encoder,
    replies: Replies,
    /// One question at a time: threads that ask at once take turns.
    turn: Mutex<()>,
    pending: Mutex<Option<Pending>>,
}

struct Pending {
    asked: Parent,
    answer: mpsc::Sender<String>,
}

impl std::fmt::Debug for Questions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Questions")
    }
}

impl Questions {
    /// A channel that asks through `replies`.
    pub fn new(encoder: Encoder, replies: Replies) -> Self {
        let (turn, pending) = (Mutex::default(), Mutex::default());
        Self(Arc::new(Inner {
            encoder,
            replies,
            turn,
            pending,
        }))
    }

    /// Takes back the question that waits for an answer.
    pub fn cancel(&self) {
        lock(&self.0.pending).take();
    }

    /// Hands answers to who asked, for ever.
    pub async fn serve(self, mut requests: Requests, signer: Signer) {
        while let Some(frames) = requests.next().await {
            match Request::parse(&frames, &signer) {
                Ok(request) if request.msg_type == "input_reply" => self.answer(&request),
                Ok(request) => {
                    tracing::warn!("ignored a `{}` on the stdin channel", request.msg_type);
                }
                Err(error) => tracing::warn!("dropped a message on the stdin channel: {error}"),
            }
        }
    }

    fn answer(&self, reply: &Request) {
        let mut pending = lock(&self.0.pending);
        let asked = pending
            .as_ref()
            .is_some_and(|pending| client(&pending.asked) == client(&reply.parent));
        if !asked {
            tracing::info!("ignored an input_reply that nobody waits for");
            return;
        }
        match content::read::<InputReply>(&reply.content) {
            Ok(InputReply { value }) => {
                if let Some(pending) = pending.take() {
                    // Who asked may have been told in the meantime that it gets no answer.
                    let _ = pending.answer.send(value);
                }
            }
            Err(error) => tracing::warn!("ignored an input_reply: {error}"),
        }
    }
}

impl Ask for Questions {
    /// `None` when the client has no stdin channel or [`cancel`](Questions::cancel) was called.
    fn ask(&self, parent: &Parent, prompt: &str, password: bool) -> Option<String> {
        let _turn = lock(&self.0.turn);
        let (answer, answered) = mpsc::channel();
        {
            let mut pending = lock(&self.0.pending);
            // Looked at under the lock: an interrupt marks the parent first and cancels then.
            if parent.is_interrupted() {
                return None;
            }
            *pending = Some(Pending {
                asked: parent.clone(),
                answer,
            });
        }
        let content = json!({"prompt": prompt, "password": password});
        let frames = self
            .0
            .encoder
            .reply("input_request", parent, &Map::new(), &content);
        if !self.0.replies.send_to_client(frames) {
            self.cancel();
        }
        // Ends without an answer when `cancel` drops the sender.
        answered.recv().ok()
    }
}

/// The identity that a client has on all its channels.
fn client(request: &Parent) -> &[u8] {
    request
        .identities()
        .first()
        .map_or(&[], |route| router::identity(route))
}

/// No code panics while it holds one of these locks, so a poisoned one is as good as any.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
