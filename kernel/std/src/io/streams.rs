//! Writing to a standard stream of an attached notebook, one thread at a time.

use real::io::Result;

use super::content;
use super::gate::{Gate, Hold};
use crate::probe::{self, Place, Stream};

pub(super) static STDOUT: Gate = Gate::new(true);
pub(super) static STDERR: Gate = Gate::new(true);

/// Writes to an attached notebook, when no other thread holds the stream.
pub(super) fn write(stream: Stream, bytes: &[u8], hold: Hold, at: Place) -> Result<()> {
    match stream {
        Stream::Stdout => {
            let _held = STDOUT.hold(hold, at);
            content::write_stdout(bytes)
        }
        Stream::Stderr => {
            let _held = STDERR.hold(hold, at);
            probe::write(stream, bytes)
        }
    }
}

/// Writes the place and then `bytes` to standard error of an attached notebook, with nothing in
/// between.
pub(super) fn write_at(at: Place, bytes: &[u8]) -> Result<()> {
    let _held = STDERR.hold(Hold::Brief, at);
    probe::show_place(at)?;
    probe::write(Stream::Stderr, bytes)
}
