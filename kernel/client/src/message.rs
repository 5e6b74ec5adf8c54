//! Messages as a front end sees them, and what a cell gave back.

use bytes::Bytes;
use jupyter::{Request, Signer};
use serde_json::Value;

const DELIMITER: &[u8] = b"<IDS|MSG>";

/// One message from the kernel.
#[derive(Clone, Debug)]
pub struct Message {
    /// For example `execute_reply`.
    pub kind: String,
    /// `msg_id` of the request that it belongs to; empty when it belongs to none.
    pub parent: String,
    /// What it says.
    pub content: Value,
    /// The frames of its header, for a reply to it.
    pub header: serde_json::Map<String, Value>,
}

impl Message {
    /// Reads the frames of a message, with what stands in front of its delimiter.
    ///
    /// # Errors
    /// One sentence: it is no message, or its signature is not the connection's.
    pub fn parse(frames: &[Bytes], signer: &Signer) -> Result<Self, String> {
        // Sent the other way, but written and signed alike.
        let message = Request::parse(frames, signer).map_err(|error| error.to_string())?;
        let delimiter = frames.iter().position(|frame| frame == DELIMITER);
        let parent = delimiter
            .and_then(|at| frames.get(at + 3))
            .and_then(|frame| serde_json::from_slice::<Value>(frame).ok())
            .and_then(|parent| parent["msg_id"].as_str().map(str::to_owned));
        Ok(Self {
            kind: message.msg_type,
            parent: parent.unwrap_or_default(),
            content: Value::Object(message.content),
            header: message.parent.header().clone(),
        })
    }

    /// A field of the content that is text; empty if there is none.
    pub fn text(&self, field: &str) -> &str {
        self.content[field].as_str().unwrap_or_default()
    }
}

/// What a cell gave back: its outputs from `busy` to `idle`, and the reply.
#[derive(Clone, Debug, Default)]
pub struct CellOutput {
    /// The outputs, in the order in which they came.
    pub outputs: Vec<Message>,
    /// The content of the reply.
    pub reply: Value,
}

impl CellOutput {
    /// Whether the cell ran to its end.
    pub fn succeeded(&self) -> bool {
        self.reply["status"] == "ok"
    }

    /// What it printed.
    pub fn stdout(&self) -> String {
        self.of_kind("stream")
            .filter(|output| output.text("name") == "stdout")
            .map(|output| output.text("text"))
            .collect()
    }

    /// The displayed value of its last expression.
    pub fn value(&self) -> Option<&str> {
        let result = self.of_kind("execute_result").last()?;
        result.content["data"]["text/plain"].as_str()
    }

    /// The last thing that it displayed of this media type.
    pub fn displayed(&self, media_type: &str) -> Option<&Value> {
        self.outputs
            .iter()
            .filter(|output| output.kind.ends_with("display_data"))
            .filter_map(|output| output.content["data"].get(media_type))
            .next_back()
    }

    /// Why it failed, by its kind and in one line: `("E0425", "cannot find value …")`.
    pub fn error(&self) -> Option<(&str, &str)> {
        let error = self.of_kind("error").last()?;
        Some((error.text("ename"), error.text("evalue")))
    }

    /// All that was displayed of its error, without colours.
    pub fn error_text(&self) -> String {
        let traceback = self.of_kind("error").last();
        let lines = traceback.and_then(|error| error.content["traceback"].as_array());
        let lines = lines.into_iter().flatten().filter_map(Value::as_str);
        plain(&lines.collect::<Vec<_>>().join("\n"))
    }

    fn of_kind(&self, kind: &str) -> impl DoubleEndedIterator<Item = &Message> {
        self.outputs
            .iter()
            .filter(move |output| output.kind == kind)
    }
}

/// Text without its colours (`ESC [ … letter`).
pub fn plain(text: &str) -> String {
    let mut shown = String::new();
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        if c == '\x1b' {
            rest.by_ref().skip(1).find(char::is_ascii_alphabetic);
        } else {
            shown.push(c);
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use jupyter::{Asked, Encoder, Parent};
    use serde_json::json;

    use super::*;

    fn output(kind: &str, content: Value) -> Message {
        Message {
            kind: kind.to_owned(),
            parent: "1".to_owned(),
            content,
            header: serde_json::Map::new(),
        }
    }

    #[test]
    fn a_message_is_read_with_its_parent() {
        let signer = Signer::new("key");
        let header = json!({"msg_id": "7", "msg_type": "execute_request"});
        let asker = Parent::new(
            Vec::new(),
            header.as_object().unwrap().clone(),
            Asked::default(),
        );
        let content = json!({"execution_state": "idle"});
        let frames = Encoder::new(signer.clone()).encode(
            "status",
            &asker,
            &serde_json::Map::new(),
            &content,
        );
        let message = Message::parse(&frames, &signer).unwrap();
        assert_eq!(
            (message.kind.as_str(), message.parent.as_str()),
            ("status", "7")
        );
        assert_eq!(message.text("execution_state"), "idle");
        let refused = Message::parse(&frames, &Signer::new("other")).unwrap_err();
        assert!(refused.contains("signature"), "{refused}");
    }

    #[test]
    fn a_cells_outputs_are_put_together() {
        let cell = CellOutput {
            outputs: vec![
                output("stream", json!({"name": "stdout", "text": "one "})),
                output("stream", json!({"name": "stderr", "text": "aside"})),
                output("stream", json!({"name": "stdout", "text": "two"})),
                output("display_data", json!({"data": {"a/b": 1}})),
                output("update_display_data", json!({"data": {"a/b": 2}})),
                output("execute_result", json!({"data": {"text/plain": "42"}})),
            ],
            reply: json!({"status": "ok"}),
        };
        assert!(cell.succeeded());
        assert_eq!(cell.stdout(), "one two");
        assert_eq!(cell.displayed("a/b"), Some(&json!(2)));
        assert_eq!(cell.displayed("c/d"), None);
        assert_eq!(cell.value(), Some("42"));
        assert_eq!(cell.error(), None);
    }

    #[test]
    fn an_error_is_told_without_colours() {
        let traceback = ["\x1b[31merror\x1b[0m: no", "\x1b[1;34m  help\x1b[0m"];
        let content = json!({"ename": "E1", "evalue": "no", "traceback": traceback});
        let cell = CellOutput {
            outputs: vec![output("error", content)],
            reply: json!({"status": "error"}),
        };
        assert!(!cell.succeeded());
        assert_eq!(cell.error(), Some(("E1", "no")));
        assert_eq!(cell.error_text(), "error: no\n  help");
    }
}
