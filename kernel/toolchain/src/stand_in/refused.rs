//! Which variables the compiler refuses to keep or to give back, and why, in its messages.
//!
//! At the end of a cell each variable goes into the store: that fails if the cell moved it away, or
//! if it borrows from something that ends with the cell. Such a variable is left out, and the cell
//! is compiled without it.

use super::generated::{Action, Stored};
use crate::variables::{Fate, Reason, Variables};
use serde_json::Value;

/// A variable that is to be left out.
#[derive(Debug, PartialEq)]
pub(super) struct Refused<'a> {
    /// Which one.
    pub variable: &'a Stored,
    /// Why.
    pub fate: Fate,
}

/// The variables in `stored` that are why the cell in `source` doesn't compile; `messages` are
/// rustc's, a line each.
pub(super) fn refused<'a>(
    messages: &str,
    source: &str,
    stored: &'a [Stored],
    variables: &Variables,
) -> Vec<Refused<'a>> {
    let errors = problems(messages);
    let unique = |found: Vec<Refused<'a>>| {
        let mut unique: Vec<Refused<'a>> = Vec::new();
        for refused in found {
            if unique
                .iter()
                .all(|it| it.variable.number != refused.variable.number)
            {
                unique.push(refused);
            }
        }
        unique
    };
    // What one of these finds may be why the next would find something.
    let borrow = errors.iter().flat_map(|error| borrowing(error, stored));
    let mut found = unique(borrow.collect());
    for refused in &mut found {
        if let Fate::Unkept(Reason::Borrows { from }) = &mut refused.fate
            && from.is_none()
        {
            *from = source_of(&refused.variable.name, source, stored);
        }
        // What was moved away has nothing left to borrow.
        let gone = errors.iter().flat_map(|error| moved(error, stored));
        let is_it = |it: &Refused<'_>| it.variable == refused.variable;
        if let Some(gone) = gone.filter(is_moved).find(is_it) {
            *refused = gone;
        }
    }
    if !found.is_empty() {
        return found;
    }
    let gone = errors.iter().flat_map(|error| moved(error, stored));
    let found = unique(gone.collect());
    if !found.is_empty() {
        return found;
    }
    let bound = errors
        .iter()
        .flat_map(|error| borrowing_where_bound(error, source, stored));
    let found = unique(bound.collect());
    if !found.is_empty() {
        return found;
    }
    let unknown = errors
        .iter()
        .flat_map(|error| out_of_reach(error, stored, variables));
    unique(unknown.collect())
}

/// The variables whose end comes too late for another one to be kept, which they borrow from.
pub(super) fn ending_late(messages: &str, stored: &[Stored]) -> Vec<String> {
    const SIGN: &str = "borrow might be used here, when `";
    let errors = problems(messages);
    let at_the_end = errors.iter().filter(|error| {
        !error
            .stored(stored, true, |place| place.is_primary)
            .is_empty()
    });
    let labels = at_the_end.flat_map(|error| error.places.iter().map(|place| &place.label));
    let mut names: Vec<String> = labels
        .filter_map(|label| label.strip_prefix(SIGN)?.split('`').next())
        .map(str::to_owned)
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

fn is_moved(refused: &Refused<'_>) -> bool {
    matches!(refused.fate, Fate::Moved { .. })
}

/// The variables among those with `numbers` that can't be kept as they are tried to be.
pub(super) fn misfits<'a>(
    messages: &str,
    stored: &'a [Stored],
    numbers: &[u32],
) -> Vec<&'a Stored> {
    let mut found: Vec<&Stored> = Vec::new();
    for error in problems(messages) {
        for variable in error.stored(stored, true, |place| place.is_primary) {
            if numbers.contains(&variable.number) && !found.contains(&variable) {
                found.push(variable);
            }
        }
    }
    found
}

fn problems(messages: &str) -> Vec<Problem> {
    messages
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .filter(|message: &Value| message["level"] == "error")
        .map(Problem::new)
        .collect()
}

/// One of rustc's errors.
struct Problem {
    code: String,
    message: String,
    places: Vec<Place>,
}

struct Place {
    line: usize,
    is_primary: bool,
    label: String,
}

impl Problem {
    fn new(message: Value) -> Problem {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let mut problem = Problem {
            code: text(&message["code"]["code"]),
            message: text(&message["message"]),
            places: places(&message, true),
        };
        for child in message["children"].as_array().into_iter().flatten() {
            problem.places.extend(places(child, false));
        }
        problem
    }

    /// The variables that are put, or else taken, in the lines of the places that `is_wanted`.
    fn stored<'a>(
        &self,
        stored: &'a [Stored],
        is_put: bool,
        is_wanted: impl Fn(&Place) -> bool,
    ) -> Vec<&'a Stored> {
        let lines: Vec<usize> = self
            .places
            .iter()
            .filter(|place| is_wanted(place))
            .map(|place| place.line)
            .collect();
        let found: Vec<&Stored> = stored
            .iter()
            .filter(|it| it.action.puts() == is_put && lines.contains(&it.line))
            .collect();
        // Several are kept in one line if the cell's own code keeps them.
        let name = self.name().unwrap_or_default();
        let named = found.iter().copied().filter(|it| it.name == name);
        let named: Vec<&Stored> = named.collect();
        if found.len() > 1 && !named.is_empty() {
            return named;
        }
        found
    }

    /// The first name in the message.
    fn name(&self) -> Option<String> {
        self.message.split('`').nth(1).map(str::to_owned)
    }
}

fn places(part: &Value, is_error: bool) -> Vec<Place> {
    let words = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let spans = part["spans"].as_array().into_iter().flatten();
    let place = |span: &Value| {
        let label = words(&span["label"]);
        Some(Place {
            line: span["line_start"].as_u64()? as usize,
            is_primary: is_error && span["is_primary"] == true,
            label: if is_error {
                label
            } else {
                words(&part["message"]) + &label
            },
        })
    };
    spans.filter_map(place).collect()
}

/// Variables of this cell that borrow from something which ends with it.
fn borrowing<'a>(error: &Problem, stored: &'a [Stored]) -> Vec<Refused<'a>> {
    let found = error.stored(stored, true, |place| place.label.contains("requires"));
    let is_own = |name: &String| {
        !stored
            .iter()
            .any(|it| it.name == *name && found.contains(&it))
    };
    let from = error.name().filter(is_own);
    found
        .into_iter()
        .filter(|variable| variable.is_new)
        .map(|variable| Refused {
            variable,
            fate: Fate::Unkept(Reason::Borrows { from: from.clone() }),
        })
        .collect()
}

/// The variable that another one borrows from, by the code that binds that one: of a mutable borrow
/// in the cell's closure the compiler names none.
fn source_of(name: &str, source: &str, stored: &[Stored]) -> Option<String> {
    let words = |text: &str| -> Vec<String> {
        let in_word = |c: char| c.is_alphanumeric() || c == '_';
        text.split(|c| !in_word(c)).map(str::to_owned).collect()
    };
    let mut lines = source.lines();
    let bound = lines.find_map(|line| {
        let (pattern, value) = line.trim_start().strip_prefix("let ")?.split_once('=')?;
        let is_it = words(pattern).iter().any(|word| word == name);
        (is_it && !value.starts_with(" evcxr_")).then_some(value)
    })?;
    let is_variable = |word: &String| word != name && stored.iter().any(|it| it.name == *word);
    words(bound).into_iter().find(is_variable)
}

/// Variables of this cell that borrow, of which the compiler says only where they are bound.
fn borrowing_where_bound<'a>(
    error: &Problem,
    source: &str,
    stored: &'a [Stored],
) -> Vec<Refused<'a>> {
    const CODES: [&str; 4] = ["E0505", "E0597", "E0716", "E0373"];
    let is_for_ever = error
        .places
        .iter()
        .any(|place| place.label.contains("'static"));
    if !is_for_ever || !CODES.contains(&error.code.as_str()) {
        return Vec::new();
    }
    let from = error.name();
    let lines: Vec<&str> = source.lines().collect();
    let pattern = |place: &Place| {
        let above = lines.get(..place.line)?.iter().rev();
        let binding = above.map(|line| line.trim_start());
        let binding = binding.clone().find(|line| line.starts_with("let "))?;
        binding.split('=').next()
    };
    let is_own = |place: &&Place| !stored.iter().any(|it| it.line == place.line);
    let primary = error.places.iter().filter(|place| place.is_primary);
    let primary = primary.filter(is_own);
    let bound: Vec<&str> = primary.filter_map(pattern).collect();
    let is_bound = |name: &str| {
        let in_word = |c: char| c.is_alphanumeric() || c == '_';
        let mut words = bound.iter().flat_map(|it| it.split(|c| !in_word(c)));
        words.any(|word| word == name)
    };
    stored
        .iter()
        .filter(|it| it.is_new && it.action == Action::Put && is_bound(&it.name))
        .filter(|it| Some(&it.name) != from.as_ref())
        .map(|variable| Refused {
            variable,
            fate: Fate::Unkept(Reason::Borrows { from: from.clone() }),
        })
        .collect()
}

/// Variables that are gone at the end of the cell, or never were any.
fn moved<'a>(error: &Problem, stored: &'a [Stored]) -> Vec<Refused<'a>> {
    let moved = || {
        // Within the cell, where the code around the cell is one closure.
        let labelled = |label: &str| {
            error.places.iter().find(|place| {
                place.label.contains(label) && !stored.iter().any(|it| it.line == place.line)
            })
        };
        let place = labelled("due to use in closure").or_else(|| labelled("moved"));
        Fate::Moved {
            line: place.map_or(0, |place| place.line as u32),
        }
    };
    let found = error.stored(stored, true, |place| place.is_primary);
    let fate = |variable: &Stored| match error.code.as_str() {
        "E0382" => Some(moved()),
        "E0381" => variable.is_new.then_some(Fate::Unkept(Reason::NoValue)),
        // A name in a pattern that is a constant's or a variant's.
        "E0282" | "E0283" | "E0423" | "E0425" | "E0533" => {
            variable.is_new.then_some(Fate::Unkept(Reason::NoVariable))
        }
        _ => None,
    };
    found
        .into_iter()
        .filter_map(|variable| {
            Some(Refused {
                variable,
                fate: fate(variable)?,
            })
        })
        .collect()
}

/// Variables of earlier cells whose types this cell can't name.
fn out_of_reach<'a>(
    error: &Problem,
    stored: &'a [Stored],
    variables: &Variables,
) -> Vec<Refused<'a>> {
    error
        .stored(stored, false, |place| place.is_primary)
        .into_iter()
        .map(|variable| {
            let kind = variables
                .kind(variable.number)
                .unwrap_or_default()
                .to_owned();
            let fate = Fate::Unkept(Reason::OutOfReach { kind });
            Refused { variable, fate }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn stored(line: usize, action: Action, number: u32, is_new: bool) -> Stored {
        Stored {
            line,
            action,
            number,
            name: format!("v{number}"),
            is_new,
        }
    }

    fn error(code: &str, message: &str, spans: &[(usize, bool, &str)]) -> String {
        let spans: Vec<Value> = spans
            .iter()
            .map(|(line, primary, label)| {
                json!({"line_start": line, "is_primary": primary, "label": label})
            })
            .collect();
        json!({"level": "error", "code": {"code": code}, "message": message, "spans": spans, "children": []})
            .to_string()
    }

    #[track_caller]
    fn check(messages: &str, expected: &[(u32, Fate)]) {
        let stored = [
            stored(3, Action::Take, 1, false),
            stored(8, Action::Put, 2, true),
            stored(9, Action::Put, 3, true),
            stored(10, Action::Put, 1, false),
        ];
        let source = "\n\n\n\nlet v1 = 1;\nlet (v3, b): (_, u8) = f(&a,\n  &b);\n";
        let found = refused(messages, source, &stored, &Variables::default());
        let found: Vec<_> = found
            .into_iter()
            .map(|it| (it.variable.number, it.fate))
            .collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn a_moved_variable_tells_where_it_went() {
        let moved = "use of moved value: `v2`";
        let places = [
            (5, false, "value moved here"),
            (8, true, "value used here after move"),
        ];
        check(
            &error("E0382", moved, &places),
            &[(2, Fate::Moved { line: 5 })],
        );
        let places = [
            (4, false, "value moved into closure here"),
            (6, false, "variable moved due to use in closure"),
            (10, true, "value used here after move"),
        ];
        check(
            &error("E0382", moved, &places),
            &[(1, Fate::Moved { line: 6 })],
        );
    }

    #[test]
    fn what_borrows_is_left_out_and_not_what_it_borrows_from() {
        let requires = "argument requires that `v1` is borrowed for `'static`";
        let message = "cannot move out of `v1` because it is borrowed";
        let places = [
            (10, true, "move out of `v1` occurs here"),
            (8, false, requires),
        ];
        let from = Some("v1".to_owned());
        let borrows = Fate::Unkept(Reason::Borrows { from });
        check(&error("E0505", message, &places), &[(2, borrows)]);
    }

    #[test]
    fn a_name_that_is_no_variable_and_a_type_without_a_name_are_found() {
        let no_variable = Fate::Unkept(Reason::NoVariable);
        check(
            &error("E0282", "type annotations needed", &[(9, true, "")]),
            &[(3, no_variable)],
        );
        let message = "used binding `v3` isn't initialized";
        check(
            &error(
                "E0381",
                message,
                &[(9, true, "`v3` used here but it isn't initialized")],
            ),
            &[(3, Fate::Unkept(Reason::NoValue))],
        );
        let kind = String::new();
        let out_of_reach = Fate::Unkept(Reason::OutOfReach { kind });
        check(
            &error("E0603", "struct `P` is private", &[(3, true, "")]),
            &[(1, out_of_reach)],
        );
    }

    #[test]
    fn what_borrows_through_a_function_is_found_where_it_is_bound() {
        let requires = "returning this value requires that `a` is borrowed for `'static`";
        let places = [
            (7, true, "borrowed value does not live long enough"),
            (7, false, requires),
        ];
        let from = Some("a".to_owned());
        let borrows = Fate::Unkept(Reason::Borrows { from });
        check(
            &error("E0597", "`a` does not live long enough", &places),
            &[(3, borrows)],
        );
    }

    #[test]
    fn mistakes_of_the_persons_own_are_none_of_this() {
        check(
            &error("E0382", "use of moved value: `a`", &[(6, true, "")]),
            &[],
        );
        let places = [
            (2, true, ""),
            (
                10,
                false,
                "argument requires that `a` is borrowed for `'static`",
            ),
        ];
        check(
            &error("E0597", "`a` does not live long enough", &places),
            &[],
        );
    }
}
