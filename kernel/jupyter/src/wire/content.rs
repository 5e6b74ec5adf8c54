//! What requests carry, with the protocol's defaults for what a front end left out.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value};
use thiserror::Error;

/// `execute_request`
#[derive(Debug, Deserialize)]
pub struct Execute {
    /// The cell.
    pub code: String,
    /// No `execute_input`, no result, no count, no history.
    #[serde(default)]
    pub silent: bool,
    /// Whether the cell counts.
    #[serde(default)]
    pub store_history: Option<bool>,
    /// Name → expression.
    #[serde(default)]
    pub user_expressions: Option<BTreeMap<String, String>>,
    /// Whether `input_request` can be answered.
    #[serde(default)]
    pub allow_stdin: bool,
    /// Whether a failure aborts what is queued behind it.
    #[serde(default = "yes")]
    pub stop_on_error: bool,
}

impl Execute {
    /// Whether the cell counts and enters the history.
    pub fn stores_history(&self) -> bool {
        !self.silent && self.store_history.unwrap_or(true)
    }
}

/// `complete_request`
#[derive(Debug, Deserialize)]
pub struct Complete {
    /// The cell.
    pub code: String,
    /// In code points; the end of the cell when left out.
    #[serde(default)]
    pub cursor_pos: Option<usize>,
}

/// `inspect_request`
#[derive(Debug, Deserialize)]
pub struct Inspect {
    /// The cell.
    pub code: String,
    /// In code points; the end of the cell when left out.
    #[serde(default)]
    pub cursor_pos: Option<usize>,
    /// 0 or 1.
    #[serde(default)]
    pub detail_level: u8,
}

/// `is_complete_request`
#[derive(Debug, Deserialize)]
pub struct IsComplete {
    /// What was typed so far.
    pub code: String,
}

/// `history_request`
#[derive(Debug, Deserialize)]
pub struct History {
    /// With outputs, which are never kept here: each comes as `null`.
    #[serde(default)]
    pub output: bool,
    /// `range`, `tail` or `search`.
    #[serde(default = "tail")]
    pub hist_access_type: String,
    /// For `range`: 0 is this session, negative ones count back from it.
    #[serde(default)]
    pub session: i64,
    /// For `range`: first cell.
    #[serde(default)]
    pub start: Option<u32>,
    /// For `range`: one past the last cell.
    #[serde(default)]
    pub stop: Option<u32>,
    /// For `tail` and `search`: at most so many.
    #[serde(default)]
    pub n: Option<i64>,
    /// For `search`: a glob.
    #[serde(default)]
    pub pattern: Option<String>,
    /// For `search`: each input once.
    #[serde(default)]
    pub unique: bool,
}

/// `comm_info_request`
#[derive(Debug, Deserialize)]
pub struct CommInfo {
    /// Only comms of this target.
    #[serde(default)]
    pub target_name: Option<String>,
}

/// `comm_open`, `comm_msg` and `comm_close`
#[derive(Debug, Deserialize)]
pub struct Comm {
    /// Which comm.
    pub comm_id: String,
    /// Only when it is opened.
    #[serde(default)]
    pub target_name: String,
    /// Anything.
    #[serde(default)]
    pub data: Value,
}

/// `shutdown_request`
#[derive(Debug, Deserialize)]
pub struct Shutdown {
    /// Whether the front end starts the kernel again.
    #[serde(default)]
    pub restart: bool,
}

/// `input_reply`
#[derive(Debug, Deserialize)]
pub struct InputReply {
    /// The line that was typed.
    #[serde(default)]
    pub value: String,
}

fn yes() -> bool {
    true
}

fn tail() -> String {
    "tail".to_owned()
}

/// Why a request's content can't be used, in one line.
#[derive(Debug, Error)]
pub enum BadRequest {
    /// A field is missing or wrong.
    #[error(transparent)]
    Field(serde_json::Error),
    /// The history can't be asked so.
    #[error("hist_access_type is `{0}`; use tail, range or search")]
    HistoryAccess(String),
}

/// The content of a message as one of the types above.
///
/// # Errors
/// A field is missing or wrong.
pub fn read<T: DeserializeOwned>(content: &Map<String, Value>) -> Result<T, BadRequest> {
    T::deserialize(content).map_err(BadRequest::Field)
}

/// A cursor that may lie outside of `code`, as a code point within it.
pub fn cursor(code: &str, position: Option<usize>) -> usize {
    let length = code.chars().count();
    position.unwrap_or(length).min(length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn content(value: Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn what_is_left_out_has_the_protocols_default() {
        let execute: Execute = read(&content(serde_json::json!({"code": "1"}))).unwrap();
        assert!(!execute.silent && execute.stop_on_error && !execute.allow_stdin);
        assert!(execute.stores_history());
        let silent = serde_json::json!({"code": "1", "silent": true, "store_history": true});
        assert!(!read::<Execute>(&content(silent)).unwrap().stores_history());
    }

    #[test]
    fn a_missing_or_wrong_field_is_named() {
        let error = read::<Execute>(&content(serde_json::json!({})));
        let error = error.unwrap_err().to_string();
        assert!(error.contains("code"), "{error}");
        let wrong = serde_json::json!({"code": 1});
        assert!(read::<Execute>(&content(wrong)).is_err());
    }

    #[test]
    fn a_cursor_is_brought_inside() {
        assert_eq!(cursor("aé😀", None), 3);
        assert_eq!(cursor("aé😀", Some(99)), 3);
        assert_eq!(cursor("aé😀", Some(2)), 2);
    }
}
