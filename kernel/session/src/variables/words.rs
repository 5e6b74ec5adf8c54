//! What a person is told of variables.

use super::end::End;
use toolchain::variables::{Nameless, Reason};

/// Why a variable that a cell defines is not kept, and what to do.
pub(super) fn not_kept(name: &str, reason: &Reason) -> String {
    unkept(name, &format!("`{name}`"), reason)
}

/// A raw pointer to another variable, which is kept.
pub(super) fn points(name: &str, target: &str) -> String {
    format!(
        "`{name}` points to the variable `{target}`, which moves when this cell ends: in later cells it dangles. Put the value into a box (`Box::into_raw(Box::new(…))`) or a static, or use the pointer in this cell only"
    )
}

/// A variable whose type the compiler did not write down.
pub(super) fn untold(name: &str) -> String {
    format!(
        "`{name}` is not kept for later cells: the compiler did not tell its type. Write the type behind its name"
    )
}

/// The same of one that an earlier cell has made.
pub(super) fn was_not_kept(name: &str, made: u32, reason: &Reason) -> String {
    unkept(name, &format!("`{name}`, made in [{made}],"), reason)
}

fn unkept(name: &str, subject: &str, reason: &Reason) -> String {
    let start = format!("{subject} is not kept for later cells");
    match reason {
        Reason::Borrows { from: Some(from) } => format!(
            "{start}: it borrows from `{from}`. Keep a clone instead, or write both into one block `{{ … }}`"
        ),
        Reason::Borrows { from: None } => format!(
            "{start}: it borrows from something that ends with the cell. Keep a clone instead, or give a closure what it uses with `move`"
        ),
        Reason::Unnameable { kind, what } => format!("{start}: {}", nameless(name, kind, *what)),
        Reason::OutOfReach { kind } => format!(
            "{start}: its type `{}` can't be named here. Make it public, or `use` the crate that it is from",
            shown(kind)
        ),
        Reason::Redefined { name: kind } => format!("{start}: its type `{kind}` was defined anew"),
        Reason::Rebuilt { crates } => {
            format!(
                "{start}: it was made with another build of `{crates}` than cells use now. Make it anew"
            )
        }
        Reason::NoValue => {
            format!("{start}: the cell gives it no value, or not on each way. Give it one there")
        }
        Reason::NoVariable => start,
    }
}

fn nameless(name: &str, kind: &str, what: Nameless) -> String {
    let is_all = kind.starts_with('{');
    match what {
        Nameless::Closure if is_all => format!(
            "the type of a closure has no name. In a box it has one: `let {name}: Box<dyn Fn(…) -> …> = Box::new(…);`"
        ),
        Nameless::Closure => format!(
            "its type holds a closure, which has no name. {}",
            with_closure(name, kind)
        ),
        Nameless::Future => format!(
            "the type of a future has no name. In a box it has one: `let {name}: std::pin::Pin<Box<dyn Future<Output = …>>> = Box::pin(…);`"
        ),
        Nameless::Function if !kind.ends_with('}') => format!(
            "its type holds a function's own type, which has no name. {}",
            with_function(name, kind)
        ),
        Nameless::Function => format!(
            "the type of a function itself has no name. A pointer to it has one: `let {name}: fn(…) -> … = …;`"
        ),
        Nameless::Local => {
            "its type is defined within a function or block. Define it in a cell".to_owned()
        }
        Nameless::Other => format!(
            "its type has no name. In a box it has one: `let {name}: Box<dyn …> = Box::new(…);`"
        ),
    }
}

/// What to do about a type that holds a function.
fn with_function(name: &str, kind: &str) -> String {
    match is_iterator(kind) {
        true => with_closure(name, kind),
        false => "Make it a pointer there: `f as fn(…) -> …`".to_owned(),
    }
}

fn is_iterator(kind: &str) -> bool {
    let outer = kind.split('<').next().unwrap_or_default();
    outer.contains("::iter::") || outer.starts_with("itertools::")
}

/// What to do about a type that holds a closure.
fn with_closure(name: &str, kind: &str) -> String {
    let outer = kind.split('<').next().unwrap_or_default();
    let last = outer.rsplit("::").next().unwrap_or(outer);
    if is_iterator(kind) {
        format!(
            "Collect it (`.collect::<Vec<_>>()`), or box it: `let {name}: Box<dyn Iterator<Item = …>> = Box::new(…);`"
        )
    } else if matches!(last, "LazyLock" | "LazyCell" | "Lazy") {
        format!(
            "Write its type, then it holds a function: `let {name}: {last}<…> = {last}::new(…);`"
        )
    } else {
        "Box the closure in it: `Box::new(|…| …) as Box<dyn Fn(…) -> …>`".to_owned()
    }
}

/// A variable that is given up since the running cell defines its type anew.
pub(super) fn redefined(name: &str, made: u32, kind: &str) -> String {
    let what = type_or_module(kind);
    format!("`{name}`, made in [{made}], is gone: {what} is defined anew here")
}

/// The same in a later cell.
pub(super) fn was_redefined(name: &str, made: u32, kind: &str, cell: u32) -> String {
    let what = type_or_module(kind);
    format!("`{name}` was made in [{made}]; {what} was defined anew in [{cell}]")
}

/// What a variable's type has to do with a definition of this name.
fn type_or_module(kind: &str) -> String {
    if kind.starts_with("impl ") {
        format!("`{kind}`, on which its type depends,")
    } else if kind.starts_with(char::is_lowercase) {
        format!("the module of its type, `{kind}`,")
    } else {
        format!("its type `{kind}`")
    }
}

/// A variable that the cell which fails asks for, though it defines the variable's type anew.
pub(super) fn redefined_here(name: &str, made: u32, kind: &str) -> String {
    format!(
        "`{name}`, made in [{made}], can't be used here: this cell defines `{kind}` anew, and `{name}` is of the earlier one"
    )
}

/// A variable that a cell's end has taken along.
pub(super) fn lost(name: &str, made: u32, cell: u32, end: End) -> String {
    let how = match end {
        End::Died => return format!("`{name}` was lost with the process in [{cell}]"),
        End::Complete => "cleared away",
        End::Refused => "did not compile",
        End::Returned => "ended early, by a `return`",
        End::Panicked => "ended early, by a panic or a `?`",
        End::Stopped => "was stopped",
        End::Deadlocked => "ended in a deadlock",
    };
    match end {
        End::Complete if made == cell => format!("`{name}` was made in [{made}], and not kept"),
        End::Complete => format!("`{name}` was made in [{made}] and {how} in [{cell}]"),
        _ if made != cell => {
            format!("`{name}` was made in [{made}], and used in [{cell}], which {how}")
        }
        End::Refused => format!("`{name}` was to be made in [{made}], which {how}"),
        _ => format!("`{name}` was made in [{made}], which {how}"),
    }
}

/// A variable that a cell moved and would have assigned again further down.
pub(super) fn not_given_back(name: &str, made: u32, cell: u32) -> String {
    format!(
        "`{name}` was made in [{made}], and moved in [{cell}], which returned before it was assigned again"
    )
}

/// A variable that is kept as `kind` since its own type has no name.
pub(super) fn boxed(name: &str, kind: &str, own: &str) -> String {
    format!(
        "`{name}` is kept as `{}`, since its own type, `{}`, has no name. What only that one can do must stand in the cell that makes it",
        short(kind),
        short(own)
    )
}

/// A type with the last names of its paths alone, as messages have it.
pub(super) fn short(kind: &str) -> String {
    let kind = shown(kind);
    let mut result = String::new();
    let mut rest = kind.as_str();
    while let Some(first) = rest.chars().next() {
        if let Some(place) = rest.strip_prefix('@') {
            // Where a closure stands.
            rest = &place[place.find('}').unwrap_or(place.len())..];
            continue;
        }
        let in_path = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
        let length = rest.find(|c| !in_path(c)).unwrap_or(rest.len());
        let (word, after) = rest.split_at(length.max(first.len_utf8()));
        result += match word.trim_end_matches(':').rsplit_once("::") {
            Some((_, last)) => last,
            None => word,
        };
        rest = after;
    }
    result
}

/// A type as a person would write it.
pub(crate) fn shown(kind: &str) -> String {
    let never = kind.replace("crate::fearless_never::Never", "!");
    never
        .replace("::fearless_dep_", "")
        .replace("::std::", "std::")
        .replace("::core::", "core::")
        .replace("crate::", "")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_short_in_messages() {
        let own = "std::iter::Peekable<std::iter::Map<std::ops::Range<i32>, {closure@src/lib.rs:3:1: 3:9}>>";
        assert_eq!(short(own), "Peekable<Map<Range<i32>, {closure}>>");
        let kind = "::std::boxed::Box<dyn ::std::iter::Iterator<Item = crate::P> + Send>";
        assert_eq!(short(kind), "Box<dyn Iterator<Item = P> + Send>");
    }
}
