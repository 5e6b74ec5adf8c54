//! What kernels and the analyst say to each other.
//!
//! A message is its length (four bytes, little-endian) and JSON. A kernel says which build it is
//! of, hears the same of the analyst, and then asks one question after the other; each gets one
//! answer. The project of a question is sent only when it is another one than the last.

use crate::error::Error;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::io::{Read, Write};
use std::path::PathBuf;
use std::sync::Arc;

/// The longest message that is read.
const LONGEST: usize = 64 << 20;

/// The first message, in both directions.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Hello {
    /// The build that speaks.
    pub build: String,
}

/// Everything around the code of a cell.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Project {
    /// The folder of the package that cells are compiled in; no two sessions have the same.
    pub folder: PathBuf,
    /// What `cargo metadata` says of that package.
    pub metadata: String,
    /// The sources of the standard library.
    pub library: PathBuf,
    /// The folder of the toolchain.
    pub sysroot: PathBuf,
    /// What `rustc --print cfg` says.
    pub cfg: String,
}

/// What is asked about a source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Wanted {
    /// What could stand at the offset.
    Completions,
    /// What is known of the name there.
    Documentation,
}

/// A question.
#[derive(Clone, Debug)]
pub struct Question {
    /// The session's project.
    pub project: Arc<Project>,
    /// The whole source of the package.
    pub source: String,
    /// A byte of it.
    pub offset: usize,
    /// What is asked.
    pub wanted: Wanted,
}

/// A question as it is sent.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Sent {
    /// Absent where it is that of the question before.
    pub project: Option<Project>,
    pub source: String,
    pub offset: usize,
    pub wanted: Wanted,
}

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    /// To [`Wanted::Completions`].
    Completions(Found),
    /// To [`Wanted::Documentation`], if something is known.
    Documentation(Option<Documentation>),
    /// There is none, and why.
    Failed(String),
}

/// What could stand at a place.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Found {
    /// The candidates, as rust-analyzer orders them.
    pub candidates: Vec<Candidate>,
    /// The first byte of the source that they would replace.
    pub start: usize,
    /// The byte behind the last of these.
    pub end: usize,
}

/// A name that could stand there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Candidate {
    /// What would be inserted; with arguments, if it is called.
    pub code: String,
    /// `function`, `keyword` …
    pub kind: String,
    /// With the signature.
    pub label: String,
}

/// What is known of a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Documentation {
    /// As text.
    pub plain: String,
    /// As HTML.
    pub html: String,
}

/// Sends a message.
pub(crate) fn send(stream: &mut impl Write, message: &impl Serialize) -> Result<(), Error> {
    let text = serde_json::to_vec(message)?;
    let length = u32::try_from(text.len()).map_err(std::io::Error::other)?;
    let mut frame = Vec::with_capacity(text.len() + 4);
    frame.extend(length.to_le_bytes());
    frame.extend(text);
    Ok(stream.write_all(&frame)?)
}

/// Waits for a message.
pub(crate) fn receive<T: DeserializeOwned>(stream: &mut impl Read) -> Result<T, Error> {
    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    let length = u32::from_le_bytes(length) as usize;
    if length > LONGEST {
        let cause = format!("a message of {length} bytes");
        return Err(Error::Connection(std::io::Error::other(cause)));
    }
    let mut text = vec![0; length];
    stream.read_exact(&mut text)?;
    Ok(serde_json::from_slice(&text)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_come_as_they_were_sent() {
        let mut line = Vec::new();
        for build in ["a", "é"] {
            let build = build.to_owned();
            send(&mut line, &Hello { build }).unwrap();
        }
        let mut rest = line.as_slice();
        assert_eq!(receive::<Hello>(&mut rest).unwrap().build, "a");
        assert_eq!(receive::<Hello>(&mut rest).unwrap().build, "é");
        assert!(matches!(
            receive::<Hello>(&mut rest),
            Err(Error::Connection(_))
        ));
    }

    #[test]
    fn what_is_too_long_is_not_read() {
        let mut line: &[u8] = &[255, 255, 255, 255, 0];
        let refused = receive::<Hello>(&mut line).unwrap_err();
        assert!(refused.to_string().contains("4294967295 bytes"));
    }
}
