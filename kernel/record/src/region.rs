//! The shared memory as the kernel handles it: create it, hand its descriptor on, read from it, and
//! stop a cell.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use crate::attention::Attention;
use crate::clock::{self, Rate};
use crate::heartbeat::Ticker;
use crate::ids::ThreadSlot;
use crate::layout::*;
use crate::memory::{self, Mapping};
use crate::reader::{self, Baseline, Seen};
use crate::snapshot::{Location, LocationSlot, Snapshot};
use crate::writer;

/// What is recorded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Mode {
    /// Counters and the timeline.
    #[default]
    Full,
    /// Counters alone: cheaper, without times.
    Counts,
}

/// A recording, mapped into this process. All methods may be called from any thread.
#[derive(Debug)]
pub struct Region {
    file: File,
    mapping: Arc<Mapping>,
    /// Of the recording's maker.
    ticker: Option<Ticker>,
    rate: Rate,
    mode: AtomicU32,
}

impl Region {
    /// Makes a new, empty recording without a name in the file system, and a thread that keeps its
    /// time while a cell needs that.
    ///
    /// # Errors
    ///
    /// When the system has no room for it, naming what failed.
    pub fn create() -> io::Result<Region> {
        let mut region = Region::open(memory::unnamed_file()?)?;
        writer::initialise(region.layout(), region.rate.clock());
        // Without it every use is timed, which is slower and nothing else.
        region.ticker = Ticker::start(Arc::clone(&region.mapping)).ok();
        Ok(region)
    }

    /// Maps a recording that was made before, to read it.
    ///
    /// # Errors
    ///
    /// When `file` is too short to be one, or can't be mapped.
    pub fn open(file: File) -> io::Result<Region> {
        let mapping = Arc::new(Mapping::of(memory::raw(&file))?);
        Ok(Region {
            file,
            mapping,
            ticker: None,
            rate: Rate::start(clock::best()),
            mode: AtomicU32::new(Mode::Full as u32),
        })
    }

    /// The descriptor to let the cell process inherit. It is close-on-exec: clear that flag in the
    /// child only.
    pub fn fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }

    /// Chooses what is recorded from the next cell on.
    pub fn set_mode(&self, mode: Mode) {
        self.mode.store(mode as u32, Ordering::Relaxed);
        self.layout()
            .header
            .mode
            .store(mode as u32, Ordering::Relaxed);
    }

    /// Chooses whether tasks are recorded: those that are spawned from now on.
    pub fn set_tasks(&self, recorded: bool) {
        let header = &self.layout().header;
        header
            .without_tasks
            .store(u32::from(!recorded), Ordering::Relaxed);
    }

    /// Stops `cell`: its blocked threads unwind now, the others at their next recorded operation.
    /// Stays in force until [`Region::clear_cancel`]. May be called again while it is in force:
    /// threads that sit in a dependency's code are asked to unwind only some time after the first
    /// call.
    pub fn cancel(&self, cell: u32) {
        let layout = self.layout();
        let header = &layout.header;
        let in_force = layout.attention_in_order().has(Attention::STOP)
            && header.cancel_cell.load(Ordering::SeqCst) == cell;
        if !in_force {
            header
                .cancel_at
                .store(clock::monotonic_ns(), Ordering::Relaxed);
            header.cancel_cell.store(cell, Ordering::SeqCst);
            layout.set_attention(Attention::STOP, true);
        }
        layout.end_sampled_runs();
        for (_, entry) in reader::threads_in_use(layout) {
            let waits = entry.phase.load(Ordering::SeqCst) != PHASE_RUNNING;
            if waits && entry.cell.load(Ordering::Relaxed) == cell {
                let at = WakeRef(entry.wait_on.load(Ordering::SeqCst));
                if let Some(wake) = layout.wake(at) {
                    wake.wake_all(ThreadSlot::NONE);
                }
            }
        }
    }

    /// Takes [`Region::cancel`] back.
    pub fn clear_cancel(&self) {
        self.layout().set_attention(Attention::STOP, false);
    }

    /// Whether a scheduler decides, at each operation of our `std`, which thread goes on. To be
    /// chosen before the cell process attaches: an initialiser that was complete before that is no
    /// operation afterwards.
    pub fn set_controlled(&self, controlled: bool) {
        self.layout()
            .set_attention(Attention::CONTROLLED, controlled);
    }

    /// The counters as they are now. Take it before a cell is started.
    pub fn baseline(&self) -> Baseline {
        self.baseline_since(&Seen::default())
    }

    /// The same, where `seen` is what was told of the last cell: what was used since then is told
    /// apart from the next one's uses.
    pub fn baseline_since(&self, seen: &Seen) -> Baseline {
        reader::baseline(self.layout(), seen)
    }

    /// What the recording says of `cell`, also while it runs and after its process has died.
    /// Trusts no byte; what makes no sense is left out. Empty if the recording is at another cell.
    pub fn snapshot(&self, cell: u32, baseline: &Baseline) -> Snapshot {
        self.last_snapshot(cell, baseline).0
    }

    /// The same, and what it tells: nothing as long as the cell runs, or if it was not begun.
    pub fn last_snapshot(&self, cell: u32, baseline: &Baseline) -> (Snapshot, Option<Seen>) {
        reader::snapshot(self.layout(), self.rate, cell, baseline)
    }

    /// Whether `cell` has come to its end, without a whole snapshot.
    pub fn has_ended(&self, cell: u32) -> bool {
        let header = &self.layout().header;
        header.cell.load(Ordering::SeqCst) == cell && header.cell_end.load(Ordering::SeqCst) != 0
    }

    /// Whether the code of `cell` runs: it has begun, and has not come to its end.
    pub fn is_running(&self, cell: u32) -> bool {
        let header = &self.layout().header;
        header.cell.load(Ordering::SeqCst) == cell && header.cell_end.load(Ordering::SeqCst) == 0
    }

    /// Whether a deadlock was proved since the recording was emptied, without a whole snapshot.
    pub fn has_verdict(&self) -> bool {
        self.layout().header.verdicts_used.load(Ordering::SeqCst) != 0
    }

    /// One place of the location table, without a whole snapshot; `None` when there is no such
    /// place.
    pub fn location(&self, index: LocationSlot) -> Option<Location> {
        reader::location(self.layout(), index)
    }

    /// Empties the recording for a new cell process. The old one must have ended. [`Mode`], what
    /// recording costs, whether tasks are recorded, and whether the process is controlled stay.
    pub fn reset(&self) {
        let layout = self.layout();
        // Measuring them again would cost each run of a program more than the program itself.
        let costs: Vec<u32> = measured(&layout.header)
            .map(|cost| cost.load(Ordering::Relaxed))
            .collect();
        let controlled = layout.attention().has(Attention::CONTROLLED);
        let without_tasks = layout.header.without_tasks.load(Ordering::Relaxed);
        memory::clear(layout, memory::raw(&self.file));
        layout
            .header
            .without_tasks
            .store(without_tasks, Ordering::Relaxed);
        layout.set_attention(Attention::CONTROLLED, controlled);
        layout
            .header
            .mode
            .store(self.mode.load(Ordering::Relaxed), Ordering::Relaxed);
        // To ask anew which is the best one takes a tenth of a small program.
        writer::initialise(layout, self.rate.clock());
        if let Some(ticker) = &self.ticker {
            ticker.begin();
        }
        for (cost, before) in measured(&layout.header).zip(costs) {
            cost.store(before, Ordering::Relaxed);
        }
    }

    /// How many threads of `cell` have not ended, its main thread included while the cell runs. The
    /// destructors of its thread locals are a part of a thread's life. Who can never go on is not
    /// counted.
    pub fn live_threads(&self, cell: u32) -> usize {
        let header = &self.layout().header;
        let running = header.cell_end.load(Ordering::Relaxed) == 0
            && header.cell.load(Ordering::Relaxed) == cell;
        reader::threads_in_use(self.layout())
            .filter(|(_, entry)| {
                let flags = entry.flags.load(Ordering::Relaxed);
                let is_main = flags & FLAG_MAIN != 0;
                (entry.state.load(Ordering::Relaxed) == THREAD_ALIVE || flags & FLAG_LEAVING != 0)
                    && flags & FLAG_GIVEN_UP == 0
                    && entry.cell.load(Ordering::Relaxed) == cell
                    && (running || !is_main)
            })
            .count()
    }

    /// Bytes of the recording that take room in memory.
    ///
    /// # Errors
    ///
    /// When the system does not tell.
    pub fn memory_used(&self) -> io::Result<u64> {
        #[cfg(unix)]
        {
            use std::os::unix::fs::MetadataExt;
            Ok(self.file.metadata()?.blocks() * 512)
        }
        #[cfg(not(unix))]
        {
            Ok(SIZE as u64)
        }
    }

    pub(crate) fn layout(&self) -> &Layout {
        self.mapping.layout()
    }

    #[cfg(test)]
    pub(crate) fn mapping(&self) -> Arc<Mapping> {
        Arc::clone(&self.mapping)
    }
}

/// What the cell's process has measured of the recorder itself.
fn measured(header: &Header) -> impl Iterator<Item = &AtomicU32> {
    header
        .costs
        .iter()
        .chain([&header.empty_hold, &header.empty_hold_in_run])
}
