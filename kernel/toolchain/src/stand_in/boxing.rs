//! Keeps variables whose types have no name: in a box, by what they can do.
//!
//! A closure is kept as `Box<dyn Fn(i32) -> i32>`, an iterator as `Box<dyn DoubleEndedIterator<Item
//! = i32>>` if it goes both ways, a future as `Pin<Box<dyn Future<Output = i32>>>`, a function as a
//! pointer. Which of these a value is, the compiler is asked by trying, first with what lets it
//! cross threads.

use super::mir::{self, closing};
use super::nameable::{own_names, written};
use crate::variables::{Nameless, Reason};
use std::collections::HashMap;

/// How a variable may be put into the store.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Way {
    /// As what type.
    pub kind: String,
    /// The beginning of the function call that makes it such; empty if it becomes one by itself.
    pub make: &'static str,
}

/// What is left to try, by the numbers of variables.
#[derive(Default)]
pub(super) struct Boxing {
    left: HashMap<u32, (Reason, Vec<Way>)>,
}

impl Boxing {
    /// The next way for a variable; why there is none, if all were tried. `reason` has the type,
    /// `mir` the cell's code.
    pub fn next(&mut self, number: u32, reason: &Reason, mir: &str) -> Result<Way, Reason> {
        self.left.entry(number).or_insert_with(|| {
            let mut ways = match reason {
                Reason::Unnameable { kind, what } => ways(kind, *what, mir),
                _ => Vec::new(),
            };
            ways.reverse();
            (reason.clone(), ways)
        });
        self.another(number)
    }

    /// The way after one that the compiler refused.
    pub fn another(&mut self, number: u32) -> Result<Way, Reason> {
        match self.left.get_mut(&number) {
            Some((reason, ways)) => ways.pop().ok_or_else(|| reason.clone()),
            None => Err(Reason::NoVariable),
        }
    }

    /// The own type of a variable that is in a box, in the compiler's words.
    pub fn own_type(&self, number: u32) -> Option<String> {
        match &self.left.get(&number)?.0 {
            Reason::Unnameable { kind, .. } => Some(kind.clone()),
            _ => None,
        }
    }

    /// The variables that are in boxes.
    pub fn numbers(&self) -> Vec<u32> {
        self.left.keys().copied().collect()
    }
}

/// What is a pointer already to something without a name: `Box::new(|n| n + 1)`. The pointer, and
/// what it leads to.
fn pointed(kind: &str) -> Option<(&'static str, &str)> {
    let pointer = POINTERS.into_iter().find(|it| kind.starts_with(it))?;
    let inner = kind.strip_prefix(pointer)?;
    let end = closing(inner)?;
    let is_all = inner[end..].chars().all(|c| c == '>');
    is_all.then(|| (pointer, &inner[..end]))
}

/// Pointers that become those to a trait object by themselves.
const POINTERS: [&str; 4] = [
    "std::pin::Pin<std::boxed::Box<",
    "std::boxed::Box<",
    "std::rc::Rc<",
    "std::sync::Arc<",
];

impl Way {
    /// The way for a pointer to a value that could be put into a box this way.
    fn within(self, pointer: &str) -> Option<Way> {
        let at = self.kind.find("<dyn ")? + 1;
        let object = &self.kind[at..at + closing(&self.kind[at..])?];
        let closes = ">".repeat(pointer.matches('<').count());
        Some(Way {
            kind: format!("::{}{object}{closes}", pointer.replace("<std", "<::std")),
            make: "",
        })
    }
}

fn ways(kind: &str, what: Nameless, mir: &str) -> Vec<Way> {
    const BOX: &str = "::std::boxed::Box";
    let boxed = |bound: &str, more: &str| Way {
        kind: format!("{BOX}<dyn {bound}{more}>"),
        make: "::std::boxed::Box::new",
    };
    if let Some((pointer, inner)) = pointed(kind) {
        return ways(inner, what, mir)
            .into_iter()
            .filter_map(|way| way.within(pointer))
            .collect();
    }
    match what {
        Nameless::Closure if kind.starts_with("{closure@") => {
            let bounds = callable(kind, mir);
            let ways = bounds.iter().flat_map(|bound| {
                let all = [" + Send + Sync", " + Send", ""];
                all.map(|more| boxed(bound, more))
            });
            ways.collect()
        }
        Nameless::Future if kind.starts_with('{') => {
            let pinned = |more: &str| Way {
                kind: format!(
                    "::std::pin::Pin<{BOX}<dyn ::std::future::Future<Output = _>{more}>>"
                ),
                make: "::std::boxed::Box::pin",
            };
            vec![pinned(" + Send"), pinned("")]
        }
        Nameless::Function if kind.ends_with('}') => {
            let pointer = kind.split_once(" {").map(|(pointer, _)| written(pointer));
            let pointer = pointer.and_then(Result::ok);
            pointer.map_or_else(Vec::new, |kind| vec![Way { kind, make: "" }])
        }
        Nameless::Local => Vec::new(),
        _ => {
            let one_way = "::std::iter::Iterator<Item = _>";
            let both_ways = "::std::iter::DoubleEndedIterator<Item = _>";
            vec![
                boxed(both_ways, " + Send"),
                boxed(one_way, " + Send"),
                boxed(both_ways, ""),
                boxed(one_way, ""),
            ]
        }
    }
}

/// The trait by which a closure is called, `Fn(i32) -> i32`, in the words to be tried. Within a
/// generic function the compiler tells the function's own names for types (`Fn(T) -> T`); then it
/// has to find the types itself.
fn callable(kind: &str, mir: &str) -> Vec<String> {
    let Some(signature) = mir::signature(mir, kind) else {
        return Vec::new();
    };
    let trait_name = match signature.receiver {
        "&" => "Fn",
        "&mut " => "FnMut",
        _ => "FnOnce",
    };
    let told = signature.arguments.iter().copied();
    let told: Result<Vec<String>, _> = told.chain([signature.returned]).map(written).collect();
    let exact = told.ok().and_then(|mut told| {
        let returned = told.pop()?;
        let parameters = told.join(", ");
        let names = own_names(&format!("({parameters}) -> {returned}"));
        let is_generic = names.iter().any(|name| name.len() == 1);
        (!is_generic).then(|| format!("{trait_name}({parameters}) -> {returned}"))
    });
    let inferred = vec!["_"; signature.arguments.len()].join(", ");
    let inferred = format!("{trait_name}({inferred}) -> _");
    exact.into_iter().chain([inferred]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIR: &str = "fn run_user_code_3::{closure#0}::{closure#1}(_1: &{closure@src/lib.rs:3:1: 3:9}, _2: &str, _3: (u8, fn() -> u8)) -> std::string::String {\n";

    #[test]
    fn a_closure_is_kept_by_how_it_is_called() {
        let reason = Reason::Unnameable {
            kind: "{closure@src/lib.rs:3:1: 3:9}".into(),
            what: Nameless::Closure,
        };
        let mut boxing = Boxing::default();
        let bound = "Fn(&str, (u8, fn() -> u8)) -> ::std::string::String";
        let kinds = [" + Send + Sync", " + Send", ""]
            .map(|more| format!("::std::boxed::Box<dyn {bound}{more}>"));
        assert_eq!(boxing.next(1, &reason, MIR).unwrap().kind, kinds[0]);
        assert_eq!(boxing.another(1).unwrap().kind, kinds[1]);
        assert_eq!(boxing.another(1).unwrap().kind, kinds[2]);
        let inferred = boxing.another(1).unwrap().kind;
        assert!(inferred.contains("dyn Fn(_, _) -> _ "), "{inferred}");
        assert!(boxing.another(1).is_ok() && boxing.another(1).is_ok());
        assert_eq!(boxing.another(1), Err(reason.clone()));
        assert_eq!(boxing.next(2, &reason, ""), Err(reason));
    }

    #[test]
    fn a_pointer_to_a_closure_or_a_future_is_kept_as_one_to_what_it_does() {
        let kinds = |kind: &str, what| -> Vec<String> {
            let found = ways(kind, what, MIR).into_iter();
            assert!(found.clone().all(|way| way.make.is_empty()));
            found.map(|way| way.kind).collect()
        };
        let closure = "std::rc::Rc<{closure@src/lib.rs:3:1: 3:9}>";
        let bound = "Fn(&str, (u8, fn() -> u8)) -> ::std::string::String";
        let found = kinds(closure, Nameless::Closure);
        assert_eq!(found[2], format!("::std::rc::Rc<dyn {bound}>"));
        let future = "std::pin::Pin<std::boxed::Box<{async fn body of f()}>>";
        assert_eq!(
            kinds(future, Nameless::Future)[0],
            "::std::pin::Pin<::std::boxed::Box<dyn ::std::future::Future<Output = _> + Send>>"
        );
        let iterator =
            "std::boxed::Box<std::iter::Map<std::ops::Range<u8>, {closure@src/lib.rs:3:1: 3:9}>>";
        assert_eq!(
            kinds(iterator, Nameless::Closure)[3],
            "::std::boxed::Box<dyn ::std::iter::Iterator<Item = _>>"
        );
    }

    #[test]
    fn types_of_a_generic_functions_closure_are_left_to_the_compiler() {
        let mir = "fn compose::{closure#0}(_1: &{closure@src/lib.rs:3:1: 3:9}, _2: A) -> C {\n";
        assert_eq!(
            callable("{closure@src/lib.rs:3:1: 3:9}", mir),
            ["Fn(_) -> _"]
        );
    }

    #[test]
    fn a_function_is_kept_as_a_pointer() {
        let kind = "for<'a> fn(&'a str) -> usize {core::str::<impl str>::len}";
        let found = ways(kind, Nameless::Function, "");
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].kind, "for<'a> fn(&'a str) -> usize");
        let kind = "std::iter::Map<std::vec::IntoIter<u8>, fn(u8) -> u8 {twice}>";
        let found = ways(kind, Nameless::Function, "");
        assert!(found[0].kind.contains("Iterator"), "{found:?}");
    }
}
