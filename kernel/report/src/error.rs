//! The kernel's error text for a deadlocked cell.

use crate::model::{FindingKind, Report};
use crate::text;

/// The kernel's error text for a deadlocked cell: one line for `evalue`, and the lines of the
/// traceback, which draw the cycle with names and cell lines. `None` when there was no deadlock.
pub fn deadlock_error(report: &Report) -> Option<(String, String)> {
    let finding = report.finding(FindingKind::Deadlock)?;
    let title = finding.title_alone();
    let cycle = text::cycle(finding, report.cell);
    let text = format!(
        "deadlock: {title}\n\n{cycle}\n{}\n",
        finding.besides_edges()
    );
    Some((title.to_owned(), text))
}
