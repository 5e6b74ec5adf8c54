//! Loads that saw an old store: which one, which newer one they missed, and what would have ordered
//! the two.

use super::handover::Handover;
use super::model::ExploredStep;

/// The position of the newest store that the stale load at `at` did not see. None where it saw
/// another thread's, rather than a later one of its own thread: those two have no order.
fn missed(steps: &[ExploredStep], at: usize) -> Option<usize> {
    let load = &steps[at];
    if !load.stale || load.is_of_count() {
        return None;
    }
    let newest = steps[..at].iter().rposition(|step| {
        step.object == load.object && step.operation != "load" && step.thread != load.thread
    })?;
    (load.reads_from != Some(steps[newest].step)).then_some(newest)
}

/// Of a load that sees another thread's store though its own thread has stored since: the two
/// stores, that of the other thread first.
fn crossed(steps: &[ExploredStep], at: usize) -> Option<(&ExploredStep, &ExploredStep)> {
    let load = &steps[at];
    let seen = steps[..at]
        .iter()
        .find(|step| load.stale && !load.is_of_count() && Some(step.step) == load.reads_from)?;
    let own = steps[..at].iter().rfind(|step| {
        (step.thread, &step.object) == (load.thread, &load.object) && step.operation != "load"
    })?;
    (seen.thread != load.thread && seen.step < own.step).then_some((seen, own))
}

/// Whether a later load did not see the store at `at`, though it was the newest.
pub(super) fn is_missed(steps: &[ExploredStep], at: usize) -> bool {
    (at + 1..steps.len()).any(|later| missed(steps, later) == Some(at))
}

/// What stands with a step in the table: for a load that saw an old store, an arrow to that store;
/// for a store, the loads that saw it though it was old, or that missed it.
pub(super) fn mark(steps: &[ExploredStep], at: usize) -> String {
    let step = &steps[at];
    if step.stale {
        return match step.reads_from {
            Some(from) if crossed(steps, at).is_some() && missed(steps, at).is_none() => {
                format!(" (↶ step {from})")
            }
            Some(from) => format!(" (old: ↶ step {from})"),
            None => " (old: ↶ its first value)".to_owned(),
        };
    }
    let later = &steps[at + 1..];
    let reader = later
        .iter()
        .find(|load| load.stale && load.reads_from == Some(step.step));
    let misser = (at + 1..steps.len()).find(|later| missed(steps, *later) == Some(at));
    match (reader, misser) {
        (_, Some(misser)) => format!(" (not seen at step {})", steps[misser].step),
        (Some(reader), None) => format!(" (↷ step {})", reader.step),
        (None, None) => String::new(),
    }
}

/// A load that did not see a store that had been made, in a sentence; none where either is within
/// a crate, whose orders are not the person's to mend.
pub(super) fn account(steps: &[ExploredStep], at: usize) -> Option<String> {
    if missed(steps, at).is_none()
        && let Some((seen, own)) = crossed(steps, at)
    {
        return of_crossed(&steps[at], seen, own);
    }
    let newest = missed(steps, at)?;
    let (newer, cure) = cure(steps, newest, at);
    let (load, store) = (&steps[at], &steps[newer]);
    if load.at.is_none() || store.at.is_none() {
        return None;
    }
    let name = load.object.as_deref()?;
    let old = load.value.as_deref().map_or_else(
        || "the old value".to_owned(),
        |value| format!("the old value {value}"),
    );
    Some(format!(
        "T{} still sees {old} of `{name}`{}, though T{} has stored a newer one{}: nothing orders \
         the two, as {cure} would",
        load.thread,
        load.line(),
        store.thread,
        store.line(),
    ))
}

/// Of two stores without an order, in a sentence.
fn of_crossed(load: &ExploredStep, seen: &ExploredStep, own: &ExploredStep) -> Option<String> {
    if [load, seen, own].iter().any(|step| step.at.is_none()) {
        return None;
    }
    let (name, value) = (load.object.as_deref()?, load.value.as_deref()?);
    Some(format!(
        "T{} sees {value} in `{name}`{}, as T{} has stored it{}, and not what it has stored itself \
         since{}: nothing orders the two stores, as `SeqCst` for both would",
        load.thread,
        load.line(),
        seen.thread,
        seen.line(),
        own.line()
    ))
}

/// What would have made the load at `at` see the store at `newest`, or an older one of the same
/// thread that it did not see either, and that store.
///
/// The storing thread may have stored something after it that the loading one saw before: then the
/// orders of these two decide. Else only an order of all of them does.
fn cure(steps: &[ExploredStep], newest: usize, at: usize) -> (usize, String) {
    let (store, load) = (&steps[newest], &steps[at]);
    let is_unseen = |step: &ExploredStep| {
        (step.thread, &step.object) == (store.thread, &store.object)
            && step.operation != "load"
            && load.reads_from.is_none_or(|from| step.step > from)
    };
    let unseen = (0..=newest).rev().filter(|it| is_unseen(&steps[*it]));
    // As in a seqlock: what was read in between is to be trusted if nothing has changed.
    let mut earlier = steps[..at].iter();
    let looks_again = earlier.any(|step| {
        step.operation == "load" && (step.thread, &step.object) == (load.thread, &load.object)
    });
    let mut cures = unseen.filter_map(|it| {
        let after = (store.thread, steps[it].step);
        let lacks = Handover::find(&steps[..at], after, load.thread)?.lacks()?;
        let or_fences = match looks_again && lacks.contains(" and ") {
            true => ", or `fence(Release)` before the one and `fence(Acquire)` after the other,",
            false => "",
        };
        Some((it, lacks + or_fences))
    });
    let cured = cures.next();
    cured.unwrap_or_else(|| (newest, "`SeqCst` for both".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::super::model::StepAt;
    use super::*;

    fn step(number: u32, thread: u32, operation: &str, object: &str, order: &str) -> ExploredStep {
        ExploredStep {
            step: number,
            thread,
            operation: operation.into(),
            object: Some(object.into()),
            order: Some(order.into()),
            value: Some("0".into()),
            at: Some(StepAt {
                cell: 1,
                line: number,
                column: 1,
            }),
            ..ExploredStep::default()
        }
    }

    fn message(publish: &str, look: &str) -> Vec<ExploredStep> {
        vec![
            step(1, 1, "store", "letter", "Relaxed"),
            step(2, 2, "store", "letter", "Relaxed"),
            step(3, 2, "store", "flag", publish),
            ExploredStep {
                reads_from: Some(3),
                ..step(4, 3, "load", "flag", look)
            },
            ExploredStep {
                reads_from: Some(1),
                stale: true,
                ..step(5, 3, "load", "letter", "Relaxed")
            },
        ]
    }

    #[test]
    fn what_is_lacking_is_named() {
        let told = |publish, look| account(&message(publish, look), 4).unwrap();
        assert_eq!(
            told("Relaxed", "Acquire"),
            "T3 still sees the old value 0 of `letter` (line 5), though T2 has stored a newer one \
             (line 2): nothing orders the two, as `Release` in line 3 would"
        );
        assert!(told("Release", "Relaxed").ends_with("as `Acquire` in line 4 would"));
        assert!(told("Relaxed", "Relaxed").contains("`Release` in line 3 and `Acquire` in line 4"));
        // Another thread goes on from what was stored, as one that counts does.
        let mut counted = message("Relaxed", "Acquire");
        counted.insert(
            3,
            ExploredStep {
                reads_from: Some(3),
                ..step(4, 1, "read modify write", "flag", "Relaxed")
            },
        );
        counted[4].reads_from = Some(4);
        let told = account(&counted, 5).unwrap();
        assert!(told.ends_with("as `Release` in line 3 would"), "{told}");
        let mut without = message("Relaxed", "Relaxed");
        without[3].reads_from = None;
        assert!(
            account(&without, 4)
                .unwrap()
                .ends_with("as `SeqCst` for both would")
        );
        assert_eq!(account(&without, 3), None);
    }

    #[test]
    fn what_is_handed_over_after_an_older_store_orders_that_one() {
        // A seqlock: the reader sees what was written between the two stores of the version.
        let steps = vec![
            step(0, 1, "load", "version", "Acquire"),
            step(1, 2, "store", "version", "Relaxed"),
            step(2, 2, "store", "y", "Relaxed"),
            step(3, 2, "store", "version", "Release"),
            ExploredStep {
                reads_from: Some(2),
                ..step(4, 1, "load", "y", "Relaxed")
            },
            ExploredStep {
                stale: true,
                ..step(5, 1, "load", "version", "Relaxed")
            },
        ];
        assert_eq!(
            account(&steps, 5).unwrap(),
            "T1 still sees the old value 0 of `version` (line 5), though T2 has stored a newer one \
             (line 1): nothing orders the two, as `Release` in line 2 and `Acquire` in line 4, or \
             `fence(Release)` before the one and `fence(Acquire)` after the other, would"
        );
    }

    #[test]
    fn what_another_thread_stored_before_one_s_own_store_is_not_missed() {
        let steps = vec![
            step(1, 3, "store", "victim", "Release"),
            step(2, 2, "store", "victim", "Release"),
            ExploredStep {
                stale: true,
                reads_from: Some(1),
                ..step(3, 2, "load", "victim", "Acquire")
            },
        ];
        assert_eq!(
            account(&steps, 2).unwrap(),
            "T2 sees 0 in `victim` (line 3), as T3 has stored it (line 1), and not what it has \
             stored itself since (line 2): nothing orders the two stores, as `SeqCst` for both \
             would"
        );
        assert_eq!(mark(&steps, 0), " (↷ step 3)");
        assert_eq!(mark(&steps, 2), " (↶ step 1)");
        assert!(!is_missed(&steps, 0));
    }

    #[test]
    fn orders_within_a_crate_are_not_the_person_s_to_mend() {
        for within in [1, 4] {
            let mut steps = message("Relaxed", "Acquire");
            steps[within].at = None;
            assert_eq!(account(&steps, 4), None);
        }
    }

    #[test]
    fn the_three_steps_of_an_old_read_are_marked() {
        let steps = message("Relaxed", "Acquire");
        let marks: Vec<String> = (0..5).map(|at| mark(&steps, at)).collect();
        let expected = [
            " (↷ step 5)",
            " (not seen at step 5)",
            "",
            "",
            " (old: ↶ step 1)",
        ];
        assert_eq!(marks, expected);
        assert!(is_missed(&steps, 1) && !is_missed(&steps, 0));
    }
}
