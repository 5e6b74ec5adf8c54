//! Output frames: what the cell process writes to its output pipe.
//!
//! One frame is a header of 24 bytes, little endian, and its payload:
//!
//! | bytes | field | meaning |
//! |---|---|---|
//! | 0..2 | magic | `0xF5 0x1E` |
//! | 2 | kind | see [`FrameKind`] |
//! | 3 | flags | 1: more of this text follows in the next frame of the same thread and kind |
//! | 4..8 | length | of the payload, at most [`MAX_PAYLOAD`] |
//! | 8..12 | cell | the cell that the thread belongs to |
//! | 12..16 | thread | its index in the recording |
//! | 16..20 | ordinal | its number within the cell; 0 when unknown; bit 31: a task's |
//! | 20..24 | extra | `Panic`, `Place`: index of the location; `CellEnd`: [`ENDED_BY_PANIC`], [`ENDED_BY_ERROR`] or [`ENDED_AT_END`]; otherwise 0 |
//!
//! A `CellEnd` that a `?` brought about carries the index of the location where that stands.
//!
//! A frame with its header is at most 4096 bytes (`PIPE_BUF`), which a pipe takes in one piece:
//! threads need no lock around their writes, and a frame is never torn by another one.

/// Bytes of a header.
pub const HEADER: usize = 24;
/// Bytes of a payload at most.
pub const MAX_PAYLOAD: usize = 4096 - HEADER;
const MAGIC: [u8; 2] = [0xF5, 0x1E];
const MORE: u8 = 1;

/// `CellEnd`: a panic of the cell's main thread ended the cell.
pub const ENDED_BY_PANIC: u32 = 1;
/// `CellEnd`: a `?` ended the cell early.
pub const ENDED_BY_ERROR: u32 = 2;
/// `CellEnd`: the cell has come to its last line, after which its variables are kept. Said only of
/// one that has variables to keep.
pub const ENDED_AT_END: u32 = 3;

/// What a frame carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum FrameKind {
    /// Text written to standard output.
    Stdout = 1,
    /// Text written to standard error.
    Stderr = 2,
    /// The cell's last expression, as `text/plain`.
    Result = 3,
    /// A block of rich content as evcxr prints it, markers included.
    Content = 4,
    /// A panic that no hook of the user's has taken: its message and, where `RUST_BACKTRACE` asks
    /// for one, a NUL and the backtrace.
    Panic = 5,
    /// The cell has ended; everything that its main thread wrote came before.
    CellEnd = 6,
    /// Written to standard error: a place of the source in brackets, as the reader would say it
    /// (`dbg!`). No payload.
    Place = 7,
}

impl FrameKind {
    fn from_byte(byte: u8) -> Option<FrameKind> {
        Some(match byte {
            1 => FrameKind::Stdout,
            2 => FrameKind::Stderr,
            3 => FrameKind::Result,
            4 => FrameKind::Content,
            5 => FrameKind::Panic,
            6 => FrameKind::CellEnd,
            7 => FrameKind::Place,
            _ => return None,
        })
    }
}

/// Who wrote a frame.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// The cell that the thread belongs to.
    pub cell: u32,
    /// Its index in the recording; 0 when it has no entry.
    pub thread: u32,
    /// Its number within the cell; 0 when unknown. With [`OF_TASK`], that of the task which it
    /// polls: then the cell is that of the task.
    pub ordinal: u32,
}

/// In [`Origin::ordinal`]: it is a task's.
pub const OF_TASK: u32 = 1 << 31;

/// How people call who has this [`Origin::ordinal`]: `T2`, `task 2`.
pub fn name(ordinal: u32) -> String {
    match ordinal & OF_TASK {
        0 => format!("T{ordinal}"),
        _ => format!("task {}", ordinal & !OF_TASK),
    }
}

/// One decoded frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// What it carries.
    pub kind: FrameKind,
    /// Who wrote it.
    pub origin: Origin,
    /// `Panic`, `Place`: index of the location; `CellEnd`: how the cell ended; otherwise 0.
    pub extra: u32,
    /// Whether the text goes on in the next frame of the same thread and kind.
    pub more: bool,
    /// The bytes.
    pub payload: Vec<u8>,
}

/// Writes the bytes of one frame into `out`; returns how many bytes of `payload` fitted. Call it
/// again with the rest. `out` takes a whole frame if it has [`HEADER`] + [`MAX_PAYLOAD`] bytes.
///
/// # Panics
///
/// If `out` is shorter than a header.
pub fn encode(
    kind: FrameKind,
    origin: Origin,
    extra: u32,
    payload: &[u8],
    out: &mut [u8],
) -> (usize, usize) {
    let taken = payload.len().min(MAX_PAYLOAD).min(out.len() - HEADER);
    out[0..2].copy_from_slice(&MAGIC);
    out[2] = kind as u8;
    out[3] = if taken < payload.len() { MORE } else { 0 };
    out[4..8].copy_from_slice(&(taken as u32).to_le_bytes());
    out[8..12].copy_from_slice(&origin.cell.to_le_bytes());
    out[12..16].copy_from_slice(&origin.thread.to_le_bytes());
    out[16..20].copy_from_slice(&origin.ordinal.to_le_bytes());
    out[20..24].copy_from_slice(&extra.to_le_bytes());
    out[HEADER..HEADER + taken].copy_from_slice(&payload[..taken]);
    (HEADER + taken, taken)
}

/// Puts frames together from the pieces in which a pipe delivers them.
///
/// User code can write to any descriptor, so bytes that are no frame are skipped up to the next
/// possible one, and counted.
#[derive(Debug, Default)]
pub struct Decoder {
    pending: Vec<u8>,
    skipped: u64,
}

impl Decoder {
    /// A decoder that has seen nothing yet.
    pub fn new() -> Decoder {
        Decoder::default()
    }

    /// Adds what was read from the pipe.
    pub fn push(&mut self, bytes: &[u8]) {
        self.pending.extend_from_slice(bytes);
    }

    /// The next complete frame, if there is one.
    pub fn next_frame(&mut self) -> Option<Frame> {
        let mut start = 0;
        let found = loop {
            let rest = &self.pending[start..];
            if rest.len() < HEADER {
                break None;
            }
            match parse(rest) {
                Parsed::Frame(frame, length) => {
                    start += length;
                    break Some(frame);
                }
                Parsed::Incomplete => break None,
                Parsed::Garbage => {
                    let next = rest[1..].iter().position(|byte| *byte == MAGIC[0]);
                    let step = next.map_or(rest.len(), |position| position + 1);
                    self.skipped += step as u64;
                    start += step;
                }
            }
        };
        self.pending.drain(..start);
        found
    }

    /// Bytes so far that were no frame.
    pub fn skipped(&self) -> u64 {
        self.skipped
    }
}

enum Parsed {
    Frame(Frame, usize),
    Incomplete,
    Garbage,
}

fn parse(bytes: &[u8]) -> Parsed {
    let word =
        |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
    let (Some(kind), length) = (FrameKind::from_byte(bytes[2]), word(4) as usize) else {
        return Parsed::Garbage;
    };
    if bytes[0..2] != MAGIC || bytes[3] > MORE || length > MAX_PAYLOAD {
        return Parsed::Garbage;
    }
    if bytes.len() < HEADER + length {
        return Parsed::Incomplete;
    }
    let frame = Frame {
        kind,
        origin: Origin {
            cell: word(8),
            thread: word(12),
            ordinal: word(16),
        },
        extra: word(20),
        more: bytes[3] & MORE != 0,
        payload: bytes[HEADER..HEADER + length].to_vec(),
    };
    Parsed::Frame(frame, HEADER + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(kind: FrameKind, origin: Origin, extra: u32, mut payload: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        loop {
            let mut buffer = [0; HEADER + MAX_PAYLOAD];
            let (length, taken) = encode(kind, origin, extra, payload, &mut buffer);
            bytes.extend_from_slice(&buffer[..length]);
            payload = &payload[taken..];
            if payload.is_empty() {
                return bytes;
            }
        }
    }

    const ORIGIN: Origin = Origin {
        cell: 7,
        thread: 3,
        ordinal: 2,
    };

    #[test]
    fn a_frame_survives_being_cut_anywhere() {
        let bytes = encoded(FrameKind::Stderr, ORIGIN, 9, b"hello");
        for cut in 0..bytes.len() {
            let mut decoder = Decoder::new();
            decoder.push(&bytes[..cut]);
            assert_eq!(decoder.next_frame(), None);
            decoder.push(&bytes[cut..]);
            let frame = decoder.next_frame().expect("complete");
            assert_eq!(
                (frame.kind, frame.origin, frame.extra),
                (FrameKind::Stderr, ORIGIN, 9)
            );
            assert_eq!(
                (frame.payload.as_slice(), frame.more),
                (b"hello".as_slice(), false)
            );
            assert_eq!(decoder.skipped(), 0);
        }
    }

    #[test]
    fn long_text_is_cut_into_frames_that_say_so() {
        let text = vec![b'x'; MAX_PAYLOAD * 2 + 1];
        let mut decoder = Decoder::new();
        decoder.push(&encoded(FrameKind::Stdout, ORIGIN, 0, &text));
        let frames: Vec<Frame> = std::iter::from_fn(|| decoder.next_frame()).collect();
        assert_eq!(
            frames.iter().map(|frame| frame.more).collect::<Vec<_>>(),
            [true, true, false]
        );
        assert_eq!(
            frames
                .iter()
                .map(|frame| frame.payload.len())
                .sum::<usize>(),
            text.len()
        );
    }

    #[test]
    fn garbage_between_frames_is_skipped() {
        let mut decoder = Decoder::new();
        decoder.push(b"not a frame \xF5\x1E nor this, although it begins like one ....");
        decoder.push(&encoded(FrameKind::CellEnd, ORIGIN, 0, b""));
        assert_eq!(
            decoder.next_frame().map(|frame| frame.kind),
            Some(FrameKind::CellEnd)
        );
        assert!(decoder.skipped() > 0);
    }
}
