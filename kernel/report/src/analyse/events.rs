//! What is asked of single events and kinds.

use record::snapshot::{Event, ObjectKind, WaitOutcome};

/// How long an event lasted.
pub(crate) fn length(event: &Event) -> u64 {
    event.end_ns.saturating_sub(event.start_ns)
}

/// Whether using an object of this kind alone makes a report.
pub(crate) fn is_reported(kind: ObjectKind) -> bool {
    !matches!(
        kind,
        ObjectKind::Once | ObjectKind::OnceLock | ObjectKind::LazyLock | ObjectKind::Stdio
    )
}

/// Whether a wait that ended so can be told as waiting for something that came.
pub(crate) fn ended_well(outcome: WaitOutcome) -> bool {
    !matches!(outcome, WaitOutcome::Cancelled | WaitOutcome::Deadlock)
}
