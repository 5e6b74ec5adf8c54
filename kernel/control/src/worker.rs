//! The process that does runs, and how the explorer has it do them.
//!
//! It is a copy of the explorer, which has loaded everything. After a run it puts the program's
//! memory back as it was before ([`snapshot`]) and does the next one, for as long as nothing was
//! left that can't be put back ([`dispatch`]). Otherwise the next run is another copy's first one.
//! Where each run leaves something, each is a copy's only one.

use std::sync::atomic::Ordering;

use crate::process::{self, DONE, LEAVES, RUN};
use crate::result::{Runs, shared};
use crate::system::{self, Ended, Forked};
use crate::{carriers, dispatch, heap, interpose, random, signals, snapshot};

/// Workers in a row that did few runs, after which each does one.
const SHORT_LIVED: u32 = 3;
const FEW: u64 = 4;

/// The explorer's side.
pub struct Worker {
    process: Option<i32>,
    /// Whether it is to do more than one.
    lasts: bool,
    short_lived: u32,
    /// Seconds that a run may take.
    seconds: i64,
}

impl Worker {
    /// None yet; `lasts`: one process may do many runs.
    pub fn new(lasts: bool, seconds: i64) -> Worker {
        Worker {
            process: None,
            lasts,
            short_lived: 0,
            seconds,
        }
    }

    /// Does runs until there is none any more.
    pub fn run(&mut self, runs: &mut (dyn Runs + 'static)) -> std::io::Result<()> {
        shared().runs = Some(runs);
        loop {
            shared().turn.store(RUN, Ordering::SeqCst);
            let before = shared().done;
            let process = match self.process.take() {
                Some(process) => {
                    system::wake_other(&shared().turn);
                    process
                }
                None => match system::fork_here() {
                    Forked::Child => work(self.lasts, self.seconds),
                    Forked::Parent(process) => process,
                    Forked::Failed(error) => return Err(error),
                },
            };
            let Some(ended) = wait(process, runs) else {
                self.process = Some(process);
                return Ok(());
            };
            if shared().turn.load(Ordering::SeqCst) == DONE {
                return Ok(());
            }
            if let Some((together, lane)) = shared().together {
                together.leave_outside(lane);
            }
            runs.end(ended);
            let few = shared().done - before < FEW;
            self.short_lived = if few { self.short_lived + 1 } else { 0 };
            self.lasts &= self.short_lived < SHORT_LIVED;
        }
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        if let Some(process) = self.process.take() {
            shared().turn.store(LEAVES, Ordering::SeqCst);
            system::wake_other(&shared().turn);
            system::ended(process, true);
        }
    }
}

/// Waits until the runs are over; how their process ended, if it did.
fn wait(process: i32, runs: &dyn Runs) -> Option<Ended> {
    loop {
        runs.while_waiting();
        match shared().turn.load(Ordering::SeqCst) {
            DONE => return None,
            LEAVES => return Some(system::ended(process, true).unwrap_or(Ended::Code(0))),
            _ => system::sleep_a_while(&shared().turn, RUN),
        }
        // It may have ended without a word.
        if shared().turn.load(Ordering::SeqCst) == RUN
            && let Some(ended) = system::ended(process, false)
        {
            return Some(ended);
        }
    }
}

/// Does runs, in a copy of the explorer.
fn work(lasts: bool, seconds: i64) -> ! {
    system::die_with_parent();
    signals::prepare();
    carriers::prepare();
    let made = make_carriers();
    process::prepare(lasts && made && dispatch::prepare() && snapshot::take(&[heap::memory()]));
    loop {
        while runs().is_some_and(Runs::begin) {
            signals::limit(seconds);
            carriers::reset();
            heap::reset();
            random::reset();
            process::do_run(begin);
            snapshot::put_back();
            shared().done += 1;
            if let Some(runs) = runs() {
                runs.end(Ended::Code(0));
            }
        }
        signals::limit(0);
        shared().turn.store(DONE, Ordering::SeqCst);
        system::wake_other(&shared().turn);
        loop {
            match shared().turn.load(Ordering::SeqCst) {
                RUN => break,
                LEAVES => system::leave(0),
                _ => system::sleep_a_while(&shared().turn, DONE),
            }
        }
    }
}

fn runs() -> Option<&'static mut dyn Runs> {
    // SAFETY: the explorer keeps what it has set until all runs are over.
    shared().runs.map(|runs| unsafe { &mut *runs })
}

/// Makes what runs need. A process that does one run has it, too: its addresses are equal.
fn make_carriers() -> bool {
    let shared = shared();
    (0..shared.carriers).all(|_| interpose::make_carrier(shared.stack).is_ok())
}

extern "C" fn begin() -> ! {
    if let Some(runs) = runs() {
        runs.run();
    }
    unreachable!("a run ends elsewhere")
}
