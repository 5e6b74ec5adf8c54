//! `let _ = m.lock();`, which unlocks at once.
//!
//! Asks for a hold whose source line binds the guard itself, and nothing made from it, to `_`.

use std::collections::{BTreeMap, BTreeSet};

use record::snapshot::{Action, LocationSlot, ObjectSlot};

use super::source::{drops_guard_at_once, statement};
use crate::analyse::Facts;
use crate::model::{At, Finding, FindingKind, Severity};
use crate::words::units::count;

/// A finding for each such line.
pub(super) fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let suspects: BTreeSet<LocationSlot> = facts
        .context
        .places
        .keys()
        .copied()
        .filter(|&location| {
            let code = facts.at(location).and_then(|at| match at {
                At::Cell { cell, line, .. } => statement(&facts.context.source_lines, cell, line),
                At::Dependency { .. } => None,
            });
            code.is_some_and(|code| drops_guard_at_once(&code))
        })
        .collect();
    if suspects.is_empty() {
        return Vec::new();
    }
    let mut found: BTreeMap<(LocationSlot, ObjectSlot), u64> = BTreeMap::new();
    for event in &facts.snapshot.events {
        if let Action::Hold { object, .. } = event.action
            && suspects.contains(&event.at)
        {
            *found.entry((event.at, object)).or_default() += 1;
        }
    }
    found
        .into_iter()
        .take(5)
        .map(|((at, object), times)| finding(facts, at, object, times))
        .collect()
}

fn finding(facts: &Facts<'_>, at: LocationSlot, object: ObjectSlot, times: u64) -> Finding {
    let what = facts.what(object);
    let times = if times > 1 {
        format!(" ({} times)", count(times))
    } else {
        String::new()
    };
    let title = format!(
        "`let _ =`{} unlocked {what} at once{times}",
        facts.at_suffix(at)
    );
    let detail = "`_` is no variable: what is bound to it is dropped in the same statement, so \
                  nothing after that line is protected. Give the guard a name, `let _guard = …`, \
                  and it lives to the end of its block."
        .to_owned();
    Finding::new(
        FindingKind::LetUnderscoreLock,
        Severity::Warning,
        title,
        detail,
    )
    .objects([facts.object_ref(object)])
    .at([facts.at(at)])
}
