//! The report as JSON of bounded size.

use crate::model::{Omitted, Report};
use crate::tables;

/// Most bytes of the JSON, written without white space.
const BYTES: usize = 256 * 1024;

impl Report {
    /// The public contract, at most 256 KiB when written without white space: longer lists are cut,
    /// with `"omitted"` telling by how much.
    pub fn to_json(&self) -> serde_json::Value {
        let value = serde_json::to_value(self).unwrap_or_default();
        if size(&value) <= BYTES {
            return value;
        }
        let mut report = self.clone();
        for _ in 0..12 {
            report.shrink();
            let value = serde_json::to_value(&report).unwrap_or_default();
            if size(&value) <= BYTES {
                return value;
            }
        }
        // Only strings of absurd length could lead here, and names are cut when the report is made.
        report.timeline = None;
        serde_json::to_value(&report).unwrap_or_default()
    }

    /// Halves the long lists.
    pub(crate) fn shrink(&mut self) {
        let mut omitted: Omitted = self.omitted_in.unwrap_or_default();
        if let Some(timeline) = &mut self.timeline {
            for lane in &mut timeline.lanes {
                lane.coarsen(timeline.resolution_ns);
            }
        }
        let half = |length: usize, least: usize| (length / 2).max(least);
        let threads = half(self.threads.len(), 24);
        omitted.threads += tables::cut_threads(&mut self.threads, threads);
        let locks = half(self.locks.len(), 16);
        omitted.locks += tables::cut_by(&mut self.locks, locks, |lock| {
            (lock.wait_ns.total, lock.acquisitions)
        });
        let channels = half(self.channels.len(), 16);
        omitted.channels += tables::cut_by(&mut self.channels, channels, |channel| {
            (channel.lost, channel.sent)
        });
        let findings = self.findings.len();
        self.findings.truncate((findings / 2).max(8));
        omitted.findings += (findings - self.findings.len()) as u64;
        omitted.note(self);
    }
}

fn size(value: &serde_json::Value) -> usize {
    serde_json::to_vec(value).map_or(0, |bytes| bytes.len())
}
