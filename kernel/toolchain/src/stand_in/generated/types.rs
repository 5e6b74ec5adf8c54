//! Puts the types that the compiler told into the source that evcxr generated, in the place of
//! placeholders.

use crate::variables::{Variables, number_of};
use std::borrow::Cow;

pub(super) const CHECK: &str = "vars_ok &= evcxr_variable_store.check_variable::<";
pub(super) const TAKE: &str = " = evcxr_variable_store.take_variable::<";
pub(super) const PUT: &str = "evcxr_variable_store.put_variable::<";
/// What says before the first of them that the cell has come to its end.
pub(super) const AT_END: &str = "evcxr_variable_store.at_end(); ";
/// Ends a variable before others are kept.
pub(super) const DROP: &str = "::std::mem::drop(";
/// What stands between a type and the variable's name.
const NAME: &str = ">(stringify!(";

/// What a line of evcxr's does with a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::stand_in) enum Action {
    /// Looks whether it has the type that it should have.
    Check,
    /// Takes it out of the store.
    Take,
    /// Puts it there.
    Put,
    /// Puts an earlier one back if the cell did not keep another one of its name.
    PutBack,
}

impl Action {
    /// Whether the variable is moved to the store.
    pub fn puts(self) -> bool {
        matches!(self, Action::Put | Action::PutBack)
    }
}

/// A line of the source that has to do with the store.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::stand_in) struct Stored {
    /// 1-based.
    pub line: usize,
    pub action: Action,
    /// The number of the variable's definition.
    pub number: u32,
    pub name: String,
    /// Whether it is this cell that defines the variable.
    pub is_new: bool,
}

/// A source with real types.
pub(super) struct Typed {
    pub text: String,
    pub stored: Vec<Stored>,
}

/// Replaces the placeholders: of definitions that are new in this cell, where the compiler infers
/// the type, and of earlier ones, whose types are known. Lines about variables that aren't kept
/// become empty.
pub(super) fn typed(source: &str, variables: &Variables) -> Typed {
    let new: Vec<u32> = source.lines().filter_map(marker).collect();
    let mut typed = Typed {
        text: String::with_capacity(source.len()),
        stored: Vec::new(),
    };
    for (index, line) in source.split_inclusive('\n').enumerate() {
        if marker(line).is_some() {
            typed.text.push('\n');
            continue;
        }
        let Some((action, kind, name)) = stored(line) else {
            typed.text.push_str(line);
            continue;
        };
        let Some(number) = number_of(kind) else {
            typed.text.push_str(line);
            continue;
        };
        let is_new = new.contains(&number);
        match (action, is_new, variables.kind(number)) {
            (Action::Put, true, _) | (Action::Put, _, Some(_)) => {
                typed.text.push_str(&line.replacen(kind, "_", 1));
            }
            (_, false, Some(known)) => {
                let line = line.replacen(kind, known, 1);
                typed
                    .text
                    .push_str(&as_bound(&line, variables.is_mut(number)));
            }
            _ => {
                typed.text.push('\n');
                continue;
            }
        }
        typed.stored.push(Stored {
            line: index + 1,
            action,
            number,
            name: name.to_owned(),
            is_new,
        });
    }
    typed
}

/// A line that takes a variable, as the variable was bound; `None` if evcxr knows that.
fn as_bound(line: &str, is_mut: Option<bool>) -> Cow<'_, str> {
    let binds = |is_mut| if is_mut { "let mut " } else { "let " };
    let Some(is_mut) = is_mut.filter(|_| line.starts_with(binds(false))) else {
        return Cow::from(line);
    };
    let named = [binds(true), binds(false)]
        .into_iter()
        .find_map(|it| line.strip_prefix(it));
    Cow::from(format!("{}{}", binds(is_mut), named.unwrap_or_default()))
}

/// The text with another line (1-based).
pub(super) fn with_line(text: &str, number: usize, line: &str) -> String {
    let lines = text.split_inclusive('\n').enumerate();
    lines
        .map(|(index, old)| if index + 1 == number { line } else { old })
        .collect()
}

/// The number in a line that the session added to tell evcxr a type: `let mut x: [(); 0xfea_00000c]
/// = x;`.
fn marker(line: &str) -> Option<u32> {
    let (pattern, rest) = line.strip_prefix("let ")?.split_once(": ")?;
    let name = pattern.strip_prefix("mut ").unwrap_or(pattern);
    let (kind, value) = rest.split_once(" = ")?;
    (value.trim_end().strip_suffix(';') == Some(name)).then(|| number_of(kind))?
}

/// What a line of evcxr's does, the type in it, and the variable's name.
pub(super) fn stored(line: &str) -> Option<(Action, &str, &str)> {
    let mut line = line;
    while let Some((_, rest)) = line.strip_prefix(DROP).and_then(|it| it.split_once("; ")) {
        line = rest;
    }
    line = line.strip_prefix(AT_END).unwrap_or(line);
    let (action, rest) = if let Some(rest) = line.strip_prefix(CHECK) {
        (Action::Check, rest)
    } else if let Some(rest) = line.strip_prefix(PUT) {
        (Action::Put, rest)
    } else {
        let (_, rest) = line.strip_prefix("let ")?.split_once(TAKE)?;
        (Action::Take, rest)
    };
    let (kind, name) = rest.rsplit_once(NAME)?;
    Some((action, kind, name.split(')').next()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::variables::Fate;

    #[test]
    fn placeholders_become_types_and_lines_stay() {
        let mut variables = Variables::default();
        let kind = "::std::vec::Vec<i32>".to_owned();
        variables.set(1, "kept", Fate::Kept { kind, own: None });
        variables.set(2, "gone", Fate::Moved { line: 1 });
        let source = "\
vars_ok &= evcxr_variable_store.check_variable::<[(); 0xfea_000001]>(stringify!(kept));
let mut kept = evcxr_variable_store.take_variable::<[(); 0xfea_000001]>(stringify!(kept));
let gone = evcxr_variable_store.take_variable::<[(); 0xfea_000002]>(stringify!(gone));
let mut new = 5;
let mut new: [(); 0xfea_000003] = new; 
evcxr_variable_store.put_variable::<[(); 0xfea_000003]>(stringify!(new), new);
evcxr_variable_store.put_variable::<[(); 0xfea_000001]>(stringify!(kept), kept);
evcxr_variable_store.put_variable::<[(); 0xfea_000002]>(stringify!(gone), gone);
";
        let typed = typed(source, &variables);
        let expected = "\
vars_ok &= evcxr_variable_store.check_variable::<::std::vec::Vec<i32>>(stringify!(kept));
let mut kept = evcxr_variable_store.take_variable::<::std::vec::Vec<i32>>(stringify!(kept));

let mut new = 5;

evcxr_variable_store.put_variable::<_>(stringify!(new), new);
evcxr_variable_store.put_variable::<_>(stringify!(kept), kept);

";
        assert_eq!(typed.text, expected);
        let lines: Vec<_> = typed.stored.iter().map(|it| (it.line, it.is_new)).collect();
        assert_eq!(lines, [(1, false), (2, false), (6, true), (7, false)]);
    }

    #[test]
    fn a_line_that_keeps_a_variable_is_known_by_what_follows() {
        let put = format!("{PUT}i32>(stringify!(n), n);");
        let known = Some((Action::Put, "i32", "n"));
        assert_eq!(stored(&put), known);
        assert_eq!(stored(&format!("{AT_END}{put}")), known);
        assert_eq!(stored(&format!("{DROP}m); {DROP}k); {AT_END}{put}")), known);
        assert_eq!(stored(AT_END), None);
    }

    #[test]
    fn a_variable_is_bound_as_the_person_bound_it() {
        let take = "let mut n = evcxr_variable_store.take_variable::<i32>(stringify!(n));\n";
        let without = take.replacen("mut ", "", 1);
        assert_eq!(as_bound(take, None), take);
        assert_eq!(as_bound(take, Some(false)), without);
        assert_eq!(as_bound(&without, Some(true)), take);
        let check = "vars_ok &= evcxr_variable_store.check_variable::<i32>(stringify!(n));\n";
        assert_eq!(as_bound(check, Some(true)), check);
    }

    #[test]
    fn lines_of_the_persons_own_are_left_alone() {
        for line in [
            "let x: [(); 3] = x;\n",
            "let x: [(); 0xfea_000001] = y;\n",
            "let x = 1;\n",
        ] {
            assert_eq!(typed(line, &Variables::default()).text, line);
        }
    }
}
