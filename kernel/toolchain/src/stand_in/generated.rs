//! evcxr's generated source, mended before it is compiled. Each line stays where it is, since evcxr
//! and the report look lines up by their number.

pub(crate) mod display;
mod entry;
mod given_back;
mod rooted;
mod runtime;
mod shadowed;
mod used;

mod types;

pub(super) use runtime::awaits;
pub(super) use types::{Action, Stored};

use super::nameable;
use crate::settings::Display;
use crate::variables::Variables;
use shadowed::Shadowed;
use std::collections::HashSet;
use types::{AT_END, DROP, PUT, TAKE};

/// What a `?` of the cell calls.
const FROM_ERROR: &str = "\n                fn from(error: T) -> Self {\n";
/// The same, which knows where the `?` stands.
const TRACKED_FROM_ERROR: &str = "\n                #[track_caller] fn from(error: T) -> Self {\n";

/// How the closure begins that catches the cell's panics, and how one that returns nothing does:
/// in one that may return anything, a `return 5;` would be no mistake, and 5 be lost.
const CATCHES: [(&str, &str); 2] = [
    (
        "\nmatch std::panic::catch_unwind(\n  std::panic::AssertUnwindSafe(||{\n",
        "\nmatch std::panic::catch_unwind(\n  std::panic::AssertUnwindSafe(||->(){\n",
    ),
    (
        "\nif std::panic::catch_unwind(||{\n",
        "\nif std::panic::catch_unwind(||->(){\n",
    ),
];

/// What stands around the cell in evcxr's words, and what it means whatever the notebook calls `Ok`
/// or `println`, or forbids.
const AROUND: [(&str, &str); 3] = [
    (
        "\n  Ok(_) => {}\n  Err(_) => {\n",
        "\n  ::std::result::Result::Ok(_) => {}\n  ::std::result::Result::Err(_) => {\n",
    ),
    (
        "\n    println!(\"EVCXR_PANIC_NOTIFICATION\");\n",
        "\n    ::std::println!(\"EVCXR_PANIC_NOTIFICATION\");\n",
    ),
    (
        "\nlet evcxr_variable_store = unsafe {&mut *evcxr_variable_store};\n",
        "\n#[allow(unsafe_code)] let evcxr_variable_store = unsafe {&mut *evcxr_variable_store};\n",
    ),
];

/// A source as it is compiled.
#[derive(Clone)]
pub(super) struct Adapted {
    text: String,
    /// The lines that check, take or keep a variable, also those that were left out of `text`.
    pub stored: Vec<Stored>,
    /// The source with all variables.
    whole: String,
    /// The variables of `whole` that were left out of `text`.
    idle: Vec<String>,
    /// The lines in which the cell's new variables are kept, as evcxr wrote them.
    puts: Vec<usize>,
    /// What ends before.
    drops: Vec<String>,
    /// Whether variables go into our own store, which is told when the cell comes to keep them.
    is_told: bool,
    /// The variables of earlier cells that the cell's own code keeps.
    given_back: Vec<String>,
    /// The variables of earlier cells that the cell defines anew.
    shadowed: Vec<Shadowed>,
}

impl Adapted {
    /// Mends a source; `display` says how its last expression is shown by our `std`, if it is
    /// compiled against that, and `awaits` whether it awaits something.
    pub fn new(
        source: &str,
        display: Option<&Display>,
        variables: &Variables,
        awaits: bool,
    ) -> Adapted {
        let typed = types::typed(source, variables);
        let mut text = typed.text;
        text = used::marked(&text).unwrap_or(text);
        text = text.replacen(FROM_ERROR, TRACKED_FROM_ERROR, 1);
        for (evcxrs, ours) in CATCHES.into_iter().chain(AROUND) {
            text = text.replacen(evcxrs, ours, 1);
        }
        text = runtime::adapted(&text, awaits).unwrap_or(text);
        text = entry::shared(&text, display.is_some()).unwrap_or(text);
        if let Some(display) = display {
            text = display::adapted(&text, display).unwrap_or(text);
            text = our_store(&text).unwrap_or(text);
        } else {
            text = evcxrs_store(&text).unwrap_or(text);
        }
        text = rooted::adapted(&text);
        if nameable::uses_never(&text) {
            text += nameable::NEVER;
            text += "\n";
        }
        let mut adapted = Adapted::with_whole(text, typed.stored);
        if display.is_some() {
            adapted.is_told = true;
            let put_back = shadowed::put_back(&adapted.text, &adapted.shadowed, variables);
            adapted.stored.extend(put_back);
        } else {
            // evcxr forgets the variables of a cell that doesn't run through.
            adapted.shadowed.clear();
        }
        adapted
    }

    fn with_whole(whole: String, stored: Vec<Stored>) -> Adapted {
        let shadowed = shadowed::found(&stored);
        let (text, idle) = without_idle_variables(&whole, &shadowed)
            .unwrap_or_else(|| (whole.clone(), Vec::new()));
        let new = stored.iter().filter(|it| it.is_new);
        let puts = new.map(|it| it.line).collect();
        Adapted {
            text,
            stored,
            whole,
            idle,
            puts,
            drops: Vec::new(),
            is_told: false,
            given_back: Vec::new(),
            shadowed,
        }
    }

    /// The definitions of the cell that leave an earlier one of their name where it was until the
    /// cell has run through: their numbers, and those of the earlier ones.
    pub fn left(&self) -> Vec<(u32, u32)> {
        let is_left = |it: &&Shadowed| {
            let put_back =
                |line: &Stored| line.action == Action::PutBack && line.number == it.taken.number;
            self.idle.contains(&it.taken.name) || self.stored.iter().any(put_back)
        };
        let left = self.shadowed.iter().filter(is_left);
        left.map(|it| (it.new, it.taken.number)).collect()
    }

    /// The source in which the cell's own code keeps a variable of an earlier cell: one that it
    /// moves away and assigns again is there only. `None` if it keeps that one already, or can't.
    pub fn give_back(&self, variable: &Stored) -> Option<Adapted> {
        let is_possible = variable.action == Action::Put
            && !variable.is_new
            && !self.given_back.contains(&variable.name)
            && given_back::is_assigned(given_back::own(&self.text), &variable.name);
        let line = given_back::place(&self.text).filter(|_| is_possible)?;
        let mut next = self.without(|it| it == variable);
        next.given_back.push(variable.name.clone());
        next.stored.push(Stored {
            line,
            ..variable.clone()
        });
        Some(next)
    }

    /// Whether the session has a runtime for what is `async`.
    pub fn has_runtime(&self) -> bool {
        self.text.contains(runtime::NAME)
    }

    /// Whether the cell defines variables.
    pub fn has_new_variables(&self) -> bool {
        self.stored.iter().any(|it| it.is_new)
    }

    /// The source with all variables, if the compiler missed one of those that were left out: a
    /// procedural macro can make up a name that the cell doesn't contain.
    pub fn with_missed(&self, messages: &str) -> Option<Adapted> {
        let missed = |name: &String| messages.contains(&format!("cannot find value `{name}`"));
        self.idle.iter().any(missed).then(|| Adapted {
            text: self.whole.clone(),
            idle: Vec::new(),
            ..self.clone()
        })
    }

    /// The source with a variable that is kept in another way: as a value of type `kind`, which
    /// `make` makes of it.
    pub fn put_as(&self, variable: &Stored, kind: &str, make: &str) -> Adapted {
        let name = &variable.name;
        let value = match make {
            "" => name.clone(),
            make => format!("{make}({name})"),
        };
        let put = format!("{PUT}{kind}>(stringify!({name}), {value});\n");
        let changed = |text: &str| types::with_line(text, variable.line, &put);
        Adapted {
            text: changed(&self.text),
            whole: changed(&self.whole),
            ..self.clone()
        }
    }

    /// The variables of earlier cells that the cell's own code keeps.
    pub fn given_back(&self) -> Vec<u32> {
        let kept = self.stored.iter().filter(|it| self.is_given_back(it));
        kept.map(|it| it.number).collect()
    }

    fn is_given_back(&self, it: &Stored) -> bool {
        it.action == Action::Put && self.given_back.contains(&it.name)
    }

    /// Lets a variable that borrows end before those are kept that it may borrow from; whether it
    /// did not already.
    pub fn drop_first(&mut self, name: &str) -> bool {
        let is_new = !self.drops.iter().any(|it| it == name);
        if is_new {
            self.drops.push(name.to_owned());
        }
        is_new
    }

    /// The source as it is compiled.
    pub fn source(&self) -> String {
        let text = given_back::kept(&self.text, &self.given_back);
        let put_back = self.stored.iter().filter(|it| it.action == Action::PutBack);
        let put_back: Vec<Stored> = put_back.cloned().collect();
        self.ending(shadowed::with(text, &put_back))
    }

    /// The same, but for what the cell's own code keeps of earlier cells: its errors are to be
    /// told.
    pub fn without_given_back(&self) -> String {
        self.ending(self.text.clone())
    }

    /// A text in which ends first what is to, and which says when it comes to keep variables: a
    /// `return` leaves it before.
    fn ending(&self, text: String) -> String {
        let Some(first) = self.puts.iter().min() else {
            return text;
        };
        let lines: Vec<&str> = text.lines().collect();
        let line = |number: usize| lines.get(number - 1).copied().unwrap_or_default();
        let keeps = self.puts.iter().any(|put| !line(*put).trim().is_empty());
        let names = self.drops.iter();
        let mut before: String = names.map(|name| format!("{DROP}{name}); ")).collect();
        if keeps && self.is_told {
            before += AT_END;
        }
        if before.is_empty() {
            return text;
        }
        let line = format!("{before}{}\n", line(*first));
        types::with_line(&text, *first, &line)
    }

    /// The source without those of the lines that check, take or keep a variable that are
    /// unwanted.
    pub fn without(&self, is_unwanted: impl Fn(&Stored) -> bool) -> Adapted {
        let (out, stored): (Vec<Stored>, Vec<Stored>) =
            self.stored.iter().cloned().partition(is_unwanted);
        let lines: Vec<usize> = out
            .iter()
            .filter(|it| !self.is_given_back(it) && it.action != Action::PutBack)
            .map(|it| it.line)
            .collect();
        let mut given_back = self.given_back.clone();
        given_back.retain(|name| {
            let mut kept = stored.iter().filter(|it| self.is_given_back(it));
            kept.any(|it| it.name == *name)
        });
        let kept = |(index, line): (usize, &str)| match lines.contains(&(index + 1)) {
            true => "\n".to_owned(),
            false => line.to_owned(),
        };
        let without = |text: &str| text.split_inclusive('\n').enumerate().map(kept).collect();
        Adapted {
            text: without(&self.text),
            whole: without(&self.whole),
            stored,
            given_back,
            ..self.clone()
        }
    }
}

/// Puts our `std`'s store for variables in the place of evcxr's, which would be compiled again in
/// each cell: that takes longer than the cell.
fn our_store(text: &str) -> Option<String> {
    const MODULE: &str = "mod evcxr_internal_runtime {";
    const END: &str = "\n}\n}\n";
    let start = text.find(&format!("\n{MODULE}\n"))? + 1;
    let end = start + text[start..].find(END)? + END.len();
    let lines = text[start..end].matches('\n').count();
    Some(format!(
        "{}{MODULE} pub use ::std::variables::*; }}{}{}",
        &text[..start],
        "\n".repeat(lines),
        &text[end..]
    ))
}

/// Lets evcxr's own store, which is used without our `std`, show the types of variables whatever
/// the optimiser does.
fn evcxrs_store(text: &str) -> Option<String> {
    const PUT: &str = "pub fn put_variable<";
    let before = text.find(PUT)?;
    Some(format!(
        "{}#[inline(never)] {}",
        &text[..before],
        &text[before..]
    ))
}

/// Leaves variables that the cell doesn't speak of where they are, instead of taking each out of
/// the store and putting it back: that would make each cell of a long notebook slower than the one
/// before. One that the cell only defines anew stays there, too. Returns the names as well.
fn without_idle_variables(text: &str, shadowed: &[Shadowed]) -> Option<(String, Vec<String>)> {
    let start = text
        .rfind(entry::BODY)
        .or_else(|| text.find("\npub extern \"C\" fn run_user_code_"))?;
    let (before, cell) = text.split_at(start);
    let own = shadowed::own(cell);
    let words: HashSet<&str> = own
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .collect();
    let is_unspoken = |name: &str| {
        let is_shadowed = || shadowed.iter().any(|it| it.taken.name == name);
        !words.contains(name.trim_start_matches("r#"))
            || is_shadowed() && shadowed::is_only_bound(&own, name)
    };
    let mut idle: Vec<&str> = cell
        .lines()
        .filter(|line| line.contains(TAKE))
        .filter_map(stored)
        .filter(|name| is_unspoken(name))
        .collect();
    idle.sort_unstable();
    if idle.is_empty() {
        return None;
    }
    let mut kept = before.to_owned();
    for line in cell.split_inclusive('\n') {
        let is_defined = |action, name| {
            let mut shadowed = shadowed.iter();
            action == Action::Put && shadowed.any(|it| it.taken.name == name)
        };
        match types::stored(line.trim_end()) {
            Some((action, _, name))
                if idle.binary_search(&name).is_ok() && !is_defined(action, name) =>
            {
                kept.push('\n');
            }
            _ => kept.push_str(line),
        }
    }
    let idle = idle.into_iter().map(str::to_owned).collect();
    Some((kept, idle))
}

/// The variable that a line puts into the store.
pub(crate) fn kept(line: &str) -> Option<&str> {
    let (action, _, name) = types::stored(line.trim_end())?;
    (action == Action::Put).then_some(name)
}

/// The variable that a line of evcxr's checks, takes out of the store, or puts there.
pub(crate) fn stored(line: &str) -> Option<&str> {
    types::stored(line.trim_end()).map(|(_, _, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mended(source: &str, recorded: bool) -> Adapted {
        Adapted::new(
            source,
            recorded.then_some(&Display::default()),
            &Variables::default(),
            false,
        )
    }

    const CELL: &str = r#"fn unused() {}
mod evcxr_internal_runtime {
pub struct VariableStore {
}

pub fn create_variable_store() {
}
}
#[unsafe(no_mangle)]
pub extern "C" fn run_user_code_7(
{let mut vars_ok = true;
vars_ok &= evcxr_variable_store.check_variable::<i32>(stringify!(spoken));
vars_ok &= evcxr_variable_store.check_variable::<Vec<i32>>(stringify!(unused));
if !vars_ok {return evcxr_variable_store;}}
let spoken = evcxr_variable_store.take_variable::<i32>(stringify!(spoken));
let mut unused = evcxr_variable_store.take_variable::<Vec<i32>>(stringify!(unused));
println!("{spoken}");
let new = 1;
evcxr_variable_store.put_variable::<i32>(stringify!(new), new);
evcxr_variable_store.put_variable::<i32>(stringify!(spoken), spoken);
evcxr_variable_store.put_variable::<Vec<i32>>(stringify!(unused), unused);
evcxr_variable_store
}
"#;

    #[test]
    fn the_store_is_ours_where_our_std_is() {
        let adapted = mended(CELL, true).source();
        let module = "mod evcxr_internal_runtime { pub use ::std::variables::*; }";
        assert_eq!(adapted.lines().nth(1), Some(module));
        assert!(!adapted.contains("struct VariableStore"));
        assert_eq!(adapted.lines().count(), CELL.lines().count());
        assert_eq!(adapted.lines().nth(8), Some("#[unsafe(no_mangle)]"));
        assert!(
            mended(CELL, false)
                .source()
                .contains("struct VariableStore")
        );
    }

    #[test]
    fn variables_that_a_cell_does_not_speak_of_stay_in_the_store() {
        let adapted = mended(CELL, false);
        let source = adapted.source();
        let body = source.split_once("run_user_code_7").unwrap().1;
        assert!(!body.contains("unused"), "{body}");
        assert_eq!(body.matches("(spoken)").count(), 3, "{body}");
        assert!(body.contains("(new), new)"));
        assert_eq!(adapted.source().lines().count(), CELL.lines().count());
    }

    #[test]
    fn a_variable_that_the_compiler_misses_comes_back() {
        let adapted = mended(CELL, false);
        let missed = |name: &str| format!("error: cannot find value `{name}` in this scope");
        let whole = adapted.with_missed(&missed("unused")).unwrap();
        let puts = "put_variable::<Vec<i32>>(stringify!(unused)";
        assert!(whole.source().contains(puts));
        assert!(whole.with_missed(&missed("unused")).is_none());
        assert!(adapted.with_missed(&missed("other")).is_none());
    }
}
