//! Which variables a cell moves away, before the compiler is asked.
//!
//! What a cell moves away can't be kept, and the compiler says so by refusing the whole cell. Most
//! cells with threads move something: `handle.join()`, `for handle in handles`, `move ||`. So what
//! looks like that is left out at once, and the cell is compiled once instead of twice.
//!
//! A guess counts only if the compiler confirms it. It writes down what it made of the cell, and
//! there each value that has to be dropped is dropped at its end, unless it is gone by then. Where
//! that can't be told, the cell is compiled again with everything, as if nothing had been guessed.

use super::generated::{Action, Stored};
use super::mir;
use crate::variables::{Fate, Variables};

/// Types whose values always have to be dropped, as the compiler writes them.
const OWNING: [&str; 16] = [
    "std::thread::JoinHandle<",
    "std::sync::mpsc::Sender<",
    "std::sync::mpsc::SyncSender<",
    "std::sync::mpsc::Receiver<",
    "std::sync::Arc<",
    "std::rc::Rc<",
    "std::boxed::Box<",
    "std::vec::Vec<",
    "std::string::String",
    "std::collections::VecDeque<",
    "std::collections::BinaryHeap<",
    "std::collections::HashMap<",
    "std::collections::HashSet<",
    "std::collections::BTreeMap<",
    "std::collections::BTreeSet<",
    "std::collections::LinkedList<",
];

/// What makes such values, where a variable is bound.
const MAKING: [&str; 15] = [
    "Arc",
    "Rc",
    "Box",
    "Vec",
    "String",
    "vec",
    "format",
    "to_string",
    "to_owned",
    "collect",
    "channel",
    "sync_channel",
    "HashMap",
    "BTreeMap",
    "VecDeque",
];

/// The end of a cell's code that a `?` may leave.
const LEAVES_EARLY: &str = "\nOk(())})();";

/// A variable that a cell seems to move away.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Guess {
    variable: Stored,
    /// The line (1-based) at which it is moved.
    line: u32,
}

/// The variables that the cell in `source` seems to move away: its own, and those of earlier cells.
pub(super) fn guessed(source: &str, stored: &[Stored], variables: &Variables) -> Vec<Guess> {
    // There, much may end before it moves something.
    if source.contains(LEAVES_EARLY) {
        return Vec::new();
    }
    let lines: Vec<&str> = source.lines().collect();
    let is_own = |line: &usize| stored.iter().all(|it| it.line != *line);
    let puts = stored.iter().filter(|it| it.action == Action::Put);
    let guess = |variable: &Stored| {
        let taken = stored
            .iter()
            .filter(|it| it.action == Action::Take && it.number == variable.number);
        let first = taken.map(|it| it.line).max().unwrap_or(0);
        let own: Vec<usize> = (first + 1..variable.line).filter(is_own).collect();
        let text: String = own
            .iter()
            .flat_map(|line| [lines.get(line - 1).unwrap_or(&""), "\n"])
            .collect();
        let owns = match variables.kind(variable.number) {
            Some(kind) if !variable.is_new => is_owning(kind.trim_start_matches("::")),
            _ => is_made(&text, &variable.name),
        };
        let at = place(&text, &variable.name, owns)?;
        Some(Guess {
            variable: variable.clone(),
            line: own[text[..at].matches('\n').count()] as u32,
        })
    };
    puts.filter_map(guess).collect()
}

/// Whether a value of this type has to be dropped, for certain.
fn is_owning(kind: &str) -> bool {
    OWNING.iter().any(|it| kind.starts_with(it))
}

/// Whether a statement that binds the variable seems to make a value that has to be dropped.
fn is_made(text: &str, name: &str) -> bool {
    let mut statements = text.split("let ").skip(1);
    statements.any(|rest| {
        let (pattern, value) = rest.split_once('=').unwrap_or((rest, ""));
        let value = value.split(';').next().unwrap_or_default();
        let mut made = words(pattern).chain(words(value));
        words(pattern).any(|(_, word)| word == name) && made.any(|(_, it)| MAKING.contains(&it))
    })
}

/// Where the variable seems to be moved away; `owns` if it is known to have to be dropped.
fn place(text: &str, name: &str, owns: bool) -> Option<usize> {
    let uses = || words(text).filter(|(_, word)| *word == name);
    let is_bound = |at: usize| {
        let statement = text[..at]
            .rsplit([';', '{', '}'])
            .next()
            .unwrap_or_default();
        statement.trim_start().starts_with("let ") && !statement.contains('=')
    };
    // One of the same name may be meant.
    if uses().filter(|(at, _)| is_bound(*at)).count() > 1 {
        return None;
    }
    let bound = uses()
        .find(|(at, _)| is_bound(*at))
        .map_or(0, |(at, _)| at + 1);
    let mut uses = uses().map(|(at, _)| at).filter(|at| *at >= bound);
    if uses
        .clone()
        .any(|at| is_assigned(text[at + name.len()..].trim_start()))
    {
        return None;
    }
    uses.find(|at| {
        let (before, after) = (text[..*at].trim_end(), text[at + name.len()..].trim_start());
        let is_iterated = || before.ends_with(" in") && after.starts_with('{');
        let is_dropped = || before.ends_with("drop(") && after.starts_with(')');
        let in_closure = || is_in_moving_closure(before);
        let is_joined = !before.ends_with(['.', '&']) && after.starts_with(".join()");
        is_joined || owns && (is_iterated() || is_dropped() || in_closure())
    })
}

/// Whether what follows `=` assigns.
fn is_assigned(rest: &str) -> bool {
    rest.starts_with('=') && !rest.starts_with("==") && !rest.starts_with("=>")
}

/// Whether what follows `before` is in the body of a closure that owns what it uses.
fn is_in_moving_closure(before: &str) -> bool {
    words(before)
        .filter(|(_, word)| *word == "move")
        .any(|(at, _)| {
            let rest = &before[at + "move".len()..];
            let mut depth = 0i32;
            let closes = |letter| {
                depth += match letter {
                    '(' | '{' | '[' => 1,
                    ')' | '}' | ']' => -1,
                    _ => 0,
                };
                depth < 0 || depth == 0 && letter == ';'
            };
            !rest.chars().any(closes)
        })
}

/// The words of a text and where they begin.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> + Clone {
    let is_letter = |c: char| c.is_alphanumeric() || c == '_';
    let start = text.as_ptr() as usize;
    text.split(move |c| !is_letter(c))
        .filter(|word| !word.is_empty())
        .map(move |word| (word.as_ptr() as usize - start, word))
}

/// What became of the variables, if the compiler confirms that all are moved away; `mir` is what it
/// made of the cell.
pub(super) fn confirmed(guesses: &[Guess], mir: &str) -> Option<Vec<(Stored, Fate)>> {
    let fate = |guess: &Guess| {
        let kind = mir::kind_of_moved(mir, &guess.variable.name)?;
        let fate = Fate::Moved { line: guess.line };
        is_owning(kind).then(|| (guess.variable.clone(), fate))
    };
    guesses.iter().map(fate).collect()
}

impl Guess {
    /// Whether this is the line that would keep the variable.
    pub fn keeps(&self, line: &Stored) -> bool {
        line.action == Action::Put && line.number == self.variable.number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, name: &str, expected: Option<&str>) {
        let found = place(text, name, is_made(text, name));
        let rest = found.map(|at| text[at..].split('\n').next().unwrap());
        assert_eq!(rest, expected);
    }

    #[test]
    fn what_looks_moved_is_found_where_that_is() {
        let spawned = "let h = thread::spawn(f);\nprintln!(\"{}\", h.join().unwrap());";
        check(spawned, "h", Some("h.join().unwrap());"));
        let all = "let hs: Vec<_> = (0..2).map(g).collect();\nfor h in hs {\nh.join();\n}";
        check(all, "hs", Some("hs {"));
        let sent =
            "let (tx, rx) = channel();\nthread::spawn(move || {\ntx.send(1); });\nrx.recv();";
        check(sent, "tx", Some("tx.send(1); });"));
        check(sent, "rx", None);
        check("let s = String::new();\ndrop(s);", "s", Some("s);"));
    }

    #[test]
    fn what_only_looks_alike_is_not() {
        let cloned = "let n = Arc::new(1);\nfor _ in 0..2 { let n = n.clone(); spawn(move || n); }";
        check(cloned, "n", None);
        check("let n = 5;\nspawn(move || n);\nfor i in n {}", "n", None);
        check("let s = vec![\"a\"];\ns.join(\",\");", "s", None);
        check("let mut s = vec![1];\ndrop(s);\ns = vec![2];", "s", None);
        check("let s = vec![1];\nspawn(move || 1);\ns.len();", "s", None);
    }
}
