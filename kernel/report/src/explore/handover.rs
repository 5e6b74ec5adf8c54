//! What one thread hands over to another by an atomic variable, and which orders that lacks.

use super::model::ExploredStep;

/// A store of one thread, and the load by which another one has seen it.
pub(super) struct Handover<'s> {
    store: &'s ExploredStep,
    load: &'s ExploredStep,
}

impl<'s> Handover<'s> {
    /// The last one from `giver`, after its step of that number, to `taker`.
    pub(super) fn find(
        steps: &'s [ExploredStep],
        (giver, after): (u32, u32),
        taker: u32,
    ) -> Option<Handover<'s>> {
        let mut loads = steps.iter().rev();
        loads.find_map(|load| {
            let is_takers = load.thread == taker && !load.stale;
            let store = is_takers.then(|| seen_of(steps, load, giver))??;
            (store.step > after).then_some(Handover { store, load })
        })
    }

    /// What would have ordered the two sides: "`Release` in line 3 and `Acquire` in line 4";
    /// nothing where neither is lacking. Where it is the same operation that does both, its one
    /// order.
    pub(super) fn lacks(&self) -> Option<String> {
        let lacking: Vec<String> = [(self.store, "Release"), (self.load, "Acquire")]
            .into_iter()
            .filter(|(step, wanted)| {
                let order = step.order.as_deref();
                !order.is_some_and(|order| [*wanted, "AcqRel", "SeqCst"].contains(&order))
            })
            .map(|(step, wanted)| {
                let place = step.at.map(|at| format!(" in line {}", at.line));
                format!("`{wanted}`{}", place.unwrap_or_default())
            })
            .collect();
        match (lacking.as_slice(), self.store.at) {
            ([], _) => None,
            ([_, _], Some(at)) if self.load.at == Some(at) => {
                Some(format!("`AcqRel` in line {}", at.line))
            }
            _ => Some(lacking.join(" and ")),
        }
    }
}

/// The store of `giver` that a load has seen: the one that it read, or one that read-modify-writes
/// of others went on from.
fn seen_of<'s>(
    steps: &'s [ExploredStep],
    load: &ExploredStep,
    giver: u32,
) -> Option<&'s ExploredStep> {
    let mut store = read_by(steps, load)?;
    while store.thread != giver {
        store = read_by(steps, store)?;
    }
    Some(store)
}

/// The step whose store a step has read.
fn read_by<'s>(steps: &'s [ExploredStep], load: &ExploredStep) -> Option<&'s ExploredStep> {
    let from = load.reads_from?;
    steps
        .iter()
        .find(|step| step.step == from && step.order.is_some())
}

/// The two accesses of a data race, in their order.
fn accesses(steps: &[ExploredStep]) -> Option<[&ExploredStep; 2]> {
    let is_access = |step: &&ExploredStep| {
        ["read", "write", "free", "atomic read", "atomic write"].contains(&step.operation.as_str())
    };
    let mut accesses = steps.iter().rev().filter(is_access);
    let (second, first) = (accesses.next()?, accesses.next()?);
    Some([first, second])
}

/// Of a data race: who writes has stored right before, not after, what the other one goes by.
pub(super) fn stored_early(steps: &[ExploredStep]) -> Option<String> {
    let [first, second] = accesses(steps)?;
    let is_it = |step: &ExploredStep| {
        step.operation == "store" && step.thread == first.thread && step.step == first.step
    };
    let store = steps.iter().find(|step| is_it(step))?;
    let sees = |step: &ExploredStep| {
        step.thread == second.thread && step.reads_from == Some(store.step) && !step.stale
    };
    let load = steps.iter().find(|step| sees(step))?;
    let handover = Handover { store, load };
    let lacks = match handover.lacks() {
        Some(lacks) => format!(", and take {lacks}"),
        None => String::new(),
    };
    let name = store.object.as_deref()?;
    (first.operation == "write").then(|| {
        format!(
            "T{} goes by what T{} stores in `{name}`{} before it writes{}: store that after \
             the write{lacks}",
            second.thread,
            first.thread,
            store.line(),
            first.line()
        )
    })
}

/// Of a data race: what was seen between the two accesses, and would have ordered them.
pub(super) fn of_race(steps: &[ExploredStep]) -> Option<String> {
    let [first, second] = accesses(steps)?;
    let handover = Handover::find(steps, (first.thread, first.step), second.thread)?;
    let (store, lacks) = (handover.store, handover.lacks()?);
    let name = store.object.as_deref()?;
    // The orders of a count are those of `Arc`.
    let lacks = match handover.load.at.filter(|_| store.is_of_count()) {
        Some(at) => format!("`fence(Acquire)` after line {}", at.line),
        None => lacks,
    };
    Some(format!(
        "T{} sees what T{} stores in `{name}` after that{}, so {lacks} would order them",
        second.thread,
        first.thread,
        store.line()
    ))
}

#[cfg(test)]
mod tests {
    use super::super::model::StepAt;
    use super::*;

    fn step(number: u32, thread: u32, operation: &str, order: Option<&str>) -> ExploredStep {
        ExploredStep {
            step: number,
            thread,
            operation: operation.into(),
            object: order.map(|_| "flag".into()),
            order: order.map(str::to_owned),
            at: Some(StepAt {
                cell: 1,
                line: number,
                column: 1,
            }),
            ..ExploredStep::default()
        }
    }

    /// T2 writes and stores; T3 loads and reads.
    fn race(publish: &str, look: &str) -> Vec<ExploredStep> {
        vec![
            step(1, 2, "write", None),
            step(2, 2, "store", Some(publish)),
            ExploredStep {
                reads_from: Some(2),
                ..step(3, 3, "load", Some(look))
            },
            step(3, 3, "read", None),
        ]
    }

    #[test]
    fn the_orders_that_a_race_lacks_are_named() {
        assert_eq!(
            of_race(&race("Relaxed", "Acquire")).unwrap(),
            "T3 sees what T2 stores in `flag` after that (line 2), so `Release` in line 2 would \
             order them"
        );
        let told = of_race(&race("Release", "Relaxed")).unwrap();
        assert!(told.ends_with("`Acquire` in line 3 would order them"));
        assert_eq!(of_race(&race("Release", "Acquire")), None);
        let mut counted = race("Relaxed", "Relaxed");
        counted[2].at = counted[1].at;
        let told = of_race(&counted).unwrap();
        assert!(told.ends_with("so `AcqRel` in line 2 would order them"));
        // What was stored before the first access hands nothing of it over.
        let mut before = race("Relaxed", "Relaxed");
        before[0].step = 2;
        assert_eq!(of_race(&before), None);
        let mut unseen = race("Relaxed", "Relaxed");
        unseen[2].reads_from = None;
        assert_eq!(of_race(&unseen), None);
    }
}
