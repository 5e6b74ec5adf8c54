//! A notebook for tests: attaches a recording to this process, runs closures as cells, and tells
//! what was recorded and sent.

#![allow(dead_code, reason = "not every test file uses all of it")]

use std::fs::File;
use std::io::{PipeReader, PipeWriter, Read, Write};
use std::os::fd::AsRawFd;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use record::frame::{Decoder, Frame, FrameKind};
use record::snapshot::{Object, ObjectKind, Snapshot};
use record::{Baseline, Region};

unsafe extern "C" {
    safe fn fearless_attach(region: i32, output: i32, protocol: i32) -> i32;
    safe fn fearless_cell_begin(cell: u32);
    safe fn fearless_cell_end();
}

/// What one cell did.
pub struct Ran<R> {
    /// What the closure returned; the payload if it panicked.
    pub result: std::thread::Result<R>,
    pub snapshot: Snapshot,
    pub frames: Vec<Frame>,
    /// The lines that evcxr would have read.
    pub protocol: String,
}

struct Notebook {
    region: Region,
    output: PipeReader,
    protocol: PipeReader,
    _writers: [PipeWriter; 2],
    decoder: Decoder,
}

static NEXT_CELL: AtomicU32 = AtomicU32::new(1);

/// One process has one notebook; tests of one file take turns.
struct Turn {
    _locked: File,
}

/// Makes what was done in one turn visible in the next: to the memory model, the lock of a file
/// orders nothing.
static TURN_TAKEN: AtomicBool = AtomicBool::new(false);

impl Turn {
    fn take() -> Turn {
        // Not one of our locks: waiting for the turn must not be recorded.
        let path = std::env::current_exe().expect("this program");
        let file = File::open(path).expect("this program");
        file.lock().expect("its lock");
        assert!(!TURN_TAKEN.swap(true, Ordering::Acquire));
        Turn { _locked: file }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        // The file is closed, and with it unlocked, after this.
        TURN_TAKEN.store(false, Ordering::Release);
    }
}

fn notebook() -> &'static mut Notebook {
    static mut NOTEBOOK: Option<Notebook> = None;
    // SAFETY: only the holder of the `Turn` comes here, and gives the reference up with it.
    let slot = unsafe { &mut *std::ptr::addr_of_mut!(NOTEBOOK) };
    slot.get_or_insert_with(|| {
        let region = Region::create().expect("a recording");
        let (output, output_writer) = std::io::pipe().expect("a pipe");
        let (protocol, protocol_writer) = std::io::pipe().expect("a pipe");
        let descriptors = (
            region.fd().as_raw_fd(),
            output_writer.as_raw_fd(),
            protocol_writer.as_raw_fd(),
        );
        assert_eq!(
            fearless_attach(descriptors.0, descriptors.1, descriptors.2),
            0
        );
        let _writers = [output_writer, protocol_writer];
        Notebook {
            region,
            output,
            protocol,
            _writers,
            decoder: Decoder::new(),
        }
    })
}

/// Reads frames until the end of the cell, in a thread of its own, so that no pipe gets full.
fn collect(notebook: &mut Notebook, cell: u32) -> Vec<Frame> {
    let mut frames = Vec::new();
    let mut bytes = [0; 65536];
    loop {
        while let Some(frame) = notebook.decoder.next_frame() {
            let ends = frame.kind == FrameKind::CellEnd && frame.origin.cell == cell;
            frames.push(frame);
            if ends {
                return frames;
            }
        }
        let length = notebook.output.read(&mut bytes).expect("frames");
        assert_ne!(length, 0, "the output pipe was closed");
        notebook.decoder.push(&bytes[..length]);
    }
}

/// Runs `body` as a cell, the way evcxr's generated code does. The calling thread becomes T1.
pub fn cell<R>(body: impl FnOnce() -> R) -> Ran<R> {
    let _turn = Turn::take();
    let notebook = notebook();
    let number = NEXT_CELL.fetch_add(1, Ordering::Relaxed);
    let baseline: Baseline = notebook.region.baseline();
    let (result, frames) = std::thread::scope(|scope| {
        // Begins before the cell does, so it is no thread of it.
        let collector = scope.spawn(|| collect(notebook, number));
        fearless_cell_begin(number);
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(body));
        if result.is_err() {
            println!("EVCXR_PANIC_NOTIFICATION");
        }
        fearless_cell_end();
        (result, collector.join().expect("the frames"))
    });
    let snapshot = notebook.region.snapshot(number, &baseline);
    Ran {
        result,
        snapshot,
        frames,
        protocol: protocol(notebook),
    }
}

/// What stands in the protocol pipe.
fn protocol(notebook: &mut Notebook) -> String {
    const END: &str = "\0";
    notebook._writers[1]
        .write_all(END.as_bytes())
        .expect("the protocol pipe");
    let mut text = String::new();
    let mut byte = [0];
    loop {
        notebook
            .protocol
            .read_exact(&mut byte)
            .expect("the protocol pipe");
        if byte == END.as_bytes() {
            return text;
        }
        text.push(char::from(byte[0]));
    }
}

impl<R> Ran<R> {
    /// The text of all frames of `kind`, in order.
    pub fn text(&self, kind: FrameKind) -> String {
        let frames = self.frames.iter().filter(|frame| frame.kind == kind);
        let bytes: Vec<u8> = frames.flat_map(|frame| frame.payload.clone()).collect();
        String::from_utf8(bytes).expect("UTF-8")
    }

    pub fn stdout(&self) -> String {
        self.text(FrameKind::Stdout)
    }

    pub fn stderr(&self) -> String {
        self.text(FrameKind::Stderr)
    }

    /// How the kernel is told that the cell ended: see `record::frame::ENDED_BY_PANIC`.
    pub fn ended(&self) -> u32 {
        let last = self.frames.last().expect("a frame");
        assert_eq!(last.kind, FrameKind::CellEnd);
        last.extra
    }

    /// The cell's only object of `kind`.
    pub fn object(&self, kind: ObjectKind) -> &Object {
        let mut objects = self
            .snapshot
            .objects
            .iter()
            .filter(|object| object.kind == kind);
        let object = objects
            .next()
            .unwrap_or_else(|| panic!("no {kind:?} in {:#?}", self.snapshot.objects));
        assert!(
            objects.next().is_none(),
            "more than one {kind:?}: {:#?}",
            self.snapshot.objects
        );
        object
    }
}

impl<R> Drop for Ran<R> {
    /// A failed assertion of the test is sent to the notebook as well, like any panic of this
    /// process: says it where the test's reader looks.
    fn drop(&mut self) {
        if std::thread::panicking() {
            let _turn = Turn::take();
            let notebook = notebook();
            let mut bytes = [0; 65536];
            let length = notebook.output.read(&mut bytes).unwrap_or(0);
            notebook.decoder.push(&bytes[..length]);
            let mut stderr = File::options()
                .append(true)
                .open("/dev/stderr")
                .expect("stderr");
            while let Some(frame) = notebook.decoder.next_frame() {
                let _ = writeln!(stderr, "{}", String::from_utf8_lossy(&frame.payload));
            }
        }
    }
}
