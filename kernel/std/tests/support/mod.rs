//! Runs cells in this process, against a recording that it maps twice: as the kernel and as the
//! cell.
//!
//! The tests of one file run one after the other on the main thread, as cells do: "nobody can run"
//! can only be proved when no test runner's threads are about.

#![allow(dead_code, reason = "every test file uses its own part")]

use std::cell::RefCell;
use std::fs::File;
use std::os::fd::{AsRawFd, IntoRawFd, RawFd};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use record::frame::{Decoder, FrameKind};
use record::snapshot::{Object, ObjectKind, Snapshot};
use record::{Baseline, Region, Seen};

unsafe extern "C" {
    fn fearless_attach(region: i32, output: i32, protocol: i32) -> i32;
    fn fearless_cell_begin(cell: u32);
    fn fearless_cell_end();
    fn fork() -> i32;
    fn write(fd: i32, bytes: *const u8, length: usize) -> isize;
    fn usleep(microseconds: u32) -> i32;
    fn _exit(code: i32) -> !;
    fn waitpid(process: i32, status: *mut i32, options: i32) -> i32;
}

/// A test by its name.
pub type Test = (&'static str, fn(&Bench));

/// The kernel's side.
pub struct Bench {
    pub region: Region,
    cell: AtomicU32,
    /// What was told of the last cell.
    seen: RefCell<Seen>,
}

/// What a cell came to.
pub struct Outcome {
    pub snapshot: Snapshot,
    /// The message of the panic that ended it.
    pub panic: Option<String>,
}

impl Bench {
    /// Runs `body` as the next cell.
    pub fn cell(&self, body: impl FnOnce()) -> Outcome {
        self.cell_between(|| (), body, || ())
    }

    /// The same, where `before` happens after the kernel has looked at the counters, as what
    /// happens while a cell is compiled.
    pub fn cell_after(&self, before: impl FnOnce(), body: impl FnOnce()) -> Outcome {
        self.cell_between(before, body, || ())
    }

    /// The same, where `after` happens before the kernel looks at what the cell has left.
    pub fn cell_before(&self, body: impl FnOnce(), after: impl FnOnce()) -> Outcome {
        self.cell_between(|| (), body, after)
    }

    fn cell_between(
        &self,
        before: impl FnOnce(),
        body: impl FnOnce(),
        after: impl FnOnce(),
    ) -> Outcome {
        let cell = self.cell.fetch_add(1, Ordering::Relaxed) + 1;
        let baseline = self.region.baseline_since(&self.seen.borrow());
        before();
        // SAFETY: plain functions of the library under test.
        unsafe { fearless_cell_begin(cell) };
        let result = catch_unwind(AssertUnwindSafe(body));
        // SAFETY: as above.
        unsafe { fearless_cell_end() };
        after();
        let (snapshot, seen) = self.region.last_snapshot(cell, &baseline);
        self.seen.replace(seen.expect("the cell has ended"));
        let panic = result
            .err()
            .map(|payload| match payload.downcast::<String>() {
                Ok(text) => *text,
                Err(payload) => {
                    String::from(payload.downcast_ref::<&str>().copied().unwrap_or("?"))
                }
            });
        Outcome { snapshot, panic }
    }

    /// Runs `body` as the cell `cell`, and stops it after a while, from another process, as the
    /// kernel does.
    pub fn stop_after(&self, after: Duration, cell: u32, body: impl FnOnce()) -> Outcome {
        // SAFETY: the child touches nothing but the recording, and leaves without running anything
        // else.
        let kernel = unsafe { fork() };
        if kernel == 0 {
            // SAFETY: as above.
            unsafe {
                usleep(after.as_micros() as u32);
                self.region.cancel(cell);
                _exit(0);
            }
        }
        let outcome = self.cell(body);
        // SAFETY: `kernel` is our child.
        unsafe { waitpid(kernel, std::ptr::null_mut(), 0) };
        outcome
    }

    /// Waits until no thread of `cell` lives any more.
    ///
    /// # Panics
    ///
    /// If some do after half a minute: this is no measurement, and the machine may be busy.
    pub fn no_threads_left(&self, cell: u32) {
        let start = Instant::now();
        while self.region.live_threads(cell) > 0 {
            assert!(
                start.elapsed() < Duration::from_secs(30),
                "threads of cell {cell} are left behind"
            );
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Waits until the recording of the running cell says so.
    pub fn wait_until(&self, holds: impl Fn(&Snapshot) -> bool) {
        let start = Instant::now();
        let baseline = Baseline::default();
        while !holds(&self.region.snapshot(self.current(), &baseline)) {
            assert!(start.elapsed() < Duration::from_secs(30), "it never came");
            std::thread::yield_now();
        }
    }

    /// The number of the cell that runs now.
    pub fn current(&self) -> u32 {
        self.cell.load(Ordering::Relaxed)
    }
}

impl Outcome {
    /// The only object of this kind.
    pub fn only(&self, kind: ObjectKind) -> &Object {
        let all: Vec<&Object> = self
            .snapshot
            .objects
            .iter()
            .filter(|object| object.kind == kind)
            .collect();
        assert_eq!(all.len(), 1, "{:#?}", self.snapshot.objects);
        all[0]
    }

    /// How often locks were taken for reading, all together.
    pub fn reads(&self) -> u64 {
        let objects = self.snapshot.objects.iter();
        objects.map(|object| object.counters.reads).sum()
    }

    /// Asserts that nothing was accused.
    pub fn is_clean(&self) {
        assert_eq!(self.panic, None);
        assert_eq!(self.snapshot.verdicts, []);
    }
}

/// Runs one test, and says why it failed.
fn attempt(test: fn(&Bench), bench: &Bench, output: &Path) -> Result<(), String> {
    catch_unwind(AssertUnwindSafe(|| test(bench))).map_err(|_| last_panic(output))
}

/// Runs the tests whose names contain the first argument.
pub fn run(tests: &[Test]) {
    let region = Region::create().expect("a recording");
    let (output, path) = output_file();
    // SAFETY: the descriptors are open as long as this function runs.
    let errno = unsafe { fearless_attach(region.fd().as_raw_fd(), output, 1) };
    assert_eq!(errno, 0);
    let bench = Bench {
        region,
        cell: AtomicU32::new(0),
        seen: RefCell::default(),
    };
    let mut arguments = std::env::args().skip(1);
    let wanted = arguments.find(|argument| !argument.starts_with('-'));
    let wanted = wanted.unwrap_or_default();
    let mut passed = 0;
    for (name, test) in tests.iter().filter(|(name, _)| name.contains(&wanted)) {
        if let Err(message) = attempt(*test, &bench, &path) {
            let _ = std::fs::remove_file(&path);
            say(&format!("test {name} ... FAILED\n{message}\n"));
            std::process::exit(101);
        }
        say(&format!("test {name} ... ok\n"));
        passed += 1;
    }
    let _ = std::fs::remove_file(&path);
    say(&format!("\ntest result: ok. {passed} passed\n\n"));
}

/// Where the frames go. Never closed: threads that no test has joined may write to the end.
fn output_file() -> (RawFd, PathBuf) {
    let name = format!("fearless-test-{}", std::process::id());
    let path = std::env::temp_dir().join(name);
    let file = File::create(&path).expect("a file for the output");
    (file.into_raw_fd(), path)
}

/// Writes to the real standard output: `print!` makes frames.
fn say(text: &str) {
    // SAFETY: the bytes are valid as long as the call.
    unsafe { write(1, text.as_ptr(), text.len()) };
}

/// The last panic among the frames.
fn last_panic(path: &Path) -> String {
    let mut decoder = Decoder::new();
    decoder.push(&std::fs::read(path).unwrap_or_default());
    let frames = std::iter::from_fn(|| decoder.next_frame());
    let panics = frames.filter(|frame| frame.kind == FrameKind::Panic);
    let last = panics.last().map(|frame| frame.payload).unwrap_or_default();
    String::from_utf8_lossy(&last).into_owned()
}
