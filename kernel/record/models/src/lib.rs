//! The protocols between threads that take no lock, explored in every interleaving by loom:
//! `cargo test --release` in this folder.
//!
//! They are models: the same steps, with the same orderings, on loom's atomics. The names say which
//! code each one stands for.

#![cfg(test)]

mod queue;
mod runs;

use loom::sync::atomic::{AtomicU32, AtomicU64, Ordering, fence};
use loom::sync::{Arc, Condvar};
use loom::thread;

/// `futex.rs`: a waiter announces itself, looks, and sleeps; a waker changes the state and wakes.
struct Wake {
    word: AtomicU32,
    waiters: AtomicU32,
}

impl Wake {
    fn new() -> Wake {
        Wake {
            word: AtomicU32::new(0),
            waiters: AtomicU32::new(0),
        }
    }

    fn announce(&self) -> u32 {
        let seen = self.word.load(Ordering::SeqCst);
        self.waiters.fetch_add(1, Ordering::SeqCst);
        seen
    }

    fn wake_one(&self) {
        let mut count = self.waiters.load(Ordering::SeqCst);
        while count != 0 {
            match self.waiters.compare_exchange(
                count,
                count - 1,
                Ordering::SeqCst,
                Ordering::SeqCst,
            ) {
                Ok(_) => {
                    self.word.fetch_add(1, Ordering::SeqCst);
                    return;
                }
                Err(now) => count = now,
            }
        }
    }
}

/// A waiter never goes to sleep for good after what it waits for has happened: either its attempt
/// after the announcement succeeds, or the word it would sleep on changes.
#[test]
fn no_wake_up_is_lost() {
    loom::model(|| {
        let shared = Arc::new((Wake::new(), AtomicU32::new(1)));
        let theirs = Arc::clone(&shared);
        let holder = thread::spawn(move || {
            let (wake, lock) = &*theirs;
            lock.swap(0, Ordering::Release);
            fence(Ordering::SeqCst);
            if wake.waiters.load(Ordering::SeqCst) != 0 {
                wake.wake_one();
            }
        });
        let (wake, lock) = &*shared;
        let seen = wake.announce();
        // x86 needs no fence here, since the announcement is a read-modify-write; loom's model
        // does.
        fence(Ordering::SeqCst);
        let taken = lock
            .compare_exchange(0, 1, Ordering::Acquire, Ordering::Relaxed)
            .is_ok();
        holder.join().unwrap();
        let would_sleep = !taken && wake.word.load(Ordering::SeqCst) == seen;
        assert!(!would_sleep, "asleep for ever");
    });
}

/// Two waiters, two wake-ups: none of them stays asleep, whosever count a waker takes off.
#[test]
fn one_wake_up_each_is_enough_for_two() {
    loom::model(|| {
        let shared = Arc::new((Wake::new(), AtomicU32::new(0)));
        let waiter = |shared: Arc<(Wake, AtomicU32)>| {
            let (wake, tokens) = &*shared;
            let seen = wake.announce();
            fence(Ordering::SeqCst);
            let got = tokens.load(Ordering::SeqCst) >= 2;
            (got, seen)
        };
        let theirs = Arc::clone(&shared);
        let other = thread::spawn(move || waiter(theirs));
        let (wake, tokens) = &*shared;
        for _ in 0..2 {
            tokens.fetch_add(1, Ordering::SeqCst);
            fence(Ordering::SeqCst);
            if wake.waiters.load(Ordering::SeqCst) != 0 {
                wake.wake_one();
            }
        }
        let (got, seen) = other.join().unwrap();
        assert!(
            got || wake.word.load(Ordering::SeqCst) != seen,
            "asleep for ever"
        );
    });
}

/// `LOOKS` of `layout/wake.rs`.
const LOOKS: u32 = 1 << 31;

impl Wake {
    fn is_wanted(&self) -> bool {
        self.waiters.load(Ordering::SeqCst).cast_signed() > 0
    }

    fn wake_successor(&self, sleepers: &Sleepers) {
        let order = Ordering::SeqCst;
        let one_less = |count: u32| (count.cast_signed() > 0).then(|| (count - 1) | LOOKS);
        while self.waiters.fetch_update(order, order, one_less).is_ok() {
            self.word.fetch_add(1, order);
            if sleepers.wake_one() {
                break;
            }
            self.has_looked();
        }
    }

    fn has_looked(&self) {
        if self.waiters.load(Ordering::SeqCst) & LOOKS != 0 {
            self.waiters.fetch_and(!LOOKS, Ordering::SeqCst);
            fence(Ordering::SeqCst);
        }
    }
}

/// The system's part of a futex: who is woken sleeps in it, and wakes at most once.
struct Sleepers {
    number: loom::sync::Mutex<u32>,
    woken: Condvar,
}

impl Sleepers {
    fn new() -> Sleepers {
        Sleepers {
            number: loom::sync::Mutex::new(0),
            woken: Condvar::new(),
        }
    }

    fn sleep(&self, word: &AtomicU32, expected: u32) {
        let mut number = self.number.lock().unwrap();
        if word.load(Ordering::SeqCst) == expected {
            *number += 1;
            drop(self.woken.wait(number).unwrap());
        }
    }

    fn wake_one(&self) -> bool {
        let mut number = self.number.lock().unwrap();
        if *number == 0 {
            return false;
        }
        *number -= 1;
        self.woken.notify_one();
        true
    }
}

/// `Wake::wake_successor`: of two that wait for a mutex one is woken, and passes it on. Loom finds
/// it if one of them sleeps for ever.
#[test]
fn each_waiter_gets_the_mutex_in_its_turn() {
    struct Shared {
        lock: AtomicU32,
        wake: Wake,
        sleepers: Sleepers,
    }
    impl Shared {
        fn try_take(&self) -> bool {
            let (success, failure) = (Ordering::SeqCst, Ordering::Relaxed);
            self.lock.compare_exchange(0, 1, success, failure).is_ok()
        }

        fn give_back(&self) {
            self.lock.swap(0, Ordering::SeqCst);
            fence(Ordering::SeqCst);
            if self.wake.is_wanted() {
                self.wake.wake_successor(&self.sleepers);
            }
        }

        /// `probe/waiting/sleep.rs`.
        fn wait(&self) {
            loop {
                let seen = self.wake.announce();
                fence(Ordering::SeqCst);
                if self.try_take() {
                    return;
                }
                self.sleepers.sleep(&self.wake.word, seen);
                let taken = self.try_take();
                self.wake.has_looked();
                if taken {
                    return;
                }
            }
        }
    }
    let mut model = loom::model::Builder::new();
    model.preemption_bound = Some(3);
    model.check(|| {
        let shared = Arc::new(Shared {
            lock: AtomicU32::new(1),
            wake: Wake::new(),
            sleepers: Sleepers::new(),
        });
        let waiters = [(); 2].map(|()| {
            let theirs = Arc::clone(&shared);
            thread::spawn(move || {
                theirs.wait();
                theirs.give_back();
            })
        });
        shared.give_back();
        for waiter in waiters {
            waiter.join().unwrap();
        }
        assert_eq!(shared.lock.load(Ordering::SeqCst), 0);
    });
}

/// `probe/objects.rs`: two threads use an object for the first time at once.
#[test]
fn an_object_gets_one_entry() {
    loom::model(|| {
        let shared = Arc::new((
            AtomicU32::new(0),
            [AtomicU32::new(0), AtomicU32::new(0), AtomicU32::new(0)],
        ));
        let first_use = |shared: &(AtomicU32, [AtomicU32; 3]), fresh: u32| {
            let (id, kinds) = shared;
            let known = id.load(Ordering::Acquire);
            if known != 0 {
                assert_ne!(
                    kinds[known as usize].load(Ordering::Relaxed),
                    0,
                    "seen before it was filled in"
                );
                return known;
            }
            kinds[fresh as usize].store(7, Ordering::Release);
            match id.compare_exchange(0, fresh, Ordering::AcqRel, Ordering::Acquire) {
                Ok(_) => fresh,
                Err(winner) => {
                    kinds[fresh as usize].store(0, Ordering::Release);
                    assert_ne!(
                        kinds[winner as usize].load(Ordering::Relaxed),
                        0,
                        "seen before it was filled in"
                    );
                    winner
                }
            }
        };
        let theirs = Arc::clone(&shared);
        let other = thread::spawn(move || first_use(&theirs, 2));
        let mine = first_use(&shared, 1);
        let others = other.join().unwrap();
        assert_eq!(mine, others);
        let in_use = shared
            .1
            .iter()
            .filter(|kind| kind.load(Ordering::Relaxed) != 0)
            .count();
        assert_eq!(in_use, 1, "the loser gives its entry back");
    });
}

/// `tables.rs`, `reader/events.rs`: a chunk gets another owner while it is read. What the reader
/// takes is all of one owner's, complete events.
#[test]
fn a_chunk_is_read_whole_or_not_at_all() {
    struct Chunk {
        version: AtomicU32,
        owner: AtomicU32,
        count: AtomicU32,
        event: AtomicU64,
    }
    loom::model(|| {
        let chunk = Arc::new(Chunk {
            version: AtomicU32::new(2),
            owner: AtomicU32::new(1),
            count: AtomicU32::new(1),
            event: AtomicU64::new(100),
        });
        let theirs = Arc::clone(&chunk);
        let writer = thread::spawn(move || {
            theirs.version.store(3, Ordering::Relaxed);
            fence(Ordering::Release);
            theirs.owner.store(2, Ordering::Relaxed);
            theirs.count.store(0, Ordering::Relaxed);
            theirs.version.store(4, Ordering::Release);
            theirs.event.store(200, Ordering::Relaxed);
            theirs.count.store(1, Ordering::Release);
        });
        let version = chunk.version.load(Ordering::Acquire);
        let owner = chunk.owner.load(Ordering::Relaxed);
        let count = chunk.count.load(Ordering::Acquire);
        let event = chunk.event.load(Ordering::Relaxed);
        fence(Ordering::Acquire);
        let same = chunk.version.load(Ordering::Relaxed) == version;
        if same && version % 2 == 0 && count == 1 {
            assert_eq!(event, u64::from(owner) * 100, "another owner's event");
        }
        writer.join().unwrap();
    });
}

/// `deadlock/proof.rs`: of two threads that close a ring at once, at least one sees the other
/// asleep.
#[test]
fn a_ring_is_seen_by_one_at_least() {
    loom::model(|| {
        let stuck = Arc::new([AtomicU32::new(0), AtomicU32::new(0)]);
        let theirs = Arc::clone(&stuck);
        let block = |stuck: &[AtomicU32; 2], me: usize| {
            stuck[me].swap(1, Ordering::SeqCst);
            fence(Ordering::SeqCst);
            stuck[1 - me].load(Ordering::SeqCst) == 1
        };
        let other = thread::spawn(move || block(&theirs, 1));
        let mine = block(&stuck, 0);
        assert!(
            other.join().unwrap() || mine,
            "both sleep, and nobody has seen it"
        );
    });
}

/// `heartbeat.rs`: who needs the heartbeat is heard by a ticker that is just falling asleep.
#[test]
fn no_need_of_the_heartbeat_is_missed() {
    const AWAKE: u32 = 1;
    const SLEEPS: u32 = 2;
    loom::model(|| {
        let header = Arc::new((AtomicU32::new(AWAKE), AtomicU32::new(0)));
        let theirs = Arc::clone(&header);
        let asker = thread::spawn(move || {
            let (ticking, needs) = &*theirs;
            needs.swap(1, Ordering::SeqCst);
            // The swap is a full barrier where it is an instruction of its own; loom's is not.
            fence(Ordering::SeqCst);
            if ticking.load(Ordering::SeqCst) == SLEEPS {
                let _ = ticking.compare_exchange(SLEEPS, 0, Ordering::SeqCst, Ordering::Relaxed);
            }
        });
        let (ticking, needs) = &*header;
        ticking.store(SLEEPS, Ordering::SeqCst);
        fence(Ordering::SeqCst);
        let falls_asleep = needs.load(Ordering::SeqCst) == 0;
        asker.join().unwrap();
        assert!(
            !(falls_asleep && ticking.load(Ordering::SeqCst) == SLEEPS),
            "asleep, though it is needed"
        );
    });
}

/// `deadlock/look.rs`, `probe/waiting/sleep.rs`: a thread wakes another one and ends, and nobody
/// else is left. The one that was woken, and is about to find what it has waited for, is not taken
/// for one that sleeps for ever.
#[test]
fn who_was_woken_does_not_look_asleep() {
    const ANNOUNCED: u32 = 1;
    const STUCK: u32 = 2;
    struct Waiter {
        word: AtomicU32,
        phase: AtomicU32,
        wait_seen: AtomicU32,
    }
    loom::model(|| {
        let shared = Arc::new(Waiter {
            word: AtomicU32::new(0),
            phase: AtomicU32::new(STUCK),
            wait_seen: AtomicU32::new(0),
        });
        let theirs = Arc::clone(&shared);
        let ending = thread::spawn(move || {
            theirs.word.fetch_add(1, Ordering::SeqCst);
            let look = || {
                let asleep_at = theirs.wait_seen.load(Ordering::SeqCst);
                (theirs.phase.load(Ordering::SeqCst) == STUCK).then_some(asleep_at)
            };
            let unchanged = |asleep_at: u32| theirs.word.load(Ordering::SeqCst) == asleep_at;
            look().is_some_and(|seen| unchanged(seen) && look() == Some(seen) && unchanged(seen))
        });
        // The next round of the loop in `sleep`, once it is woken.
        let seen = shared.word.load(Ordering::SeqCst);
        if seen != 0 {
            shared.phase.swap(ANNOUNCED, Ordering::SeqCst);
            shared.wait_seen.store(seen, Ordering::SeqCst);
        }
        assert!(!ending.join().unwrap(), "accused while it was waking up");
    });
}

/// `attention.rs`, `writer/sampled.rs`: once a program is controlled, no run that was opened by
/// then or is opened after that lets an operation pass: either its thread has seen the flag, or its
/// heartbeat is an old one.
#[test]
fn no_run_goes_on_in_a_controlled_program() {
    loom::model(|| {
        let header = Arc::new((AtomicU32::new(0), AtomicU32::new(1)));
        let theirs = Arc::clone(&header);
        let opener = thread::spawn(move || {
            let (attention, heartbeat) = &*theirs;
            let seen = heartbeat.load(Ordering::Acquire);
            (attention.load(Ordering::Relaxed) == 0).then_some(seen)
        });
        let (attention, heartbeat) = &*header;
        attention.fetch_or(1, Ordering::SeqCst);
        heartbeat.fetch_add(1, Ordering::SeqCst);
        let opened = opener.join().unwrap();
        let goes_on = opened.is_some_and(|seen| seen == heartbeat.load(Ordering::Relaxed));
        assert!(!goes_on, "an operation passes without being seen");
    });
}
