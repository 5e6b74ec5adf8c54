//! Comms: a front end opens one to `fearless.report` and is told the last report, as often as it
//! asks. No other target is known.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value, json};

use crate::engine::Publish;
use crate::socket::iopub::IoPub;
use crate::wire::content::{self, Comm, CommInfo};
use crate::wire::message::Request;

/// The one target.
const REPORT: &str = "fearless.report";

/// Open comms at most: ids come from clients.
const MAX_OPEN: usize = 1024;

/// The open comms: id → target.
#[derive(Debug, Default)]
pub struct Comms(Mutex<BTreeMap<String, String>>);

impl Comms {
    fn open(&self) -> MutexGuard<'_, BTreeMap<String, String>> {
        // No code panics while it holds this lock, so a poisoned one is as good as any.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `comm_info_reply`
    pub fn info(&self, wanted: &CommInfo) -> Value {
        let open = self.open();
        let comms: Map<String, Value> = open
            .iter()
            .filter(|(_, target)| {
                wanted
                    .target_name
                    .as_ref()
                    .is_none_or(|name| name == *target)
            })
            .map(|(id, target)| (id.clone(), json!({"target_name": target})))
            .collect();
        json!({"status": "ok", "comms": comms})
    }

    /// Handles `comm_open`, `comm_msg` and `comm_close`, which have no reply; `report` is the last
    /// one.
    pub fn handle(&self, request: &Request, iopub: &IoPub, report: impl FnOnce() -> Option<Value>) {
        let comm: Comm = match content::read(&request.content) {
            Ok(comm) => comm,
            Err(error) => {
                tracing::warn!("ignored a `{}`: {error}", request.msg_type);
                return;
            }
        };
        let tell = || {
            let data = json!({"report": report(), "echo": comm.data});
            let content = json!({"comm_id": comm.comm_id, "data": data});
            iopub.message(&request.parent, "comm_msg", content);
        };
        let known = self.open().contains_key(&comm.comm_id);
        match request.msg_type.as_str() {
            "comm_open" if comm.target_name == REPORT && self.open().len() < MAX_OPEN => {
                self.open()
                    .insert(comm.comm_id.clone(), comm.target_name.clone());
                tell();
            }
            "comm_msg" if known => tell(),
            "comm_close" => {
                self.open().remove(&comm.comm_id);
            }
            // What is unknown here is closed on the other side, too.
            _ => {
                let content = json!({"comm_id": comm.comm_id, "data": {}});
                iopub.message(&request.parent, "comm_close", content);
            }
        }
    }
}
