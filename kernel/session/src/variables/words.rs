//! What a person is told of variables.

use super::end::End;
use toolchain::variables::{Nameless, Reason};

/// Why a variable that a cell defines is not kept, and what to do.
pub(super) fn not_kept(name: &str, reason: &Reason) -> String {
    unkept(name, &format!("`{name}`"), reason)
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

/// What to do about a type that holds a closure.
fn with_closure(name: &str, kind: &str) -> String {
    let outer = kind.split('<').next().unwrap_or_default();
    let last = outer.rsplit("::").next().unwrap_or(outer);
    if outer.contains("::iter::") || outer.starts_with("itertools::") {
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
    let what = match kind.starts_with(char::is_lowercase) {
        true => "the module of its type,",
        false => "its type",
    };
    format!("`{name}`, made in [{made}], is gone: {what} `{kind}` is defined anew here")
}

/// A variable that a cell's end has taken along.
pub(super) fn lost(name: &str, made: u32, cell: u32, end: End) -> String {
    let how = match end {
        End::Died => return format!("`{name}` was lost with the process in [{cell}]"),
        End::Complete => "cleared away",
        End::Refused => "did not compile",
        End::Panicked => "ended early, by a panic or a `?`",
        End::Stopped => "was stopped",
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

/// A type as a person would write it.
pub(crate) fn shown(kind: &str) -> String {
    let never = kind.replace("crate::fearless_never::Never", "!");
    never
        .replace("::fearless_dep_", "")
        .replace("::std::", "std::")
        .replace("::core::", "core::")
        .replace("crate::", "")
}
