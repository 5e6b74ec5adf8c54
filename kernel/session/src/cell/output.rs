//! What the cell process prints: read from its pipes, decorated, and sent under the cell that it
//! belongs to.
//!
//! One thread reads all pipes for the kernel's whole life. Text goes to the cell whose code spawned
//! the thread that printed it, even when that cell ended long ago.

mod collecting;
mod displays;
mod remains;
mod state;

pub use remains::{Captured, LateText, PanicReport, Remains};
pub use state::Places;

use crate::cell::number::HIDDEN_CELL;
use jupyter::{Parent, Publisher, Stream};
use record::frame::{Decoder, FrameKind};
use remains::MainThreadEnd;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::pipe::{PipeFlags, pipe_with};
use state::{CellOutput, CellOutputs, PRINTED_LIMIT};
use std::io::{ErrorKind, Read, Write};
use std::os::fd::OwnedFd;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The collector; cheap to clone.
#[derive(Clone)]
pub struct Output {
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<CellOutputs>,
    ended: Condvar,
    /// How often everything was read that was on its way when somebody asked for that.
    drained: (Mutex<usize>, Condvar),
    /// A byte in here asks for it.
    drain: std::fs::File,
}

/// How long reading may take what a dead process has left in the pipes.
const DRAIN: Duration = Duration::from_secs(5);

impl Output {
    /// Starts reading the pipes: output frames, raw stdout, raw stderr.
    ///
    /// # Errors
    /// When a pipe cannot be made non-blocking or the thread cannot start.
    pub fn start(publisher: Publisher, pipes: [OwnedFd; 3]) -> std::io::Result<Output> {
        let (asked, drain) = pipe_with(PipeFlags::CLOEXEC)?;
        let output = Output {
            shared: Arc::new(Shared {
                state: Mutex::new(CellOutputs::new(publisher)),
                ended: Condvar::new(),
                drained: (Mutex::new(0), Condvar::new()),
                drain: drain.into(),
            }),
        };
        let [frames, stdout, stderr] = pipes;
        let pipes = [frames, stdout, stderr, asked];
        for pipe in &pipes {
            let flags = fcntl_getfl(pipe)?;
            fcntl_setfl(pipe, flags | OFlags::NONBLOCK)?;
        }
        let reader = output.clone();
        std::thread::Builder::new()
            .name("cell output".into())
            .spawn(move || reader.read(pipes))?;
        Ok(output)
    }

    fn state(&self) -> MutexGuard<'_, CellOutputs> {
        self.shared
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Where to look places up: of panics, and of `dbg!`.
    pub fn set_places(&self, places: Places) {
        self.state().places = places;
    }

    /// Whether lines say which thread printed them.
    pub fn set_show_threads(&self, show: bool) {
        self.state().show_threads = show;
    }

    /// What comes now belongs to `cell`, unless a thread of an earlier cell prints it. `threaded`
    /// says that its source speaks of threads, so that the gutter begins with the first line.
    pub fn begin(&self, cell: u32, parent: &Parent, count: u32, silent: bool, threaded: bool) {
        let output = CellOutput::new(parent, count, silent, threaded);
        self.state().begin(cell, output);
    }

    /// A cell without code of its own, under which something may be printed all the same.
    pub fn adopt(&self, cell: u32, parent: &Parent, silent: bool) {
        let output = CellOutput::new(parent, cell, silent, false);
        self.state().adopt(cell, output);
    }

    /// Whether what a cell prints is only remembered.
    pub fn set_hidden(&self, cell: u32, hidden: bool) {
        if let Some(output) = self.state().cells.get_mut(&cell) {
            output.hidden = hidden;
        }
    }

    /// Waits until everything that the cell printed before its end has been sent, or `patience` is
    /// over (the process died). Returns what it left.
    pub fn finish(&self, cell: u32, patience: Duration) -> Remains {
        let mut state = self.wait_for_end(cell, patience);
        let ending = state
            .ended
            .map_or(MainThreadEnd::Died, |(_, ending)| ending);
        state.finish_cell(cell, ending)
    }

    fn wait_for_end(&self, cell: u32, patience: Duration) -> MutexGuard<'_, CellOutputs> {
        let deadline = Instant::now() + patience;
        let mut state = self.state();
        while state.ended.is_none_or(|(ended, _)| ended != cell) {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                break;
            }
            state = self
                .shared
                .ended
                .wait_timeout(state, left)
                .unwrap_or_else(PoisonError::into_inner)
                .0;
        }
        state
    }

    /// Reads what a process that has ended left in the pipes: all that it ever wrote is there.
    pub fn drain(&self) {
        let (drained, changed) = &self.shared.drained;
        let drained = drained.lock().unwrap_or_else(PoisonError::into_inner);
        let goal = *drained + 1;
        if (&self.shared.drain).write_all(&[0]).is_ok() {
            // The guard is let go while this waits; the time limit is for a reader that has gone.
            let _ = changed.wait_timeout_while(drained, DRAIN, |times| *times < goal);
        }
    }

    /// What comes now from the cell's main thread is kept, not shown; what it prints stands under
    /// `cell`, or is dropped.
    pub fn begin_capture(&self, cell: Option<u32>) {
        self.state().begin_capture(cell);
    }

    /// Ends [`Output::begin_capture`], waiting for the end like [`Output::finish`].
    pub fn finish_capture(&self, patience: Duration) -> Captured {
        let mut state = self.wait_for_end(HIDDEN_CELL, patience);
        state.finish_capture()
    }

    /// What the last cell printed to stdout, without gutters; at most a megabyte of it.
    pub fn printed(&self) -> String {
        self.state().printed.clone()
    }

    /// A cell is about to be compiled, and may never run.
    pub fn forget_printed(&self) {
        self.state().printed.clear();
    }

    /// Sends text as if the current cell had printed it.
    pub fn stream_to_current(&self, stream: Stream, text: &str) {
        let mut state = self.state();
        let cell = state.current;
        if stream == Stream::Stdout && state.printed.len() < PRINTED_LIMIT {
            state.printed.push_str(text);
        }
        state.publish(cell, stream, text);
    }

    fn read(&self, pipes: [OwnedFd; 4]) {
        let pipes = pipes.map(std::fs::File::from);
        let mut decoder = Decoder::new();
        let mut buffer = vec![0; 1 << 16];
        loop {
            let mut waiting = pipes
                .each_ref()
                .map(|pipe| PollFd::new(pipe, PollFlags::IN));
            let due = self.state().show_due(Instant::now());
            let timeout = due.and_then(|due| Timespec::try_from(due).ok());
            if let Err(error) = poll(&mut waiting, timeout.as_ref())
                && error != rustix::io::Errno::INTR
            {
                tracing::error!("cannot wait for the cell's output: {error}");
                return;
            }
            let [frames, stdout, stderr, asked] = &pipes;
            let times = available(asked, &mut buffer).map_or(0, <[u8]>::len);
            let raw = [(stdout, FrameKind::Stdout), (stderr, FrameKind::Stderr)];
            // Somebody else may hold the pipes and go on writing.
            let until = Instant::now() + DRAIN;
            while self.take(frames, raw, &mut decoder, &mut buffer)
                && times > 0
                && Instant::now() < until
            {}
            if times > 0 {
                let (drained, changed) = &self.shared.drained;
                *drained.lock().unwrap_or_else(PoisonError::into_inner) += times;
                changed.notify_all();
            }
        }
    }

    /// Takes what can be read now; whether that was anything.
    fn take(
        &self,
        frames: &std::fs::File,
        raw: [(&std::fs::File, FrameKind); 2],
        decoder: &mut Decoder,
        buffer: &mut [u8],
    ) -> bool {
        let mut any = false;
        if let Some(bytes) = available(frames, buffer) {
            decoder.push(bytes);
            any = true;
        }
        let mut ended = None;
        while let Some(frame) = decoder.next_frame() {
            if frame.kind == FrameKind::CellEnd {
                ended = Some((frame.origin.cell, MainThreadEnd::from(&frame)));
                continue;
            }
            self.state().frame(frame);
        }
        for (pipe, kind) in raw {
            while let Some(bytes) = available(pipe, buffer) {
                self.state().raw(kind, bytes);
                any = true;
            }
        }
        if let Some((cell, ending)) = ended {
            let mut state = self.state();
            state.release_partials(cell);
            state.ended = Some((cell, ending));
            self.shared.ended.notify_all();
        }
        any
    }
}

/// What can be read now without waiting, if anything.
fn available<'a>(mut pipe: &std::fs::File, buffer: &'a mut [u8]) -> Option<&'a [u8]> {
    loop {
        match pipe.read(buffer) {
            Ok(0) => return None,
            Ok(length) => return Some(&buffer[..length]),
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(_) => return None,
        }
    }
}
