//! Which text and which displays go under which cell.

use super::collecting::Collecting;
use super::remains::{Captured, LateText, MainThreadEnd, PanicReport, Remains};
use crate::cell::content::Display;
use crate::cell::gutter::Gutter;
use crate::cell::number::HIDDEN_CELL;
use crate::diagnostics::errors::split_backtrace;
use crate::source::places::show_place;
use jupyter::{MimeBundle, Parent, Publisher, Stream};
use record::frame::{Frame, FrameKind, Origin};
use record::snapshot::LocationSlot;
use report::Place;
use std::collections::{HashMap, VecDeque};

/// Cells whose late output can still be placed.
const REMEMBERED_CELLS: usize = 4096;
/// Bytes kept for `:check` and `:repeat`.
pub(super) const PRINTED_LIMIT: usize = 1 << 20;
/// Lines kept for the report of a crash.
const LAST_LINES: usize = 10;
/// Instead of a thread, for what does not come through our `std`.
const RAW: u32 = u32::MAX;

/// Finds the place with an index of the recording; see [`Output::set_places`].
pub type Places = Box<dyn Fn(LocationSlot) -> Option<Place> + Send>;

/// All cells' output.
pub(super) struct CellOutputs {
    pub publisher: Publisher,
    pub places: Places,
    pub cells: HashMap<u32, CellOutput>,
    order: VecDeque<u32>,
    pub current: u32,
    /// Whether the current cell has not been finished.
    pub running: bool,
    pub ended: Option<(u32, MainThreadEnd)>,
    pub show_threads: bool,
    /// By thread.
    partial: HashMap<(u32, FrameKind), Partial>,
    pub contents: HashMap<u32, Vec<u8>>,
    remains: Remains,
    pending_panic: Option<PanicReport>,
    /// The beginnings of panics that are longer than a frame, by thread.
    begun_panics: HashMap<u32, String>,
    /// What the current cell printed to stdout, for `:check` and `:repeat`; bounded.
    pub printed: String,
    pub capture: Option<MimeBundle>,
    /// The cell under which stands what is printed while something is captured.
    capture_for: Option<u32>,
}

/// The beginning of a character.
struct Partial {
    origin: Origin,
    bytes: Vec<u8>,
    /// The rest is certainly under way.
    more: bool,
}

/// What is known of one cell's output.
pub(super) struct CellOutput {
    pub parent: Parent,
    pub count: u32,
    pub silent: bool,
    threaded: bool,
    stdout: Gutter,
    stderr: Gutter,
    pub collectors: HashMap<u32, Collecting>,
    pub hidden: bool,
}

impl CellOutput {
    /// Of a cell that begins.
    pub fn new(parent: &Parent, count: u32, silent: bool, threaded: bool) -> CellOutput {
        CellOutput {
            parent: parent.clone(),
            count,
            silent,
            threaded,
            stdout: Gutter::default(),
            stderr: Gutter::default(),
            collectors: HashMap::new(),
            hidden: false,
        }
    }
}

impl CellOutputs {
    /// Before the first cell.
    pub fn new(publisher: Publisher) -> CellOutputs {
        CellOutputs {
            publisher,
            places: Box::new(|_| None),
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
            begun_panics: HashMap::new(),
            printed: String::new(),
            capture: None,
            capture_for: None,
        }
    }

    /// What comes now belongs to `cell`.
    pub fn begin(&mut self, cell: u32, output: CellOutput) {
        self.current = cell;
        self.running = true;
        self.ended = None;
        // Lines that came since the last cell ended are told of by this one.
        self.remains = Remains {
            late: std::mem::take(&mut self.remains.late),
            ..Remains::default()
        };
        self.pending_panic = None;
        self.printed.clear();
        self.adopt(cell, output);
    }

    /// Makes room for a cell's output.
    pub fn adopt(&mut self, cell: u32, output: CellOutput) {
        // A program that is run again and again is one cell.
        if self.cells.insert(cell, output).is_none() {
            self.order.push_back(cell);
        }
        if self.order.len() > REMEMBERED_CELLS
            && let Some(oldest) = self.order.pop_front()
        {
            self.cells.remove(&oldest);
        }
    }

    /// What comes now from the main thread is kept, not shown. What it prints stands under `cell`,
    /// if there is one.
    pub fn begin_capture(&mut self, cell: Option<u32>) {
        self.capture_for = cell;
        self.current = HIDDEN_CELL;
        self.ended = None;
        self.pending_panic = None;
        self.capture = Some(MimeBundle::new());
    }

    /// What was kept.
    pub fn finish_capture(&mut self) -> Captured {
        let panicked = matches!(self.ended, Some((_, MainThreadEnd::Panicked)));
        let panic = self.pending_panic.take().filter(|_| panicked);
        let bundle = self.capture.take().unwrap_or_default();
        Captured { bundle, panic }
    }

    /// Takes a frame of our `std`.
    pub fn frame(&mut self, frame: Frame) {
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
            FrameKind::Place => self.print_place(frame.origin, LocationSlot(frame.extra)),
            FrameKind::Content | FrameKind::Result => self.content(frame),
            FrameKind::Panic | FrameKind::CellEnd => {}
        }
    }

    fn is_current_main(&self, origin: Origin) -> bool {
        origin.cell == self.current && origin.ordinal == 1
    }

    fn panicked(&mut self, frame: Frame) {
        let mut text = self.text(frame.origin, FrameKind::Panic, &frame.payload, frame.more);
        self.flush_content(frame.origin);
        if let Some(begun) = self.begun_panics.remove(&frame.origin.thread) {
            text.insert_str(0, &begun);
        }
        if frame.more {
            self.begun_panics.insert(frame.origin.thread, text);
            return;
        }
        let report = PanicReport {
            origin: frame.origin,
            location: LocationSlot(frame.extra),
            message: text,
        };
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

    /// What `dbg!` says before the value: the line, and the cell as well where it is another one.
    fn print_place(&mut self, origin: Origin, location: LocationSlot) {
        let here = self.cells.get(&origin.cell).map(|output| output.count);
        let text = match (self.places)(location) {
            Some(Place::Cell { cell, line, .. }) if Some(cell) == here => format!("[line {line}]"),
            Some(place) => format!("[{}]", show_place(&place)),
            None => "[?]".to_owned(),
        };
        self.print(origin, FrameKind::Stderr, &text);
    }

    fn print_panic(&mut self, report: &PanicReport) {
        let (message, frames) = split_backtrace(&report.message);
        let place = (self.places)(report.location);
        let at = place.map(|place| format!(" at {}", show_place(&place)));
        let at = at.unwrap_or_default();
        let mut text = format!("panicked{at}: {}\n", message.trim_end());
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
    pub fn release_partials(&mut self, cell: u32) {
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

    /// Takes what came outside of frames: from C code, or from a process that dies.
    pub fn raw(&mut self, kind: FrameKind, bytes: &[u8]) {
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
            let Some(cell) = self.capture_for else {
                return;
            };
            return self.decorated(Origin { cell, ..origin }, kind, text);
        }
        if origin.cell == self.current && self.running {
            if kind == FrameKind::Stdout && self.printed.len() < PRINTED_LIMIT {
                self.printed.push_str(text);
            }
            self.remember(text);
        } else {
            self.note_late(origin, text);
        }
        self.decorated(origin, kind, text);
    }

    /// Shows text under its cell, with the gutter.
    fn decorated(&mut self, origin: Origin, kind: FrameKind, text: &str) {
        let Some(output) = self.cells.get_mut(&origin.cell) else {
            return;
        };
        output.threaded |= origin.ordinal > 1;
        let show = self.show_threads && output.threaded;
        let (gutter, stream) = match kind {
            FrameKind::Stderr => (&mut output.stderr, Stream::Stderr),
            _ => (&mut output.stdout, Stream::Stdout),
        };
        let writer = (origin.thread != RAW).then_some(origin.ordinal);
        let text = gutter.decorate(writer, show, text);
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

    /// Sends text under a cell.
    pub fn publish(&mut self, cell: u32, stream: Stream, text: &str) {
        let Some(output) = self.cells.get(&cell) else {
            return;
        };
        if !output.hidden {
            self.publisher.stream(&output.parent, stream, text);
        }
    }

    /// Ends a cell: what it left.
    pub fn finish_cell(&mut self, cell: u32, ending: MainThreadEnd) -> Remains {
        let collected: Vec<(u32, Display)> = self
            .cells
            .get_mut(&cell)
            .into_iter()
            .flat_map(|output| output.collectors.drain())
            .filter_map(|(_, mut collecting)| {
                Some((collecting.ordinal, collecting.collector.finish()?))
            })
            .collect();
        // What the main thread displayed last, with nothing after it, is the value of the last
        // expression.
        for (ordinal, display) in collected {
            self.show(cell, display, ordinal == 1);
        }
        if !matches!(ending, MainThreadEnd::Panicked | MainThreadEnd::Died) {
            self.flush_panic();
        }
        self.running = false;
        Remains {
            panic: self
                .pending_panic
                .take()
                .or_else(|| (ending == MainThreadEnd::Panicked).then(PanicReport::default)),
            ended_by_error: match ending {
                MainThreadEnd::ReturnedError(at) => Some(at),
                _ => None,
            },
            returned_before_end: ending == MainThreadEnd::Returned,
            ..std::mem::take(&mut self.remains)
        }
    }
}
