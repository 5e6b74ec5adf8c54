//! The replay: a schedule once more, and where a run leaves it.

use super::Strategy;
use crate::point::{Alternatives, Point};
use crate::schedule::{Cause, Divergence, Schedule};
use crate::trace::Trace;

/// Follows a schedule. A run that can't goes on with its running thread, and
/// [`Replay::divergence`] says where it left the schedule.
#[derive(Clone, Debug)]
pub struct Replay {
    schedule: Schedule,
    data: usize,
    divergence: Option<Divergence>,
    finished: bool,
}

impl Replay {
    /// Will follow this schedule.
    pub fn new(schedule: Schedule) -> Replay {
        Replay {
            schedule,
            data: 0,
            divergence: None,
            finished: false,
        }
    }

    /// Where the last run left the schedule, if it did.
    pub fn divergence(&self) -> Option<&Divergence> {
        self.divergence.as_ref()
    }

    fn compare(&self, trace: &Trace) -> Option<Divergence> {
        let scheduled = &self.schedule.threads;
        let wrong_thread = trace.steps.iter().enumerate().find_map(|(at, step)| {
            let operation = step.pending.operation;
            let thread = step.thread();
            let cause = match scheduled.get(at) {
                Some(wanted) if *wanted == thread => return None,
                Some(&scheduled) => Cause::CannotGoOn {
                    scheduled,
                    instead: thread,
                    operation,
                },
                None => Cause::WentOn { thread, operation },
            };
            Some((at, cause))
        });
        let missing = scheduled.len().saturating_sub(trace.steps.len());
        let ended = (missing > 0).then_some((trace.steps.len(), Cause::EndedEarly { missing }));
        let checks = trace.checks();
        let did = checks.iter().zip(&self.schedule.checks);
        let did_otherwise = did.clone().position(|(mine, recorded)| mine != recorded);
        let did_otherwise =
            did_otherwise.map(|check| ((check + 1) * Schedule::CHECKED - 1, Cause::DidOtherwise));
        let data = self.other_data(trace);
        [data, did_otherwise, wrong_thread, ended]
            .into_iter()
            .flatten()
            .min_by_key(|(at, _)| *at)
            .map(|(at, cause)| Divergence {
                step: at + 1,
                cause,
            })
    }

    /// The first step whose choices within are not the recorded ones.
    fn other_data(&self, trace: &Trace) -> Option<(usize, Cause)> {
        let mut recorded = self.schedule.data.iter();
        let step = (0..trace.steps.len()).find(|step| {
            let mut data = trace.data(*step).iter();
            !data.all(|datum| recorded.next() == Some(&datum.chosen))
        });
        let left = recorded.next().is_some();
        let last = trace.steps.len().saturating_sub(1);
        step.or(left.then_some(last))
            .map(|step| (step, Cause::OtherAlternatives))
    }
}

impl Strategy for Replay {
    fn begin_run(&mut self) {
        self.data = 0;
        self.divergence = None;
    }

    fn choose(&mut self, point: &Point<'_>) -> usize {
        if let Alternatives::Thread(options) = point.alternatives {
            let scheduled = self.schedule.threads.get(point.step as usize);
            let position = |thread| options.iter().position(|next| next.thread == thread);
            return scheduled
                .and_then(|thread| position(*thread))
                .or(point.stay())
                .unwrap_or(0);
        }
        self.data += 1;
        let chosen = self.schedule.data.get(self.data - 1);
        chosen.map_or(0, |chosen| *chosen as usize)
    }

    fn end_run(&mut self, trace: &Trace) {
        self.divergence = self.compare(trace);
        self.finished = true;
    }

    fn is_finished(&self) -> bool {
        self.finished
    }
}
