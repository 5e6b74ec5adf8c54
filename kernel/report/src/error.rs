//! The kernel's error text for a deadlocked cell.

use crate::findings;
use crate::model::Report;

/// The kernel's error text for a deadlocked cell: one line for `evalue`, and the lines of the
/// traceback, which draw the cycle with names and cell lines. `None` when there was no deadlock.
pub fn deadlock_error(report: &Report) -> Option<(String, String)> {
    let finding = report
        .findings
        .iter()
        .find(|finding| finding.kind == "deadlock")?;
    let title = finding
        .title
        .strip_prefix("Deadlock: ")
        .unwrap_or(&finding.title);
    let cycle = findings::ring(finding, report.cell);
    let text = format!(
        "deadlock: {title}\n\n{cycle}\n{}\n",
        finding.besides_edges()
    );
    Some((title.to_owned(), text))
}
