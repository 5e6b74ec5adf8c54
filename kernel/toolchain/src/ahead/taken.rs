//! The side of a stand-in: it takes what was started ahead.

use super::{Message, Offer, Process, socket};
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

/// A process that waits for its arguments, and is this one's now.
pub(crate) struct Taken {
    /// Leads a group of its own.
    pub process: u32,
    /// To be closed.
    start: File,
    arguments: PathBuf,
    input: Option<File>,
    said: File,
}

/// Takes a process from the kernel, if it has started one like that.
pub(crate) fn take(workspace: &Path, process: &Process) -> Option<Taken> {
    ask(workspace, process).ok().flatten()
}

fn ask(workspace: &Path, process: &Process) -> io::Result<Option<Taken>> {
    let (_folder, path) = socket(workspace)?;
    let mut stream = UnixStream::connect(path)?;
    let message = serde_json::to_string(&Message::Take(process.clone()))?;
    stream.write_all((message + "\n").as_bytes())?;
    let mut line = String::new();
    BufReader::new(&stream).read_line(&mut line)?;
    let offer: Option<Offer> = serde_json::from_str(&line)?;
    let taken = offer
        .map(|offer| Taken::open(&offer, process.arguments(workspace)))
        .transpose();
    stream.write_all(b"\n")?;
    taken
}

impl Taken {
    fn open(offer: &Offer, arguments: PathBuf) -> io::Result<Taken> {
        let path = |descriptor: i32| format!("/proc/{}/fd/{descriptor}", offer.kernel);
        let to = |descriptor: i32| File::options().write(true).open(path(descriptor));
        Ok(Taken {
            process: offer.process,
            start: to(offer.start)?,
            arguments,
            input: offer.input.map(to).transpose()?,
            said: File::open(path(offer.said))?,
        })
    }

    /// Gives it its arguments, as it reads them from a file, and its input: what it says from then
    /// on.
    pub fn told(mut self, arguments: &[u8], input: &[u8]) -> io::Result<Said> {
        fs::write(&self.arguments, arguments)?;
        drop(self.start);
        if let Some(mut own) = self.input.take() {
            own.write_all(input)?;
        }
        Ok(Said {
            pipe: self.said,
            arguments: self.arguments,
        })
    }
}

/// What a process says, while it has its arguments.
pub(crate) struct Said {
    pipe: File,
    arguments: PathBuf,
}

impl Read for Said {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.pipe.read(buffer)
    }
}

impl Drop for Said {
    fn drop(&mut self) {
        // They are this process's alone.
        let _ = fs::remove_file(&self.arguments);
    }
}
