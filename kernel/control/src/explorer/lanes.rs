//! A search that two processes share, each on a processor of its own.
//!
//! Runs are numbered, and which process does a run changes nothing of it (see [`Lanes`]). The first
//! process does the first runs alone; few programs that fail need more. Then another copy of the
//! explorer, with memory of its own, goes along the other lane. The first failure is the one with
//! the lowest number. Runs after that are taken back, as if one process had done all in order.

use std::ptr;
use std::sync::atomic::Ordering;

use explore::{Coverage, Lanes, Strategy};

use super::{Explorer, complain};
use crate::system::{self, Forked};
use crate::{arena, result, scheduler};

/// Fewer runs are not worth another process.
const WORTH: u64 = 2_000;

impl Explorer {
    /// The random search, as far as it is this process's.
    pub fn search_lanes(&mut self) {
        let lanes = Lanes::new(self.orders.heuristic, self.orders.seed, self.lane);
        self.runs(lanes, |explorer, lanes, over| {
            let number = lanes.number();
            lanes.end_run(over.trace());
            // The other process has done the first runs only to know what they tell.
            if explorer.lane.is_none_or(|own| own == Lanes::of(number)) {
                explorer.note(number, &over);
            }
            if over.way.is_failure() {
                let lane = explorer.lane.unwrap_or(Lanes::of(number));
                explorer.together.failed[lane].store(number, Ordering::SeqCst);
                explorer.last = Some(over);
                return false;
            }
            if explorer.lane.is_none() && lanes.number() == Lanes::COMMON && explorer.wants_other()
            {
                explorer.lane = Some(0);
                result::shared().together = Some((explorer.together, 0));
                lanes.keep_to(0);
            }
            explorer.reuse(over);
            explorer.tell_progress();
            explorer.goes_on_with(lanes.number())
        });
        self.join_lanes();
        if self.tallies.iter().any(|it| it.is_only) {
            self.coverage = Coverage::All {
                executions: 1,
                spun: false,
            };
        }
    }

    /// Whether there is to be another process from now on. Runs that leave something outside of
    /// their process, a file or a socket, would meet each other's: none may have done so far.
    fn wants_other(&self) -> bool {
        let wants = !self.orders.alone
            && result::shared().done >= Lanes::COMMON
            && self.other_processor.is_some()
            && arena::has_other()
            && self.orders.runs > Lanes::COMMON + WORTH;
        self.together.wanted.store(wants, Ordering::SeqCst);
        wants
    }

    /// Whether the run of this number is to be done.
    fn goes_on_with(&mut self, number: u64) -> bool {
        let mut failed = u64::MAX;
        match self.lane {
            None => self.tallies.iter_mut().for_each(|it| it.settle(u64::MAX)),
            Some(lane) => {
                let others = 1 - lane;
                let together = self.together;
                together.done[lane].store(number, Ordering::SeqCst);
                self.tallies[lane].settle(together.done[others].load(Ordering::SeqCst));
                failed = together.failed[others].load(Ordering::SeqCst);
            }
        }
        let is_only = self.tallies.iter().any(|it| it.is_only);
        !is_only
            && number < failed
            && number < self.orders.runs
            && self.seconds() < self.orders.seconds
    }

    /// How many runs the other process has done so far.
    pub fn runs_of_other(&self) -> u64 {
        match self.lane {
            Some(0) => {
                let done = self.together.done[1].load(Ordering::SeqCst);
                done.saturating_sub(Lanes::COMMON) / Lanes::COUNT as u64
            }
            _ => 0,
        }
    }

    /// Starts the other process if it is wanted. To be called by the explorer, whose memory a copy
    /// of it begins with.
    pub fn help(&self) {
        if !self.together.wanted.swap(false, Ordering::SeqCst) {
            return;
        }
        match system::fork_here() {
            Forked::Child => self.go_along_other_lane(),
            Forked::Parent(process) => self.together.other.store(process, Ordering::SeqCst),
            Forked::Failed(error) => {
                let why = format!("cannot start another process: {error}");
                complain(self.program.protocol, &why);
                system::leave(1)
            }
        }
    }

    /// The other process. The first one goes on at the same time: nothing of its memory is changed,
    /// and nothing is read but what does not change.
    fn go_along_other_lane(&self) -> ! {
        system::die_with_parent();
        if let Some(processor) = self.other_processor {
            system::stay_on(processor);
        }
        arena::move_to_other();
        result::prepare(self.program.output, self.program.protocol);
        scheduler::prepare();
        result::shared().together = Some((self.together, 1));
        let program = self.program;
        match Explorer::of_lane(program, self.orders.clone(), self.together, Some(1)) {
            Ok(explorer) => {
                let explorer = Box::leak(Box::new(explorer));
                explorer.began = self.began;
                explorer.search_lanes();
                explorer.worker = None;
                let left = ptr::from_mut(explorer).cast();
                self.together.left.store(left, Ordering::SeqCst);
            }
            Err(why) => complain(program.protocol, &why),
        }
        system::leave(0)
    }

    /// Waits for the other process, if this is the first one of two, and takes over what it found.
    fn join_lanes(&mut self) {
        if self.lane != Some(0) {
            return;
        }
        self.help();
        let together = self.together;
        system::ended(together.other.load(Ordering::SeqCst), true);
        let left = together.left.load(Ordering::SeqCst).cast::<Explorer>();
        // SAFETY: null, or what the other process left, which is no more. Nobody else uses it.
        let Some(other) = (unsafe { left.as_mut() }) else {
            complain(
                self.program.protocol,
                "a process that explored has ended before it had done its runs",
            );
            system::leave(1)
        };
        std::mem::swap(&mut self.tallies[1], &mut other.tallies[1]);
        let [mine, its] = [0, 1].map(|lane| together.failed[lane].load(Ordering::SeqCst));
        if its < mine {
            std::mem::swap(&mut self.last, &mut other.last);
        }
        let first = mine.min(its);
        self.tallies
            .iter_mut()
            .for_each(|it| it.take_back_after(first));
        self.lane = None;
        result::shared().together = None;
    }
}
