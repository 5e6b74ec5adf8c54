//! What a run printed, from the frames that our `std` wrote.

use record::frame::{Decoder, FrameKind};

/// What a run said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said {
    /// Its standard output.
    pub printed: String,
    /// Its standard error.
    pub errors: String,
    /// The messages of its panics, with the numbers of their threads.
    pub panics: Vec<(u32, String)>,
}

impl Said {
    /// The error that `main` returned, as its last words are.
    pub fn returned_error(&self) -> String {
        let last = self.errors.rsplit_once("Error: ");
        last.map_or("", |(_, error)| error).trim_end().to_owned()
    }
}

/// Puts it together.
pub fn read(bytes: &[u8]) -> Said {
    let mut decoder = Decoder::new();
    decoder.push(bytes);
    let (mut printed, mut errors) = (Vec::new(), Vec::new());
    let mut panics: Vec<(u32, Vec<u8>)> = Vec::new();
    let mut goes_on = false;
    while let Some(frame) = decoder.next_frame() {
        match frame.kind {
            FrameKind::Stdout | FrameKind::Result | FrameKind::Content => {
                printed.extend_from_slice(&frame.payload);
            }
            FrameKind::Stderr => errors.extend_from_slice(&frame.payload),
            FrameKind::Panic => {
                match panics.last_mut().filter(|_| goes_on) {
                    Some((_, message)) => message.extend_from_slice(&frame.payload),
                    None => panics.push((frame.origin.ordinal, frame.payload.clone())),
                }
                goes_on = frame.more;
            }
            FrameKind::CellEnd | FrameKind::Place => {}
        }
    }
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let message = |bytes: &[u8]| {
        // A backtrace may follow.
        let end = bytes
            .iter()
            .position(|byte| *byte == 0)
            .unwrap_or(bytes.len());
        text(&bytes[..end])
    };
    Said {
        printed: text(&printed),
        errors: text(&errors),
        panics: panics
            .iter()
            .map(|(thread, bytes)| (*thread, message(bytes)))
            .collect(),
    }
}
