//! Whether a cell is about to start threads, as far as its text tells.

use super::source_map::rust_start;
use ra_ap_syntax::ast::{self, AstNode, HasName};
use std::collections::HashSet;
use toolchain::parts::{Part, split};

/// What stands where a thread, or a task, begins.
const SIGNS: [&str; 8] = [
    "spawn(",
    "spawn::<",
    "spawn_blocking(",
    "scope(",
    "rayon::",
    "par_iter",
    "par_bridge",
    "tokio::main",
];

/// Whether what the cell runs speaks of threads, so that its first printed line already gets a
/// gutter: its statements, and those of its functions that they lead to. A function that is only
/// defined starts nothing.
pub(crate) fn speaks_of_threads(code: &str) -> bool {
    let code = &code[rust_start(code)..];
    if !SIGNS.iter().any(|sign| code.contains(sign)) {
        return false;
    }
    let (mut waiting, statements): (Vec<Part>, Vec<Part>) =
        split(code).into_iter().partition(Part::is_item);
    let mut words = HashSet::from(["main".to_owned()]);
    let mut reached = statements;
    while let Some(part) = reached.pop() {
        let text = part.node.text().to_string();
        if SIGNS.iter().any(|sign| text.contains(sign)) {
            return true;
        }
        let in_word = |c: char| c.is_alphanumeric() || c == '_';
        words.extend(text.split(|c| !in_word(c)).map(str::to_owned));
        let (found, left) = waiting
            .into_iter()
            .partition(|item| functions(item).iter().any(|name| words.contains(name)));
        waiting = left;
        reached.extend(found);
    }
    false
}

/// The functions and methods that an item has.
fn functions(item: &Part) -> Vec<String> {
    let nodes = item.node.descendants().filter_map(ast::Fn::cast);
    let names = nodes.filter_map(|function| function.name());
    names.map(|name| name.text().to_string()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_run_speaks_of_threads() {
        for code in [
            "thread::spawn(|| 1).join()",
            "fn f() { thread::spawn(g); }\nf();",
            "struct P; impl P { fn go(&self) { self.on() } fn on(&self) { thread::spawn(|| 1); } }\nP.go();",
            "fn main() { run() }\nfn run() { std::thread::scope(|s| {}) }\nmain()",
        ] {
            assert!(speaks_of_threads(code), "{code}");
        }
        for code in [
            "println!(\"no\")",
            ":dep rayon = \"1\"\nuse rayon::prelude::*;\nprintln!(\"no\");",
            "fn f() { thread::spawn(g); }\nprintln!(\"no\");",
        ] {
            assert!(!speaks_of_threads(code), "{code}");
        }
    }
}
