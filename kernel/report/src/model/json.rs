//! The report as JSON of bounded size.

use super::report::Report;

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
}

fn size(value: &serde_json::Value) -> usize {
    serde_json::to_vec(value).map_or(0, |bytes| bytes.len())
}
