//! Requests that are answered while a cell runs: everything but cells.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::kernel::Kernel;
use crate::engine::{Completeness, Completions, Controls, MimeBundle};
use crate::history::{Entry, Query};
use crate::socket::router::Replies;
use crate::wire::content::{self, BadRequest, CommInfo, Complete, History, Inspect, IsComplete};
use crate::wire::message::{PROTOCOL_VERSION, Request};

/// Entries of the history in one reply, at most.
const MAX_ENTRIES: u32 = 100_000;

/// Where the kernel's own documentation and Rust's stand.
const HELP: [(&str, &str); 3] = [
    (
        "Rust: fearless concurrency",
        "https://doc.rust-lang.org/book/ch16-00-concurrency.html",
    ),
    (
        "Rust: std::sync",
        "https://doc.rust-lang.org/std/sync/index.html",
    ),
    (
        "Rust: std::thread",
        "https://doc.rust-lang.org/std/thread/index.html",
    ),
];

/// A reply's content: why a request can't be served, in the form of an error reply.
pub(super) fn refusal(ename: &str, evalue: &str) -> Value {
    json!({"status": "error", "ename": ename, "evalue": evalue, "traceback": []})
}

impl<C: Controls> Kernel<C> {
    /// Answers a request, with `busy` before and `idle` after it.
    pub(super) async fn answer(self: &Arc<Self>, request: Request, replies: Replies) {
        match request.msg_type.as_str() {
            // These may take their time: the next request is not to wait.
            "complete_request" | "inspect_request" => {
                let kernel = self.clone();
                tokio::spawn(async move {
                    kernel.iopub.status(&request.parent, "busy");
                    let content = kernel.about_code(&request).await;
                    kernel.finish(&request, &replies, content).await;
                });
            }
            "comm_open" | "comm_msg" | "comm_close" => {
                self.iopub.status(&request.parent, "busy");
                let report = || self.controls.last_report();
                self.comms.handle(&request, &self.iopub, report);
                self.iopub.status(&request.parent, "idle");
                self.remind_busy();
            }
            _ => {
                self.iopub.status(&request.parent, "busy");
                let content = self.at_once(&request);
                self.finish(&request, &replies, content).await;
            }
        }
    }

    /// Sends the reply, if there is one, and says `idle`.
    pub(super) async fn finish(
        &self,
        request: &Request,
        replies: &Replies,
        content: Option<Value>,
    ) {
        if let (Some(content), Some(kind)) = (content, request.msg_type.strip_suffix("_request")) {
            let msg_type = format!("{kind}_reply");
            let frames = self
                .encoder
                .reply(&msg_type, &request.parent, &Map::new(), &content);
            replies.send(frames);
        }
        self.iopub.status(&request.parent, "idle");
        self.remind_busy();
    }

    /// The content of the reply to what needs no engine.
    fn at_once(&self, request: &Request) -> Option<Value> {
        let content = &request.content;
        let answer = match request.msg_type.as_str() {
            "kernel_info_request" => Ok(self.kernel_info()),
            "is_complete_request" => content::read(content)
                .map(|IsComplete { code }| is_complete_reply(self.controls.is_complete(&code))),
            "history_request" => {
                content::read(content).and_then(|asked| self.history_reply(&asked))
            }
            "comm_info_request" => {
                content::read::<CommInfo>(content).map(|asked| self.comms.info(&asked))
            }
            "debug_request" => return Some(debug_refusal(content)),
            // The protocol says: unknown messages are ignored. A request, though, is waited for.
            unknown => {
                tracing::warn!("refused the unknown message `{unknown}`");
                let evalue = format!("this kernel does not know `{unknown}`");
                return Some(refusal("UnknownMessage", &evalue));
            }
        };
        Some(answer.unwrap_or_else(|error| refusal("BadRequest", &error.to_string())))
    }

    fn kernel_info(&self) -> Value {
        let links = HELP.map(|(text, url)| json!({"text": text, "url": url}));
        json!({
            "status": "ok",
            "protocol_version": PROTOCOL_VERSION,
            "implementation": "fearless",
            "implementation_version": env!("CARGO_PKG_VERSION"),
            "language_info": {
                "name": "rust",
                "version": self.rust_version,
                "mimetype": "text/x-rust",
                "file_extension": ".rs",
                "pygments_lexer": "rust",
                "codemirror_mode": "rust",
                "nbconvert_exporter": "script",
            },
            "banner": self.banner,
            "debugger": false,
            "help_links": links,
            "supported_features": [],
        })
    }

    fn history_reply(&self, asked: &History) -> Result<Value, BadRequest> {
        let n = asked.n.map_or(MAX_ENTRIES, |n| {
            u32::try_from(n).unwrap_or(0).min(MAX_ENTRIES)
        });
        let query = match asked.hist_access_type.as_str() {
            "tail" => Query::Tail { n },
            "range" => Query::Range {
                session: asked.session,
                start: asked.start.unwrap_or(0),
                stop: asked.stop,
            },
            "search" => Query::Search {
                pattern: asked.pattern.clone().unwrap_or_else(|| "*".to_owned()),
                unique: asked.unique,
                n,
            },
            other => {
                return Err(BadRequest::HistoryAccess(other.to_owned()));
            }
        };
        let show = |Entry {
                        session,
                        line,
                        input,
                    }: Entry| {
            // With outputs asked for, an entry holds a pair; outputs are not kept.
            if asked.output {
                json!([session, line, [input, null]])
            } else {
                json!([session, line, input])
            }
        };
        let entries: Vec<Value> = self.history.find(&query).into_iter().map(show).collect();
        Ok(json!({"status": "ok", "history": entries}))
    }

    async fn about_code(&self, request: &Request) -> Option<Value> {
        let content = &request.content;
        let answer = if request.msg_type == "complete_request" {
            match content::read(content) {
                Ok(asked) => Ok(self.complete(asked).await),
                Err(error) => Err(error),
            }
        } else {
            match content::read(content) {
                Ok(asked) => Ok(self.inspect(asked).await),
                Err(error) => Err(error),
            }
        };
        Some(answer.unwrap_or_else(|error| refusal("BadRequest", &error.to_string())))
    }

    async fn complete(&self, asked: Complete) -> Value {
        let Complete { code, cursor_pos } = asked;
        let cursor = content::cursor(&code, cursor_pos);
        let controls = self.controls.clone();
        let found = tokio::task::spawn_blocking(move || controls.complete(&code, cursor));
        complete_reply(found.await.unwrap_or(Completions::none(cursor)))
    }

    async fn inspect(&self, asked: Inspect) -> Value {
        let Inspect {
            code,
            cursor_pos,
            detail_level,
        } = asked;
        let cursor = content::cursor(&code, cursor_pos);
        let controls = self.controls.clone();
        let found =
            tokio::task::spawn_blocking(move || controls.inspect(&code, cursor, detail_level));
        inspect_reply(found.await.unwrap_or(None))
    }
}

fn is_complete_reply(found: Completeness) -> Value {
    match found {
        Completeness::Complete => json!({"status": "complete"}),
        Completeness::Incomplete { indent } => json!({"status": "incomplete", "indent": indent}),
        Completeness::Invalid => json!({"status": "invalid"}),
    }
}

fn complete_reply(found: Completions) -> Value {
    let Completions {
        matches,
        start,
        end,
        types,
    } = found;
    let mut metadata = Map::new();
    if types.len() == matches.len() && !types.is_empty() {
        let typed: Vec<Value> = matches
            .iter()
            .zip(types)
            .map(|(text, of)| {
                json!({
                    "text": text, "type": of.kind, "signature": of.signature,
                    "start": start, "end": end,
                })
            })
            .collect();
        // Not in the protocol's text; what IPython and JupyterLab agreed on.
        metadata.insert("_jupyter_types_experimental".to_owned(), typed.into());
    }
    json!({
        "status": "ok", "matches": matches, "cursor_start": start, "cursor_end": end,
        "metadata": metadata,
    })
}

fn inspect_reply(found: Option<MimeBundle>) -> Value {
    let is_found = found.is_some();
    let data = found.unwrap_or_default();
    json!({"status": "ok", "found": is_found, "data": data, "metadata": {}})
}

/// What the debug adapter protocol answers when it can't serve; there is no debugger here.
fn debug_refusal(content: &Map<String, Value>) -> Value {
    json!({
        "type": "response",
        "success": false,
        "seq": 0,
        "request_seq": content.get("seq").cloned().unwrap_or_else(|| 0.into()),
        "command": content.get("command").cloned().unwrap_or_else(|| "".into()),
        "message": "this kernel has no debugger",
        "body": {},
    })
}
