//! Comms: a front end opens one to `fearless.report` and is told the last report, as often as it
//! asks. No other target is known.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Map, Value, json};

use super::Kernel;
use crate::engine::Controls;
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
}

impl<C: Controls> Kernel<C> {
    /// Handles `comm_open`, `comm_msg` and `comm_close`, which have no reply.
    pub(super) fn comm(&self, request: &Request) {
        let comm: Comm = match content::read(&request.content) {
            Ok(comm) => comm,
            Err(error) => {
                tracing::warn!("ignored a `{}`: {error}", request.msg_type);
                return;
            }
        };
        let known = self.comms.open().contains_key(&comm.comm_id);
        match request.msg_type.as_str() {
            "comm_open" if comm.target_name == REPORT && self.comms.open().len() < MAX_OPEN => {
                self.comms
                    .open()
                    .insert(comm.comm_id.clone(), comm.target_name.clone());
                self.tell_report(request, &comm);
            }
            "comm_msg" if known => self.tell_report(request, &comm),
            "comm_close" => {
                self.comms.open().remove(&comm.comm_id);
            }
            // What is unknown here is closed on the other side, too.
            _ => {
                let content = json!({"comm_id": comm.comm_id, "data": {}});
                self.iopub.message(&request.parent, "comm_close", content);
            }
        }
    }

    fn tell_report(&self, request: &Request, comm: &Comm) {
        let data = json!({"report": self.controls.last_report(), "echo": comm.data});
        let content = json!({"comm_id": comm.comm_id, "data": data});
        self.iopub.message(&request.parent, "comm_msg", content);
    }
}
