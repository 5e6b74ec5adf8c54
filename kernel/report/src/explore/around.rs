//! Steps of one thread that belong together, what others did in between, and what is told of it.

use super::model::ExploredStep;

/// What led to a failure.
pub(super) struct Cause {
    /// In one sentence, without its full stop.
    pub(super) words: String,
    /// What to change, where the sentence does not say it.
    pub(super) help: Option<String>,
}

impl Cause {
    /// A sentence that says itself what would help.
    pub(super) fn told(words: String) -> Cause {
        Cause { words, help: None }
    }
}

/// The step before `last` that `is_it`, of the same thread and on the same object; and, between
/// the two, one of another thread that `is_other`.
pub(super) fn around(
    steps: &[ExploredStep],
    last: usize,
    is_it: impl Fn(&str) -> bool,
    is_other: impl Fn(&ExploredStep) -> bool,
) -> Option<(&ExploredStep, &ExploredStep)> {
    let end = &steps[last];
    let same = |step: &&ExploredStep| step.object.is_some() && step.object == end.object;
    let before = steps[..last].iter().enumerate();
    let (first, begin) = before
        .filter(|(_, step)| same(step) && step.thread == end.thread)
        .rfind(|(_, step)| is_it(&step.operation))?;
    let others = steps[first..last].iter().filter(same);
    let mut others = others.filter(|step| step.thread != end.thread && is_other(step));
    // Where the other one does at the same line what is done last, that is what changed something.
    let alike = others.clone().find(|step| step.at == end.at);
    Some((begin, alike.or_else(|| others.next())?))
}
