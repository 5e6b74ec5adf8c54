//! What becomes of a cell's variables, found by compiling: each attempt leaves out, or keeps in
//! another way, what was wrong with the one before.

use super::boxing::{Boxing, Way};
use super::generated::{Adapted, Stored};
use super::moves::{self, Guess};
use super::refused::{self, Refused};
use super::{mir, nameable};
use crate::variables::{Fate, Reason, Variables};

/// What the attempts at a cell have shown.
#[derive(Default)]
pub(super) struct Attempts {
    boxing: Boxing,
    /// What is certain, whatever follows.
    fates: Vec<(Stored, Fate)>,
    /// The types in the last attempt.
    kept: Vec<(Stored, Fate)>,
}

impl Attempts {
    /// Another source to try, after one that compiles: there, types without names are boxed.
    /// `named` tells how types of crates are named that the cell has through others.
    pub fn after_success(
        &mut self,
        adapted: &Adapted,
        mir: &str,
        named: &dyn Fn(&str) -> String,
    ) -> Option<Adapted> {
        let types = mir::types(mir);
        let mut next = None;
        self.kept.clear();
        for variable in adapted.stored.iter().filter(|it| it.is_new) {
            let Some(kind) = types.get(&variable.name) else {
                continue;
            };
            let kind = named(kind);
            match nameable::written(&kind) {
                Ok(kind) => {
                    let own = self.boxing.own_type(variable.number);
                    self.kept.push((variable.clone(), Fate::Kept { kind, own }));
                }
                Err(what) => {
                    let way =
                        self.boxing
                            .next(variable.number, &Reason::Unnameable { kind, what }, mir);
                    let source = next.take().unwrap_or_else(|| adapted.clone());
                    next = Some(self.put(source, variable, way));
                }
            }
        }
        next
    }

    /// Takes what was guessed of the last attempt for certain, if the compiler confirms it: whether
    /// it does.
    pub fn confirm(&mut self, guesses: &[Guess], mir: &str) -> bool {
        let confirmed = moves::confirmed(guesses, mir);
        let is_confirmed = confirmed.is_some();
        self.fates.extend(confirmed.into_iter().flatten());
        is_confirmed
    }

    /// Another source to try, after one that doesn't compile; `None` if the mistake is the person's
    /// own.
    pub fn after_failure(
        &mut self,
        adapted: &Adapted,
        messages: &str,
        variables: &Variables,
    ) -> Option<Adapted> {
        let misfits = refused::misfits(messages, &adapted.stored, &self.boxing.numbers());
        if !misfits.is_empty() {
            let mut next = adapted.clone();
            for variable in misfits {
                let way = self.boxing.another(variable.number);
                next = self.put(next, variable, way);
            }
            return Some(next);
        }
        let found = refused::refused(messages, &adapted.source(), &adapted.stored, variables);
        if found.is_empty() {
            return self.ending_first(adapted, messages);
        }
        if let Some(next) = Attempts::given_back(adapted, &found) {
            return Some(next);
        }
        let next = adapted.without(|it| {
            // A variable that can't be kept is there until the cell ends; one of another cell's
            // that can't be taken is not.
            found.iter().any(|Refused { variable, .. }| {
                variable.number == it.number && (it.action.puts() || !variable.action.puts())
            })
        });
        let fates = found
            .into_iter()
            .map(|Refused { variable, fate }| (variable.clone(), fate));
        self.fates.extend(fates);
        Some(next)
    }

    /// A source in which the cell's own code keeps what it moved and may have assigned again, if
    /// there is any such.
    fn given_back(adapted: &Adapted, found: &[Refused<'_>]) -> Option<Adapted> {
        let moved = found
            .iter()
            .filter(|it| matches!(it.fate, Fate::Moved { .. }));
        let mut next: Option<Adapted> = None;
        for Refused { variable, .. } in moved {
            let source = next.as_ref().unwrap_or(adapted);
            next = source.give_back(variable).or(next);
        }
        next
    }

    /// A source in which variables that borrow, and do something when they end, end before the
    /// others are kept.
    fn ending_first(&self, adapted: &Adapted, messages: &str) -> Option<Adapted> {
        let borrows = |name: &String| {
            let mut fates = self.fates.iter();
            fates.any(|(variable, fate)| {
                variable.name == *name && matches!(fate, Fate::Unkept(Reason::Borrows { .. }))
            })
        };
        let mut next = adapted.clone();
        let mut changed = false;
        for name in refused::ending_late(messages, &adapted.stored) {
            if borrows(&name) && next.drop_first(&name) {
                changed = true;
            }
        }
        changed.then_some(next)
    }

    /// A source in which a variable is kept in another way, or not at all if there is none.
    fn put(&mut self, source: Adapted, variable: &Stored, way: Result<Way, Reason>) -> Adapted {
        match way {
            Ok(Way { kind, make }) => source.put_as(variable, &kind, make),
            Err(reason) => {
                self.fates.push((variable.clone(), Fate::Unkept(reason)));
                source.without(|it| it.number == variable.number)
            }
        }
    }

    /// Notes what is known in the end. If the cell does not compile, that is only which types can't
    /// be named.
    pub fn note(self, variables: &mut Variables, compiles: bool) {
        for (variable, fate) in self.fates.into_iter().chain(self.kept) {
            if compiles || matches!(fate, Fate::Unkept(Reason::OutOfReach { .. })) {
                variables.set(variable.number, &variable.name, fate);
            }
        }
    }
}
