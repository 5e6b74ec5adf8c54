//! One message of the Jupyter protocol: read from frames, written to frames.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Map, Value};
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::parent::{Asked, Parent};
use super::sign::Signer;

/// The protocol that is spoken here.
pub const PROTOCOL_VERSION: &str = "5.5";

const DELIMITER: &[u8] = b"<IDS|MSG>";

/// What came from a front end, verified and parsed.
#[derive(Debug, Clone)]
pub struct Request {
    /// Who asked: sent back in front of the reply, and the parent of every output.
    pub parent: Parent,
    /// For example `execute_request`.
    pub msg_type: String,
    /// Its arguments.
    pub content: Map<String, Value>,
    /// Binary data behind the message (of comms).
    pub buffers: Vec<Bytes>,
}

/// Why frames were refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Malformed {
    /// No `<IDS|MSG>` frame.
    NoDelimiter,
    /// So many frames behind the delimiter instead of five or more.
    MissingFrames(usize),
    /// Signed with another key, or changed on the way.
    BadSignature,
    /// This part is no JSON object, for this reason.
    BadJson(&'static str, String),
    /// The header lacks this string.
    BadHeader(&'static str),
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoDelimiter => f.write_str("there is no <IDS|MSG> frame"),
            Self::MissingFrames(found) => {
                write!(f, "{found} frames follow the delimiter, 5 are needed")
            }
            Self::BadSignature => f.write_str("the signature does not fit the connection's key"),
            Self::BadJson(part, error) => write!(f, "the {part} is no JSON object: {error}"),
            Self::BadHeader(field) => write!(f, "the header has no string `{field}`"),
        }
    }
}

impl Request {
    /// Reads a message as a ROUTER socket delivers it: identities, delimiter, signature, header,
    /// parent header, metadata, content, buffers.
    ///
    /// # Errors
    /// The signature is checked before anything is parsed.
    pub fn parse(frames: &[Bytes], signer: &Signer) -> Result<Self, Malformed> {
        let delimiter = frames
            .iter()
            .position(|frame| frame == DELIMITER)
            .ok_or(Malformed::NoDelimiter)?;
        let (identities, rest) = (&frames[..delimiter], &frames[delimiter + 1..]);
        let [
            signature,
            header,
            parent_header,
            metadata,
            content,
            buffers @ ..,
        ] = rest
        else {
            return Err(Malformed::MissingFrames(rest.len()));
        };
        let signed = [header, parent_header, metadata, content].map(Bytes::as_ref);
        if !signer.verify(signed, signature) {
            return Err(Malformed::BadSignature);
        }
        let header = object("header", header)?;
        object("parent header", parent_header)?;
        object("metadata", metadata)?;
        let content = object("content", content)?;
        let text = |field| {
            header
                .get(field)
                .and_then(Value::as_str)
                .ok_or(Malformed::BadHeader(field))
        };
        let msg_type = text("msg_type")?.to_owned();
        text("msg_id")?;
        let flag = |name| content.get(name).and_then(Value::as_bool).unwrap_or(false);
        let parent = Parent::new(
            identities.to_vec(),
            header,
            Asked {
                stdin: flag("allow_stdin"),
                silent: flag("silent"),
            },
        );
        Ok(Self {
            parent,
            msg_type,
            content,
            buffers: buffers.to_vec(),
        })
    }
}

fn object(part: &'static str, frame: &[u8]) -> Result<Map<String, Value>, Malformed> {
    serde_json::from_slice(frame).map_err(|error| Malformed::BadJson(part, error.to_string()))
}

/// Writes messages of one kernel session.
#[derive(Debug, Clone)]
pub struct Encoder {
    signer: Signer,
    session: Arc<str>,
}

impl Encoder {
    /// An encoder with a new session id.
    pub fn new(signer: Signer) -> Self {
        Self {
            signer,
            session: uuid::Uuid::new_v4().to_string().into(),
        }
    }

    /// The frames from the delimiter on.
    pub fn encode(
        &self,
        msg_type: &str,
        parent: &Parent,
        metadata: &Map<String, Value>,
        content: &Value,
    ) -> Vec<Bytes> {
        let header = serde_json::json!({
            "msg_id": uuid::Uuid::new_v4().to_string(),
            "session": &*self.session,
            "username": "kernel",
            "date": now(),
            "msg_type": msg_type,
            "version": PROTOCOL_VERSION,
        });
        let parts = [
            header.to_string(),
            json(parent.header()),
            json(metadata),
            content.to_string(),
        ];
        let signature = self.signer.sign(parts.iter().map(String::as_bytes));
        let mut frames = vec![Bytes::from_static(DELIMITER), Bytes::from(signature)];
        // What waits for a slow client is counted by its length, so it must not keep spare room as
        // well.
        frames.extend(parts.map(|part| Bytes::from(part.into_boxed_str().into_boxed_bytes())));
        frames
    }

    /// The frames of a reply, with the asker's identities in front.
    pub fn reply(
        &self,
        msg_type: &str,
        parent: &Parent,
        metadata: &Map<String, Value>,
        content: &Value,
    ) -> Vec<Bytes> {
        let mut frames = parent.identities().to_vec();
        frames.extend(self.encode(msg_type, parent, metadata, content));
        frames
    }
}

fn json(object: &Map<String, Value>) -> String {
    serde_json::to_string(object).expect("a map with string keys is always JSON")
}

/// Now, in UTC with microseconds, as ISO 8601.
pub fn now() -> String {
    let now = OffsetDateTime::now_utc();
    let micros = now.microsecond();
    let now = now.replace_nanosecond(micros * 1000).unwrap_or(now);
    now.format(&Rfc3339).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn good(signer: &Signer) -> Vec<Bytes> {
        let header = serde_json::json!({"msg_id": "1", "msg_type": "kernel_info_request"});
        let header = header.as_object().unwrap().clone();
        let asker = Parent::new(vec![Bytes::from_static(b"peer")], header, Asked::default());
        let parts = [json(asker.header()), "{}".into(), "{}".into(), "{}".into()];
        let signature = signer.sign(parts.iter().map(String::as_bytes));
        let mut frames = vec![Bytes::from_static(b"peer"), Bytes::from_static(DELIMITER)];
        frames.push(signature.into());
        frames.extend(parts.map(Bytes::from));
        frames
    }

    #[test]
    fn a_signed_message_is_read() {
        let signer = Signer::new("key");
        let mut frames = good(&signer);
        frames.push(Bytes::from_static(b"\0buffer"));
        let request = Request::parse(&frames, &signer).unwrap();
        assert_eq!(request.msg_type, "kernel_info_request");
        assert_eq!(request.parent.msg_id(), "1");
        assert_eq!(request.parent.identities(), [Bytes::from_static(b"peer")]);
        assert_eq!(request.buffers, [Bytes::from_static(b"\0buffer")]);
    }

    #[test]
    fn what_is_missing_or_wrong_is_named() {
        let signer = Signer::new("key");
        let frames = good(&signer);
        let refused = |frames: &[Bytes]| Request::parse(frames, &signer).unwrap_err();
        assert_eq!(refused(&[]), Malformed::NoDelimiter);
        assert_eq!(refused(&frames[..1]), Malformed::NoDelimiter);
        assert_eq!(refused(&frames[..4]), Malformed::MissingFrames(2));
        assert_eq!(
            Request::parse(&frames, &Signer::new("other")).unwrap_err(),
            Malformed::BadSignature
        );
        for (index, text, part) in [
            (3, "[]", "header"),
            (5, "{", "metadata"),
            (6, "1", "content"),
        ] {
            let mut frames = frames.clone();
            frames[index] = Bytes::from_static(text.as_bytes());
            let parts = frames[3..7].iter().map(Bytes::as_ref);
            frames[2] = signer.sign(parts).into();
            match refused(&frames) {
                Malformed::BadJson(named, _) => assert_eq!(named, part),
                other => panic!("{other:?}"),
            }
        }
    }

    #[test]
    fn a_reply_can_be_read_back() {
        let signer = Signer::new("key");
        let request = Request::parse(&good(&signer), &signer).unwrap();
        let frames = Encoder::new(signer.clone()).reply(
            "kernel_info_reply",
            &request.parent,
            &Map::new(),
            &serde_json::json!({"status": "ok"}),
        );
        let reply = Request::parse(&frames, &signer).unwrap();
        assert_eq!(reply.msg_type, "kernel_info_reply");
        assert_eq!(reply.parent.identities(), request.parent.identities());
        assert_eq!(frames[4], json(request.parent.header()));
        let date = reply.parent.header()["date"].as_str().unwrap();
        assert!(
            date.starts_with("20") && date.contains('T') && date.ends_with('Z'),
            "{date}"
        );
    }

    proptest! {
        #[test]
        fn arbitrary_frames_never_panic(
            frames in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..64), 0..12),
            delimiter in 0usize..12,
        ) {
            let mut frames: Vec<Bytes> = frames.into_iter().map(Bytes::from).collect();
            frames.insert(delimiter.min(frames.len()), Bytes::from_static(DELIMITER));
            for key in ["", "key"] {
                let _ = Request::parse(&frames, &Signer::new(key));
            }
        }

        #[test]
        fn one_changed_frame_is_refused(
            index in 2usize..7,
            bytes in prop::collection::vec(any::<u8>(), 0..64),
        ) {
            let signer = Signer::new("key");
            let mut frames = good(&signer);
            let changed = Bytes::from(bytes);
            prop_assume!(changed != frames[index]);
            frames[index] = changed;
            prop_assert_eq!(Request::parse(&frames, &signer).unwrap_err(), Malformed::BadSignature);
        }
    }
}
