//! What the cell process prints: read from its pipes, decorated, and sent under the cell that it belongs to.
//!
//! One thread reads all pipes for the kernel's whole life. Text goes to the cell whose code spawned the
//! thread that printed it, even when that cell ended long ago.

use super::content::{Collector, Display};
use super::gutter::Gutter;
use crate::engine::{MimeBundle, Parent, Publisher, Stream};
use crate::session::HIDDEN_CELL;
use crate::session::errors::split_backtrace;
use record::frame::{Decoder, ENDED_BY_ERROR, ENDED_BY_PANIC, Frame, FrameKind, Origin};
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use serde_json::{Map, json};
use std::collections::{HashMap, VecDeque};
use std::io::{ErrorKind, Read};
use std::os::fd::OwnedFd;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Cells whose late output can still be placed.
const REMEMBERED_CELLS: usize = 4096;
/// Bytes kept for `:check` and `:repeat`.
const PRINTED_LIMIT: usize = 1 << 20;
/// Lines kept for the report of a crash.
const LAST_LINES: usize = 10;
/// How long content waits for its other representations, which are printed one after the other.
const SIBLINGS: Duration = Duration::from_millis(50);
/// How long content of the cell's main thread waits for the end of the cell, which makes it the cell's value.
const VALUE: Duration = Duration::from_secs(1);
/// Instead of a thread, for what does not come through our `std`.
const RAW: u32 = u32::MAX;

/// A panic as the cell process reported it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PanicReport {
    /// Whose.
    pub origin: Origin,
    /// Index of the place in the recording.
    pub location: u32,
    /// The message, and a backtrace if one was asked for.
    pub message: String,
}

/// What a cell's end leaves behind for its reply and report.
#[derive(Debug, Default)]
pub struct Remains {
    /// The panic that ended the cell's main thread; without a message when a hook of the user's has taken it.
    pub panic: Option<PanicReport>,
    /// Whether a `?` ended the cell early.
    pub ended_by_error: bool,
    /// The last lines printed.
    pub last_lines: Vec<String>,
    /// Lines that threads of earlier cells printed meanwhile, by cell and thread number.
    pub late: Vec<((u32, u32), LateText)>,
}

/// How a cell's main thread came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    Returned,
    Panicked,
    ReturnedError,
    /// No end was heard of: the process died, or nothing was run.
    Died,
}

impl From<u32> for Ending {
    fn from(extra: u32) -> Ending {
        match extra {
            ENDED_BY_PANIC => Ending::Panicked,
            ENDED_BY_ERROR => Ending::ReturnedError,
            _ => Ending::Returned,
        }
    }
}

/// What a thread of an earlier cell printed.
#[derive(Clone, Debug, Default)]
pub struct LateText {
    /// How many lines.
    pub lines: u64,
    /// The first of them.
    pub text: Vec<String>,
}

/// The collector; cheap to clone.
#[derive(Clone)]
pub struct Output {
    shared: Arc<Shared>,
}

struct Shared {
    state: Mutex<State>,
    ended: Condvar,
}

/// Says who panicked where; see [`Output::set_describer`].
pub type Describer = Box<dyn Fn(&PanicReport) -> String + Send>;

struct State {
    publisher: Publisher,
    describe: Describer,
    cells: HashMap<u32, CellOutput>,
    order: VecDeque<u32>,
    current: u32,
    /// Whether the current cell has not been finished.
    running: bool,
    ended: Option<(u32, Ending)>,
    show_threads: bool,
    /// By thread.
    partial: HashMap<(u32, FrameKind), Partial>,
    contents: HashMap<u32, Vec<u8>>,
    remains: Remains,
    pending_panic: Option<PanicReport>,
    /// What the current cell printed to stdout, for `:check` and `:repeat`; bounded.
    printed: String,
    capture: Option<MimeBundle>,
}

/// What was captured instead of shown.
#[derive(Debug, Default)]
pub struct Captured {
    /// What was displayed.
    pub bundle: MimeBundle,
    /// The panic that ended it.
    pub panic: Option<PanicReport>,
}

/// The beginning of a character.
struct Partial {
    origin: Origin,
    bytes: Vec<u8>,
    /// The rest is certainly under way.
    more: bool,
}

/// What a thread has displayed and may go on displaying.
struct Collecting {
    ordinal: u32,
    collector: Collector,
    since: Instant,
}

struct CellOutput {
    parent: Parent,
    count: u32,
    silent: bool,
    threaded: bool,
    stdout: Gutter,
    stderr: Gutter,
    collectors: HashMap<u32, Collecting>,
    hidden: bool,
}

impl Output {
    /// Starts reading the pipes: output frames, raw stdout, raw stderr.
    ///
    /// # Errors
    /// When a pipe cannot be made non-blocking or the thread cannot start.
    pub fn start(publisher: Publisher, pipes: [OwnedFd; 3]) -> std::io::Result<Output> {
        let output = Output {
            shared: Arc::new(Shared {
                state: Mutex::new(State {
                    publisher,
                    describe: Box::new(|_| "panicked".to_owned()),
                    cells: HashMap::new(),
                    order: VecDeque::new(),
                    current: 0,
                    running: false,
                    ended: None,
                    show_threads: true,
                    partial: HashMap::new(),
                    contents: HashMap::new(),
                    remains: Remains::default(),
                    pending_panic: None,
                    printed: String::new(),
                    capture: None,
                }),
                ended: Condvar::new(),
            }),
        };
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

    fn state(&self) -> MutexGuard<'_, State> {
        self.shared
            .state
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// How to describe a panic: `thread 'worker' panicked at [3], line 7`.
    pub fn set_describer(&self, describe: Describer) {
        self.state().describe = describe;
    }

    /// Whether lines say which thread printed them.
    pub fn set_show_threads(&self, show: bool) {
        self.state().show_threads = show;
    }

    /// What comes now belongs to `cell`, unless a thread of an earlier cell prints it. `threaded` says that its
    /// source speaks of threads, so that the gutter begins with the first line.
    pub fn begin(&self, cell: u32, parent: &Parent, count: u32, silent: bool, threaded: bool) {
        let mut state = self.state();
        state.current = cell;
        state.running = true;
        state.ended = None;
        // Lines that came since the last cell ended are told of by this one.
        state.remains = Remains {
            late: std::mem::take(&mut state.remains.late),
            ..Remains::default()
        };
        state.pending_panic = None;
        state.printed.clear();
        state.cells.insert(
            cell,
            CellOutput {
                parent: parent.clone(),
                count,
                silent,
                threaded,
                stdout: Gutter::default(),
                stderr: Gutter::default(),
                collectors: HashMap::new(),
                hidden: false,
            },
        );
        state.order.push_back(cell);
        if state.order.len() > REMEMBERED_CELLS
            && let Some(oldest) = state.order.pop_front()
        {
            state.cells.remove(&oldest);
        }
    }

    /// Whether what a cell prints is only remembered.
    pub fn set_hidden(&self, cell: u32, hidden: bool) {
        if let Some(output) = self.state().cells.get_mut(&cell) {
            output.hidden = hidden;
        }
    }

    /// Waits until everything that the cell printed before its end has been sent, or `patience` is over (the
    /// process died). Returns what it left.
    pub fn finish(&self, cell: u32, patience: Duration) -> Remains {
        let mut state = self.wait_for_end(cell, patience);
        let ending = state.ended.map_or(Ending::Died, |(_, ending)| ending);
        state.finish_cell(cell, ending)
    }

    fn wait_for_end(&self, cell: u32, patience: Duration) -> MutexGuard<'_, State> {
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

    /// What comes now from the cell's main thread is kept, not shown; what it prints is dropped.
    pub fn begin_capture(&self) {
        let mut state = self.state();
        state.current = HIDDEN_CELL;
        state.ended = None;
        state.pending_panic = None;
        state.capture = Some(MimeBundle::new());
    }

    /// Ends [`Output::begin_capture`], waiting for the end like [`Output::finish`].
    pub fn finish_capture(&self, patience: Duration) -> Captured {
        let mut state = self.wait_for_end(HIDDEN_CELL, patience);
        let panicked = matches!(state.ended, Some((_, Ending::Panicked)));
        let panic = state.pending_panic.take().filter(|_| panicked);
        let bundle = state.capture.take().unwrap_or_default();
        Captured { bundle, panic }
    }

    /// What the last cell printed to stdout, without gutters; at most a megabyte of it.
    pub fn printed(&self) -> String {
        self.state().printed.clone()
    }

    /// Sends text as if the current cell had printed it.
    pub fn stream_to_current(&self, stream: Stream, text: &str) {
        let mut state = self.state();
        let cell = state.current;
        state.publish(cell, stream, text);
    }

    fn read(&self, pipes: [OwnedFd; 3]) {
        let [frames, stdout, stderr] = pipes.map(std::fs::File::from);
        let mut decoder = Decoder::new();
        let mut buffer = vec![0; 1 << 16];
        loop {
            let mut waiting =
                [&frames, &stdout, &stderr].map(|pipe| PollFd::new(pipe, PollFlags::IN));
            let due = self.state().show_due(Instant::now());
            let timeout = due.and_then(|due| Timespec::try_from(due).ok());
            if let Err(error) = poll(&mut waiting, timeout.as_ref())
                && error != rustix::io::Errno::INTR
            {
                tracing::error!("cannot wait for the cell's output: {error}");
                return;
            }
            if let Some(bytes) = available(&frames, &mut buffer) {
                decoder.push(bytes);
            }
            let mut ended = None;
            while let Some(frame) = decoder.next_frame() {
                if frame.kind == FrameKind::CellEnd {
                    ended = Some((frame.origin.cell, Ending::from(frame.extra)));
                    continue;
                }
                self.state().frame(frame);
            }
            for (pipe, kind) in [(&stdout, FrameKind::Stdout), (&stderr, FrameKind::Stderr)] {
                while let Some(bytes) = available(pipe, &mut buffer) {
                    self.state().raw(kind, bytes);
                }
            }
            if let Some((cell, ending)) = ended {
                let mut state = self.state();
                state.release_partials(cell);
                state.ended = Some((cell, ending));
                self.shared.ended.notify_all();
            }
        }
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

impl State {
    fn frame(&mut self, frame: Frame) {
        let cell = frame.origin.cell;
        if frame.kind == FrameKind::Panic {
            return self.panicked(frame);
        }
        if self.is_current_main(frame.origin) {
            self.flush_panic();
        }
        match frame.kind {
            FrameKind::Stdout | FrameKind::Stderr => {
                let text = self.text(frame.origin, frame.kind, &frame.payload, frame.more);
                if frame.kind == FrameKind::Stdout {
                    self.flush_content(frame.origin);
                }
                self.print(frame.origin, frame.kind, &text);
            }
            FrameKind::Content | FrameKind::Result => {
                let bytes = self.contents.entry(frame.origin.thread).or_default();
                bytes.extend_from_slice(&frame.payload);
                if frame.more {
                    return;
                }
                let text = String::from_utf8_lossy(bytes).into_owned();
                self.contents.remove(&frame.origin.thread);
                if cell == HIDDEN_CELL {
                    return self.capture(&text, frame.kind);
                }
                if frame.kind == FrameKind::Result {
                    let bundle = Map::from_iter([("text/plain".to_owned(), json!(text))]);
                    self.show(cell, Display::Show(bundle), true);
                    return;
                }
                let Some(output) = self.cells.get_mut(&cell) else {
                    return;
                };
                let now = Instant::now();
                let collecting =
                    output
                        .collectors
                        .entry(frame.origin.thread)
                        .or_insert_with(|| Collecting {
                            ordinal: frame.origin.ordinal,
                            collector: Collector::default(),
                            since: now,
                        });
                collecting.since = now;
                for display in collecting.collector.push(&text) {
                    self.show(cell, display, false);
                }
            }
            FrameKind::Panic | FrameKind::CellEnd => {}
        }
    }

    fn capture(&mut self, text: &str, kind: FrameKind) {
        let Some(bundle) = &mut self.capture else {
            return;
        };
        if kind == FrameKind::Result {
            bundle.insert("text/plain".into(), json!(text));
            return;
        }
        let mut collector = Collector::default();
        collector.push(text);
        if let Some(Display::Show(shown)) = collector.finish() {
            bundle.extend(shown);
        }
    }

    fn is_current_main(&self, origin: Origin) -> bool {
        origin.cell == self.current && origin.ordinal == 1
    }

    fn panicked(&mut self, frame: Frame) {
        let text = self.text(frame.origin, FrameKind::Panic, &frame.payload, frame.more);
        self.flush_content(frame.origin);
        let report = PanicReport {
            origin: frame.origin,
            location: frame.extra,
            message: text,
        };
        if frame.more {
            return;
        }
        if self.is_current_main(frame.origin) {
            // Whether it ends the cell shows only later; shown now if the thread goes on.
            self.flush_panic();
            self.pending_panic = Some(report);
        } else {
            self.print_panic(&report);
        }
    }

    fn flush_panic(&mut self) {
        if let Some(report) = self.pending_panic.take() {
            self.print_panic(&report);
        }
    }

    fn print_panic(&mut self, report: &PanicReport) {
        let (message, frames) = split_backtrace(&report.message);
        let mut text = format!("{}: {}\n", (self.describe)(report), message.trim_end());
        for frame in frames {
            text.push_str(&frame);
            text.push('\n');
        }
        self.print(report.origin, FrameKind::Stderr, &text);
    }

    /// The valid text of a thread's bytes; a character cut by a frame's end waits for its rest.
    fn text(&mut self, origin: Origin, kind: FrameKind, bytes: &[u8], more: bool) -> String {
        let key = (origin.thread, kind);
        let mut pending = Vec::new();
        match self.partial.remove(&key) {
            Some(partial) if partial.origin == origin => pending = partial.bytes,
            // The same thread in another cell, or another thread with its number.
            Some(partial) => self.print_partial(kind, &partial),
            None => {}
        }
        pending.extend_from_slice(bytes);
        let cut = match std::str::from_utf8(&pending) {
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            _ => pending.len(),
        };
        let rest = pending.split_off(cut);
        if !rest.is_empty() {
            let partial = Partial {
                origin,
                bytes: rest,
                more,
            };
            self.partial.insert(key, partial);
        }
        match String::from_utf8(pending) {
            Ok(text) => text,
            Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned(),
        }
    }

    /// Prints what the threads of a cell left of characters whose rest won't come before its end.
    fn release_partials(&mut self, cell: u32) {
        let left = self
            .partial
            .extract_if(|_, partial| partial.origin.cell == cell && !partial.more);
        let left: Vec<_> = left.collect();
        for ((_, kind), partial) in left {
            self.print_partial(kind, &partial);
        }
    }

    fn print_partial(&mut self, kind: FrameKind, partial: &Partial) {
        let text = String::from_utf8_lossy(&partial.bytes).into_owned();
        self.print(partial.origin, kind, &text);
    }

    fn raw(&mut self, kind: FrameKind, bytes: &[u8]) {
        let origin = Origin {
            cell: self.current,
            thread: RAW,
            ordinal: 1,
        };
        let text = self.text(origin, kind, bytes, false);
        self.print(origin, kind, &text);
    }

    fn print(&mut self, origin: Origin, kind: FrameKind, text: &str) {
        if text.is_empty() {
            return;
        }
        if origin.cell == HIDDEN_CELL {
            return;
        }
        if origin.cell == self.current && self.running {
            if kind == FrameKind::Stdout && self.printed.len() < PRINTED_LIMIT {
                self.printed.push_str(text);
            }
            self.remember(text);
        } else {
            self.note_late(origin, text);
        }
        let Some(output) = self.cells.get_mut(&origin.cell) else {
            return;
        };
        output.threaded |= origin.ordinal > 1;
        let show = self.show_threads && output.threaded;
        let (gutter, stream) = match kind {
            FrameKind::Stderr => (&mut output.stderr, Stream::Stderr),
            _ => (&mut output.stdout, Stream::Stdout),
        };
        let text = gutter.decorate(origin.ordinal, show, text);
        self.publish(origin.cell, stream, &text);
    }

    fn remember(&mut self, text: &str) {
        for line in text.lines().filter(|line| !line.is_empty()) {
            if self.remains.last_lines.len() == LAST_LINES {
                self.remains.last_lines.remove(0);
            }
            self.remains
                .last_lines
                .push(line.chars().take(200).collect());
        }
    }

    fn note_late(&mut self, origin: Origin, text: &str) {
        let key = (origin.cell, origin.ordinal);
        let position = self
            .remains
            .late
            .iter()
            .position(|(known, _)| *known == key);
        let index = position.unwrap_or_else(|| {
            self.remains.late.push((key, LateText::default()));
            self.remains.late.len() - 1
        });
        let late = &mut self.remains.late[index].1;
        late.lines += text.matches('\n').count() as u64;
        let room = 20_usize.saturating_sub(late.text.len());
        late.text.extend(text.lines().take(room).map(str::to_owned));
    }

    fn publish(&mut self, cell: u32, stream: Stream, text: &str) {
        let Some(output) = self.cells.get(&cell) else {
            return;
        };
        if !output.hidden {
            self.publisher.stream(&output.parent, stream, text);
        }
    }

    fn flush_content(&mut self, origin: Origin) {
        let display = self
            .cells
            .get_mut(&origin.cell)
            .and_then(|output| output.collectors.remove(&origin.thread))
            .and_then(|mut collecting| collecting.collector.finish());
        if let Some(display) = display {
            self.show(origin.cell, display, false);
        }
    }

    /// Shows what has waited long enough for more of it; how long the rest may still wait.
    fn show_due(&mut self, now: Instant) -> Option<Duration> {
        let mut next: Option<Duration> = None;
        let mut due = Vec::new();
        for (cell, output) in &mut self.cells {
            let is_running = self.running && *cell == self.current;
            output.collectors.retain(|_, collecting| {
                let patience = if is_running && collecting.ordinal == 1 {
                    VALUE
                } else {
                    SIBLINGS
                };
                let left = (collecting.since + patience).saturating_duration_since(now);
                if left.is_zero() {
                    due.extend(
                        collecting
                            .collector
                            .finish()
                            .map(|display| (*cell, display)),
                    );
                } else {
                    next = Some(next.map_or(left, |other| other.min(left)));
                }
                !left.is_zero()
            });
        }
        for (cell, display) in due {
            self.show(cell, display, false);
        }
        next
    }

    fn show(&mut self, cell: u32, display: Display, is_result: bool) {
        let Some(output) = self.cells.get(&cell) else {
            return;
        };
        if output.silent || output.hidden {
            return;
        }
        if is_result && is_unit(&display) {
            return;
        }
        let (parent, none) = (&output.parent, Map::new());
        match display {
            Display::Show(data) if is_result => {
                self.publisher
                    .execute_result(parent, output.count, data, none);
            }
            Display::Show(data) => self.publisher.display_data(parent, data, none, None),
            Display::ShowAs(id, data) => self.publisher.display_data(parent, data, none, Some(id)),
            Display::Update(id, data) => self.publisher.update_display_data(parent, data, none, id),
            Display::Clear { wait } => self.publisher.clear_output(parent, wait),
        }
    }

    fn finish_cell(&mut self, cell: u32, ending: Ending) -> Remains {
        let collected: Vec<(u32, Display)> = self
            .cells
            .get_mut(&cell)
            .into_iter()
            .flat_map(|output| output.collectors.drain())
            .filter_map(|(_, mut collecting)| {
                Some((collecting.ordinal, collecting.collector.finish()?))
            })
            .collect();
        // What the main thread displayed last, with nothing after it, is the value of the last expression.
        for (ordinal, display) in collected {
            self.show(cell, display, ordinal == 1);
        }
        if !matches!(ending, Ending::Panicked | Ending::Died) {
            self.flush_panic();
        }
        self.running = false;
        Remains {
            panic: self
                .pending_panic
                .take()
                .or_else(|| (ending == Ending::Panicked).then(PanicReport::default)),
            ended_by_error: ending == Ending::ReturnedError,
            ..std::mem::take(&mut self.remains)
        }
    }
}

/// Whether the value of the last expression is `()`, which says nothing.
fn is_unit(display: &Display) -> bool {
    matches!(display, Display::Show(bundle) if bundle.len() == 1 && bundle.get("text/plain") == Some(&json!("()")))
}
