//! A branch of a `select!` that its task never comes to.
//!
//! Asks for 128 rounds and 100 ms in which one task has chosen a branch each time without polling
//! another one, which it would have polled if the first one had not been ready. That is so with
//! `biased;` alone: without it the branches are polled in an order that is drawn anew. Who comes to
//! the other branch now and then is left out, be it ready then or not.

use std::collections::BTreeMap;

use record::snapshot::{Action, Event, LocationSlot, TaskSlot};

use crate::analyse::{Facts, length};
use crate::model::{At, Finding, FindingKind, Severity};
use crate::words::units::{count, duration};

/// Bursts that are shorter are nobody's harm.
const LONG: u64 = 100_000_000;
/// Most findings.
const MOST: usize = 3;

/// A finding for each `select!`.
pub(super) fn check(facts: &Facts<'_>) -> Vec<Finding> {
    let mut selects: BTreeMap<LocationSlot, (&Event, TaskSlot, u16, u32)> = BTreeMap::new();
    for event in facts.events_at(&facts.scan.passed_over) {
        let Action::PassedOver {
            task,
            branches,
            rounds,
        } = event.action
        else {
            continue;
        };
        let in_cell = matches!(facts.at(event.at), Some(At::Cell { .. }));
        if !in_cell || length(event) < LONG || branches == 0 {
            continue;
        }
        let found = (event, task, branches, rounds);
        let longest = selects.entry(event.at).or_insert(found);
        if length(event) > length(longest.0) {
            *longest = found;
        }
    }
    let mut selects: Vec<_> = selects.into_values().collect();
    selects.sort_by_key(|(event, ..)| std::cmp::Reverse(length(event)));
    selects.truncate(MOST);
    let finding = |(event, task, branches, rounds)| finding(facts, event, task, branches, rounds);
    selects.into_iter().map(finding).collect()
}

fn finding(
    facts: &Facts<'_>,
    event: &Event,
    task: TaskSlot,
    branches: u16,
    rounds: u32,
) -> Finding {
    let numbers: Vec<String> = (0..u16::BITS)
        .filter(|bit| branches & 1 << bit != 0)
        .map(|bit| (bit + 1).to_string())
        .collect();
    let which = match numbers.as_slice() {
        [one] => format!("branch {one}"),
        several => format!("branches {}", several.join(", ")),
    };
    let title = format!(
        "{} never came to {which} of its `select!`{} for {}: an earlier branch was ready {} times \
         in a row",
        facts.task_words(task),
        facts.at_suffix(event.at),
        duration(length(event)),
        count(u64::from(rounds)),
    );
    let detail = "With `biased;` branches are polled in their order, and none below one that is \
                  ready. Put what must not be missed (a stop, a timer) first, or leave `biased;` \
                  out.";
    Finding::new(FindingKind::StarvedBranch, Severity::Warning, title, detail)
        .threads([facts.thread_id(event.thread)])
        .tasks([facts.task_id(task)])
        .at([facts.at(event.at)])
}
