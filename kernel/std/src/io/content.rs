//! Rich content among what is printed.
//!
//! `EVCXR_BEGIN_CONTENT <mime>`, some lines, `EVCXR_END_CONTENT` is how any
//! library shows a picture, so whoever prints that means it. Such a block is held back until it is
//! complete, per thread, and sent as one frame.

use real::cell::RefCell;
use real::io::Result;
use real::prelude::rust_2024::*;

use crate::probe::{self, FrameKind, Stream};

const PREFIX: &[u8] = b"EVCXR_";
const BEGIN: &[u8] = b"EVCXR_BEGIN_CONTENT ";
const END: &[u8] = b"EVCXR_END_CONTENT";

real::thread_local! {
    static SCANNER: RefCell<Scanner> = const { RefCell::new(Scanner::new()) };
}

/// Writes to the notebook's standard output, with blocks of rich content picked out.
pub(super) fn write_stdout(bytes: &[u8]) -> Result<()> {
    // Only `Scanner::push` borrows it, and that calls nothing of the user's; where a thread's
    // locals are gone already, everything is text.
    SCANNER
        .try_with(|scanner| scanner.borrow_mut().push(bytes))
        .unwrap_or_else(|_| probe::write(Stream::Stdout, bytes))
}

/// `flush` of standard output: what merely could have become a marker is text.
pub(super) fn flush_stdout() -> Result<()> {
    SCANNER
        .try_with(|scanner| scanner.borrow_mut().flush(false))
        .unwrap_or(Ok(()))
}

/// Sends everything that this thread holds back: a block without its end is text. Never unwinds.
pub(super) fn release_held() {
    let _ = SCANNER.try_with(|scanner| scanner.borrow_mut().release());
}

/// Finds blocks of rich content in one thread's output.
struct Scanner {
    /// Whether what comes next stands at the beginning of a line.
    at_line_start: bool,
    /// From a marker, or what may become one, on.
    held: Vec<u8>,
    /// Up to here `held` is known not to contain the end of its block, so that a block that comes
    /// in many pieces is not searched again from its beginning.
    searched: usize,
}

/// What the held bytes are.
enum Found {
    /// So many bytes of text, and then possibly more.
    Text(usize),
    /// So many bytes of a complete block.
    Block(usize),
    /// Not to be told yet.
    Incomplete,
}

impl Scanner {
    const fn new() -> Scanner {
        Scanner {
            at_line_start: true,
            held: Vec::new(),
            searched: 0,
        }
    }

    fn push(&mut self, bytes: &[u8]) -> Result<()> {
        if self.held.is_empty() && find(bytes, PREFIX).is_none() {
            return self.text(bytes);
        }
        // What is held begins with a marker, and the beginning of a call counts as the beginning of
        // a line: a picture after `print!("x: ")`.
        let mut begins = true;
        self.held.extend_from_slice(bytes);
        while !self.held.is_empty() {
            let found = classify(&self.held, begins, &mut self.searched);
            if !matches!(found, Found::Incomplete) {
                self.searched = 0;
            }
            match found {
                Found::Text(length) => {
                    let text: Vec<u8> = self.held.drain(..length).collect();
                    self.text(&text)?;
                }
                Found::Block(length) => {
                    let block: Vec<u8> = self.held.drain(..length).collect();
                    self.at_line_start = true;
                    probe::send(FrameKind::Content, &block)?;
                }
                Found::Incomplete => break,
            }
            begins = self.at_line_start;
        }
        Ok(())
    }

    fn text(&mut self, text: &[u8]) -> Result<()> {
        if let Some(last) = text.last() {
            self.at_line_start = *last == b'\n';
            probe::write(Stream::Stdout, text)?;
        }
        Ok(())
    }

    /// Gives up holding back what is not certainly a block, or everything.
    fn flush(&mut self, everything: bool) -> Result<()> {
        if everything || !self.held.starts_with(BEGIN) {
            let text = real::mem::take(&mut self.held);
            self.searched = 0;
            self.text(&text)?;
        }
        Ok(())
    }

    /// Gives everything up at the end of a cell or a thread. A broken pipe has nobody left to be
    /// told of.
    fn release(&mut self) {
        let _ = self.flush(true);
    }
}

impl Drop for Scanner {
    fn drop(&mut self) {
        self.release();
    }
}

/// What `bytes`, which are not empty, begin with.
fn classify(bytes: &[u8], at_line_start: bool, searched: &mut usize) -> Found {
    let first = if at_line_start { 0 } else { line_end(bytes) };
    let mut start = first;
    while start < bytes.len() {
        let line = &bytes[start..];
        if could_begin(line) {
            if start > 0 {
                return Found::Text(start);
            }
            return match begun(line, searched) {
                Begun::Incomplete => Found::Incomplete,
                Begun::Block(length) => Found::Block(length),
                Begun::Text => Found::Text(line_end(line)),
            };
        }
        start += line_end(line);
    }
    Found::Text(bytes.len())
}

/// What a line that begins like a marker turns out to be.
enum Begun {
    Incomplete,
    Text,
    Block(usize),
}

fn begun(bytes: &[u8], searched: &mut usize) -> Begun {
    let Some(mime) = bytes.get(BEGIN.len()..) else {
        return Begun::Incomplete;
    };
    let Some(end) = mime.iter().position(|byte| *byte == b'\n') else {
        return Begun::Incomplete;
    };
    let is_mime = mime[..end].contains(&b'/') && mime[..end].iter().all(u8::is_ascii_graphic);
    if !is_mime {
        return Begun::Text;
    }
    let mut start = (*searched).max(BEGIN.len() + end + 1);
    while start < bytes.len() {
        let line = &bytes[start..];
        let length = line_end(line);
        match line[..length].strip_suffix(b"\n") {
            Some(END) => return Begun::Block(start + length),
            Some(_) => start += length,
            None => break,
        }
    }
    *searched = start;
    Begun::Incomplete
}

/// Whether a line may be the beginning of a block, as far as it goes. A single `E` is not held back
/// for that, since partial lines are to appear at once.
fn could_begin(line: &[u8]) -> bool {
    let compared = line.len().min(BEGIN.len());
    compared >= PREFIX.len() && line[..compared] == BEGIN[..compared]
}

/// The length of the first line, its newline included if it has one.
fn line_end(bytes: &[u8]) -> usize {
    bytes
        .iter()
        .position(|byte| *byte == b'\n')
        .map_or(bytes.len(), |end| end + 1)
}

fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    // Most text has not even the first letter, which is found faster.
    if !bytes.contains(wanted.first()?) {
        return None;
    }
    bytes
        .windows(wanted.len())
        .position(|window| window == wanted)
}
