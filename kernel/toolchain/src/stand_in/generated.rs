//! evcxr's generated source, mended before it is compiled. Each line stays where it is, since evcxr and
//! the report look lines up by their number.

pub(crate) mod display;

use crate::settings::Display;
use crate::variable_types;
use std::collections::HashSet;

/// A source as it is compiled.
pub(super) struct Adapted {
    pub text: String,
    /// The source with all variables, and those that were left out of `text`.
    whole: Option<(String, Vec<String>)>,
}

impl Adapted {
    /// Mends a source; `display` says how its last expression is shown by our `std`, if it is compiled against that.
    pub fn new(source: &str, display: Option<&Display>) -> Adapted {
        let mut text = variable_types::name(source).unwrap_or(source.to_owned());
        if let Some(display) = display {
            text = display::adapted(&text, display).unwrap_or(text);
            text = our_store(&text).unwrap_or(text);
        }
        match without_idle_variables(&text) {
            Some((shorter, idle)) => Adapted {
                text: shorter,
                whole: Some((text, idle)),
            },
            None => Adapted::as_it_is(text),
        }
    }

    /// A source that needs no mending.
    pub fn as_it_is(text: String) -> Adapted {
        Adapted { text, whole: None }
    }

    /// The source with all variables, if the compiler missed one of those that were left out: a procedural macro can
    /// make up a name that the cell doesn't contain.
    pub fn whole_if_missed(&self, messages: &str) -> Option<String> {
        let (whole, idle) = self.whole.as_ref()?;
        let missed = |name: &String| messages.contains(&format!("cannot find value `{name}`"));
        idle.iter().any(missed).then(|| whole.clone())
    }
}

/// Puts our `std`'s store for variables in the place of evcxr's, which would be compiled again in each cell: that
/// takes longer than the cell.
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

/// Leaves variables that the cell doesn't speak of where they are, instead of taking each out of the store and putting
/// it back: that would make each cell of a long notebook slower than the one before. Returns the names as well.
fn without_idle_variables(text: &str) -> Option<(String, Vec<String>)> {
    let start = text.find("\npub extern \"C\" fn run_user_code_")?;
    let (before, cell) = text.split_at(start);
    let own_lines = cell.lines().filter(|line| stored(line).is_none());
    let words: HashSet<&str> = own_lines
        .flat_map(|line| line.split(|c: char| !c.is_alphanumeric() && c != '_'))
        .collect();
    let mut idle: Vec<&str> = cell
        .lines()
        .filter(|line| line.contains(TAKE))
        .filter_map(stored)
        .filter(|name| !words.contains(name))
        .collect();
    idle.sort_unstable();
    if idle.is_empty() {
        return None;
    }
    let mut kept = before.to_owned();
    for line in cell.split_inclusive('\n') {
        match stored(line) {
            Some(name) if idle.binary_search(&name).is_ok() => kept.push('\n'),
            _ => kept.push_str(line),
        }
    }
    let idle = idle.into_iter().map(str::to_owned).collect();
    Some((kept, idle))
}

const CHECK: &str = "vars_ok &= evcxr_variable_store.check_variable::<";
const TAKE: &str = " = evcxr_variable_store.take_variable::<";
const PUT: &str = "evcxr_variable_store.put_variable::<";

/// The variable that a line puts into the store.
pub(crate) fn kept(line: &str) -> Option<&str> {
    stored(line).filter(|_| line.starts_with(PUT))
}

/// The variable that a line of evcxr's checks, takes out of the store, or puts there.
pub(crate) fn stored(line: &str) -> Option<&str> {
    let line = line.trim_end();
    let is_evcxrs = line.starts_with(CHECK)
        || line.starts_with(PUT)
        || (line.starts_with("let ") && line.contains(TAKE));
    let (_, name) = line.rsplit_once("stringify!(").filter(|_| is_evcxrs)?;
    name.split(')').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mended(source: &str, recorded: bool) -> Adapted {
        Adapted::new(source, recorded.then_some(&Display::default()))
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
        let adapted = mended(CELL, true).text;
        let module = "mod evcxr_internal_runtime { pub use ::std::variables::*; }";
        assert_eq!(adapted.lines().nth(1), Some(module));
        assert!(!adapted.contains("struct VariableStore"));
        assert_eq!(adapted.lines().count(), CELL.lines().count());
        assert_eq!(adapted.lines().nth(8), Some("#[unsafe(no_mangle)]"));
        assert!(mended(CELL, false).text.contains("struct VariableStore"));
    }

    #[test]
    fn variables_that_a_cell_does_not_speak_of_stay_in_the_store() {
        let adapted = mended(CELL, false);
        let body = adapted.text.split_once("run_user_code_7").unwrap().1;
        assert!(!body.contains("unused"), "{body}");
        assert_eq!(body.matches("(spoken)").count(), 3, "{body}");
        assert!(body.contains("(new), new)"));
        assert_eq!(adapted.text.lines().count(), CELL.lines().count());
    }

    #[test]
    fn a_variable_that_the_compiler_misses_comes_back() {
        let adapted = mended(CELL, false);
        let missed = |name: &str| format!("error: cannot find value `{name}` in this scope");
        assert_eq!(
            adapted.whole_if_missed(&missed("unused")).as_deref(),
            Some(CELL)
        );
        assert_eq!(adapted.whole_if_missed(&missed("other")), None);
    }
}
