//! Sampled runs: each use is counted once, and read whole.

use loom::sync::Arc;
use loom::sync::atomic::{AtomicU32, Ordering, fence};
use loom::thread;

/// `uses.rs`, `writer/sampled.rs`: a mutex that is one word with its holder and its count of
/// acquisitions, and the run of its holder, which whoever takes it looks at before.
struct Mutex {
    /// Count in the upper half, holder in the lower one.
    uses: AtomicU32,
    epoch: AtomicU32,
    base: AtomicU32,
    event: AtomicU32,
    /// The events' number of further uses; those that nobody has written yet are `NO_EVENT`.
    events: [AtomicU32; 4],
    written: AtomicU32,
}

const ONE_USE: u32 = 1 << 16;
const NO_EVENT: u32 = u32::MAX;

impl Mutex {
    fn new() -> Mutex {
        Mutex {
            uses: AtomicU32::new(0),
            epoch: AtomicU32::new(0),
            base: AtomicU32::new(0),
            event: AtomicU32::new(0),
            events: std::array::from_fn(|_| AtomicU32::new(NO_EVENT)),
            written: AtomicU32::new(0),
        }
    }

    /// `reacquire` and `release_in_run`: whether the use went on with the run. Nothing is written
    /// down.
    fn use_in_run(&self, me: u32) -> bool {
        let seen = self.uses.load(Ordering::Acquire);
        let may = seen & 0xFFFF == 0 && self.epoch.load(Ordering::Relaxed) == me;
        if !may || !self.take_at(seen, me) {
            return false;
        }
        assert_eq!(
            self.epoch.load(Ordering::Relaxed),
            me,
            "went on with another thread's run"
        );
        self.give_back();
        true
    }

    /// `Uses::begin`, `end` and `open`: ends the run that there is, and begins one. `false` if
    /// somebody has the mutex.
    fn use_timed(&self, me: u32) -> bool {
        let seen = self.uses.load(Ordering::Relaxed);
        if seen & 0xFFFF != 0 || !self.take_at(seen, me) {
            return false;
        }
        self.begin_run(me);
        self.give_back();
        true
    }

    /// Ends the run that there is, and begins one with the present use.
    fn begin_run(&self, me: u32) {
        let before = (self.uses.load(Ordering::Relaxed) >> 16) - 1;
        self.close(before);
        let event = self.written.load(Ordering::Relaxed);
        self.written.store(event + 1, Ordering::Relaxed);
        self.events[event as usize].store(0, Ordering::Relaxed);
        self.event.store(event, Ordering::Relaxed);
        self.base.store(before + 1, Ordering::Relaxed);
        self.epoch.store(me, Ordering::Relaxed);
    }

    fn close(&self, count: u32) {
        if self.epoch.load(Ordering::Relaxed) != 0 {
            let event = &self.events[self.event.load(Ordering::Relaxed) as usize];
            let more = count - self.base.load(Ordering::Relaxed);
            assert_eq!(
                event.compare_exchange(0, more, Ordering::Relaxed, Ordering::Relaxed),
                Ok(0),
                "counted into an event twice"
            );
            self.epoch.store(0, Ordering::Relaxed);
        }
    }

    fn take_at(&self, seen: u32, me: u32) -> bool {
        self.uses
            .compare_exchange(
                seen,
                (seen + ONE_USE) | me,
                Ordering::Acquire,
                Ordering::Relaxed,
            )
            .is_ok()
    }

    fn give_back(&self) {
        self.uses.fetch_and(!0xFFFF, Ordering::AcqRel);
    }
}

/// The same for the writers of a lock that has a word of its own: `Kept` in `probe/reacquire.rs`.
/// Its `uses` are written by whoever has it.
struct Written {
    state: AtomicU32,
    uses: Mutex,
}

impl Written {
    fn use_in_run(&self, me: u32) -> bool {
        if !self.goes_on(me) || !self.enter() {
            return false;
        }
        // It may have been another's in between.
        let goes_on = self.goes_on(me);
        if goes_on {
            self.note(me);
        }
        self.leave();
        goes_on
    }

    fn use_timed(&self, me: u32) -> bool {
        if !self.enter() {
            return false;
        }
        let taken = self.uses.uses.load(Ordering::Relaxed) + ONE_USE;
        self.uses.uses.store(taken | me, Ordering::Relaxed);
        self.uses.begin_run(me);
        self.uses.uses.store(taken, Ordering::Relaxed);
        self.leave();
        true
    }

    fn goes_on(&self, me: u32) -> bool {
        self.uses.uses.load(Ordering::Relaxed) & 0xFFFF == 0
            && self.uses.epoch.load(Ordering::Relaxed) == me
    }

    /// Takes and gives back, in the words of the recording.
    fn note(&self, me: u32) {
        assert_eq!(
            self.uses.epoch.load(Ordering::Relaxed),
            me,
            "went on with another thread's run"
        );
        let taken = self.uses.uses.load(Ordering::Relaxed) + ONE_USE;
        self.uses.uses.store(taken | me, Ordering::Relaxed);
        self.uses.uses.store(taken, Ordering::Relaxed);
    }

    fn enter(&self) -> bool {
        self.state
            .compare_exchange(0, 1, Ordering::Acquire, Ordering::Relaxed)
            .is_ok()
    }

    fn leave(&self) {
        self.state.swap(0, Ordering::AcqRel);
    }
}

/// Every acquisition is counted once, by the word, and once by one of the events, whoever goes on
/// with which run, and whoever ends it.
#[test]
fn each_use_is_counted_into_one_event() {
    loom::model(|| {
        let mutex = Arc::new(Mutex::new());
        let theirs = Arc::clone(&mutex);
        let work = |mutex: &Mutex, me: u32| twice(|| mutex.use_in_run(me) || mutex.use_timed(me));
        let other = thread::spawn(move || work(&theirs, 2));
        let uses = work(&mutex, 1) + other.join().unwrap();
        all_are_counted(&mutex, uses);
    });
}

#[test]
fn each_write_is_counted_into_one_event() {
    loom::model(|| {
        let lock = Arc::new(Written {
            state: AtomicU32::new(0),
            uses: Mutex::new(),
        });
        let theirs = Arc::clone(&lock);
        let work = |lock: &Written, me: u32| twice(|| lock.use_in_run(me) || lock.use_timed(me));
        let other = thread::spawn(move || work(&theirs, 2));
        let uses = work(&lock, 1) + other.join().unwrap();
        all_are_counted(&lock.uses, uses);
    });
}

/// How many of two uses came about.
fn twice(used: impl Fn() -> bool) -> u32 {
    (0..2).filter(|_| used()).count() as u32
}

fn all_are_counted(mutex: &Mutex, uses: u32) {
    let count = mutex.uses.load(Ordering::Relaxed) >> 16;
    assert_eq!(count, uses);
    mutex.close(count);
    let events = mutex
        .events
        .iter()
        .map(|event| event.load(Ordering::Relaxed));
    let counted: u32 = events
        .filter(|more| *more != NO_EVENT)
        .map(|more| more + 1)
        .sum();
    assert_eq!(counted, uses);
}

/// `writer/sampled.rs`, `reader/sampled.rs`: a reader of another process takes nothing that belongs
/// to two states of a run.
#[test]
fn a_run_is_read_whole_or_not_at_all() {
    struct Run {
        version: AtomicU32,
        base: AtomicU32,
        begun: AtomicU32,
    }
    loom::model(|| {
        let run = Arc::new(Run {
            version: AtomicU32::new(0),
            base: AtomicU32::new(1),
            begun: AtomicU32::new(10),
        });
        let theirs = Arc::clone(&run);
        let writer = thread::spawn(move || {
            let version = theirs.version.load(Ordering::Relaxed) | 1;
            theirs.version.store(version, Ordering::Relaxed);
            fence(Ordering::Release);
            theirs.base.store(2, Ordering::Relaxed);
            theirs.begun.store(20, Ordering::Relaxed);
            theirs.version.store(version + 1, Ordering::Release);
        });
        let version = run.version.load(Ordering::Acquire);
        let base = run.base.load(Ordering::Relaxed);
        let begun = run.begun.load(Ordering::Relaxed);
        fence(Ordering::Acquire);
        if version % 2 == 0 && run.version.load(Ordering::Relaxed) == version {
            assert_eq!(begun, base * 10, "of two states");
        }
        writer.join().unwrap();
    });
}
