//! How long the report's lists may be, and what goes first where they are longer.

use super::omitted::Omitted;
use super::report::Report;
use super::tasks::{TaskRow, TaskStatus};
use super::threads::{ThreadRow, ThreadStatus};

/// Most rows of each list; beyond them, `omitted` counts.
const THREADS: usize = 256;
const TASKS: usize = 200;
const LOCKS: usize = 120;
const CHANNELS: usize = 100;
const OTHERS: usize = 60;
const FINDINGS: usize = 30;

/// Cuts the lists, counting what goes.
pub(crate) fn cut(report: &mut Report) {
    let others = cut_by(&mut report.condvars, OTHERS, |condvar| {
        condvar.wait_ns.total
    }) + cut_by(&mut report.barriers, OTHERS, |barrier| {
        barrier.wait_ns.total
    }) + cut_by(&mut report.semaphores, OTHERS, |semaphore| {
        semaphore.wait_ns.total
    }) + cut_by(&mut report.initialisers, OTHERS, |once| once.wait_ns.total)
        + cut_by(&mut report.jobs, OTHERS, |row| row.jobs)
        + cut_by(&mut report.dependencies, OTHERS, |row| {
            (row.wait_ns, row.locks)
        });
    let findings = report.findings.len().saturating_sub(FINDINGS) as u64;
    report.findings.truncate(FINDINGS);
    let omitted = Omitted {
        threads: cut_threads(&mut report.threads, THREADS),
        tasks: cut_tasks(&mut report.tasks, TASKS),
        locks: cut_by(&mut report.locks, LOCKS, |lock| {
            (lock.wait_ns.total, lock.acquisitions)
        }),
        channels: cut_by(&mut report.channels, CHANNELS, |channel| {
            (channel.lost, channel.sent)
        }),
        others,
        findings,
    };
    report.note_omitted(omitted);
}

impl Report {
    /// Halves the long lists.
    pub(crate) fn shrink(&mut self) {
        let mut omitted: Omitted = self.omitted_in.unwrap_or_default();
        if let Some(timeline) = &mut self.timeline {
            for lane in timeline.lanes.iter_mut().chain(&mut timeline.tasks) {
                lane.coarsen(timeline.resolution_ns);
            }
        }
        let half = |length: usize, least: usize| (length / 2).max(least);
        let threads = half(self.threads.len(), 24);
        omitted.threads += cut_threads(&mut self.threads, threads);
        let tasks = half(self.tasks.len(), 24);
        omitted.tasks += cut_tasks(&mut self.tasks, tasks);
        let locks = half(self.locks.len(), 16);
        omitted.locks += cut_by(&mut self.locks, locks, |lock| {
            (lock.wait_ns.total, lock.acquisitions)
        });
        let channels = half(self.channels.len(), 16);
        omitted.channels += cut_by(&mut self.channels, channels, |channel| {
            (channel.lost, channel.sent)
        });
        let findings = self.findings.len();
        self.findings.truncate((findings / 2).max(8));
        omitted.findings += (findings - self.findings.len()) as u64;
        self.note_omitted(omitted);
    }
}

/// Keeps the `most` rows that are worth most, in their order. Returns how many went.
fn cut_by<T, K: Ord>(rows: &mut Vec<T>, most: usize, worth: impl Fn(&T) -> K) -> u64 {
    if rows.len() <= most {
        return 0;
    }
    let mut ranked: Vec<usize> = (0..rows.len()).collect();
    ranked.sort_by_key(|&position| (std::cmp::Reverse(worth(&rows[position])), position));
    let mut keep = vec![false; rows.len()];
    for &position in &ranked[..most] {
        keep[position] = true;
    }
    let mut position = 0;
    rows.retain(|_| {
        position += 1;
        keep[position - 1]
    });
    (ranked.len() - most) as u64
}

/// Cuts threads: the main thread, the unfinished and the panicked stay longest.
fn cut_threads(rows: &mut Vec<ThreadRow>, most: usize) -> u64 {
    cut_by(rows, most, |row| {
        let blocked = &row.blocked_ns;
        let waited = blocked
            .lock
            .saturating_add(blocked.channel)
            .saturating_add(blocked.condvar);
        (row.is_main, row.state != ThreadStatus::Finished, waited)
    })
}

/// Cuts tasks: the unfinished and the panicked stay longest, then the busy.
fn cut_tasks(rows: &mut Vec<TaskRow>, most: usize) -> u64 {
    cut_by(rows, most, |row| {
        (row.state != TaskStatus::Finished, row.longest_poll_ns)
    })
}
