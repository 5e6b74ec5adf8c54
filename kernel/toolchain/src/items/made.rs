//! Which variables a macro of the notebook makes: `make!(x);` is as good as `let x = …;` if that is
//! what it stands for.
//!
//! Only names that come from the call are variables of the cell: those that stand in the macro
//! itself are its own. So the call is matched with the macro's arms, as far as that can be told
//! from tokens.

use super::describe::macro_name;
use super::list::Items;
use super::tokens::{Tree, is_times, matched, names_in, trees};
use crate::parts;
use ra_ap_syntax::SyntaxKind;
use ra_ap_syntax::ast::{self, AstNode};
use std::collections::HashMap;
use std::path::Path;

/// How many macros deep it is looked.
const DEPTH: usize = 8;
/// What stands before a `let` that is a condition.
const CONDITIONS: [&str; 4] = ["if", "while", "&", "("];

/// A variable that a macro's call makes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Made {
    /// Its name.
    pub name: String,
    /// Whether it is `mut`.
    pub is_mut: bool,
}

/// The macros of a notebook, by name.
pub struct Macros(HashMap<String, String>);

impl Macros {
    /// Those of earlier cells, and those of a cell's Rust code.
    pub fn known(workspace: &Path, code: &str) -> Macros {
        let own = parts::split(code).into_iter();
        let own = own.filter(|part| ast::MacroRules::can_cast(part.node.kind()));
        let own = own.filter_map(|part| Some((part.item_name()?, part.node.text().to_string())));
        let items = Items::load(workspace).items.into_iter();
        let earlier = items.filter_map(|item| Some((item.macro_name()?.to_owned(), item.text)));
        Macros(earlier.chain(own).collect())
    }

    /// The variables that a call as a statement of its own makes.
    pub fn made_by(&self, call: &ast::MacroCall) -> Vec<Made> {
        let Some(arguments) = call.token_tree() else {
            return Vec::new();
        };
        let arguments = trees(arguments.syntax(), true);
        let mut made = Vec::new();
        self.expand(&macro_name(call), &arguments, DEPTH, &mut made);
        made
    }

    fn expand(&self, name: &str, arguments: &[Tree], depth: usize, made: &mut Vec<Made>) {
        let Some(text) = self.0.get(name).filter(|_| depth > 0) else {
            return;
        };
        let arms = arms(text);
        let mut arms = arms.iter();
        let found = arms.find_map(|(pattern, body)| Some((matched(pattern, arguments)?, body)));
        if let Some((bound, body)) = found {
            self.look(&filled(body, &bound), depth, made);
        }
    }

    /// The variables that statements make: those of `let`, and of further calls.
    fn look(&self, body: &[Tree], depth: usize, made: &mut Vec<Made>) {
        for (index, tree) in body.iter().enumerate() {
            let before = index.checked_sub(1).map_or("", |at| body[at].text());
            match (tree.text(), body.get(index + 1)) {
                ("let", _) if !CONDITIONS.contains(&before) => {
                    let ends = |tree: &Tree| matches!(tree.text(), "=" | ":" | ";");
                    let rest = &body[index + 1..];
                    let end = rest.iter().position(ends).unwrap_or(rest.len());
                    for (name, is_mut) in names_in(&rest[..end]) {
                        made.retain(|it| it.name != name);
                        made.push(Made { name, is_mut });
                    }
                }
                (name, Some(Tree::Leaf { text, .. })) if text == "!" => {
                    if let Some(Tree::Group { inner, .. }) = body.get(index + 2) {
                        self.expand(name, inner, depth - 1, made);
                    }
                }
                _ => {}
            }
        }
    }
}

/// What each arm of a `macro_rules!` matches, and what it stands for; without the delimiters.
fn arms(text: &str) -> Vec<(Vec<Tree>, Vec<Tree>)> {
    let rules = parts::split(text)
        .first()
        .and_then(|part| ast::MacroRules::cast(part.node.clone()))
        .and_then(|rules| rules.token_tree());
    let all: Vec<_> = rules
        .iter()
        .flat_map(|it| it.syntax().children())
        .filter(|node| node.kind() == SyntaxKind::TOKEN_TREE)
        .map(|node| trees(&node, false))
        .collect();
    all.chunks_exact(2)
        .map(|arm| (arm[0].clone(), arm[1].clone()))
        .collect()
}

/// What an arm stands for, with what its variables matched in their places. What is repeated stands
/// there once for all that matched in it: what is asked is only which names are bound.
fn filled(body: &[Tree], bound: &HashMap<String, Vec<Vec<Tree>>>) -> Vec<Tree> {
    let mut result = Vec::new();
    let mut at = 0;
    while let Some(tree) = body.get(at) {
        at += 1;
        if tree.text() != "$" {
            result.push(match tree {
                Tree::Group { open, inner } => Tree::Group {
                    open: *open,
                    inner: filled(inner, bound),
                },
                leaf => leaf.clone(),
            });
            continue;
        }
        match body.get(at) {
            Some(Tree::Group { open: '(', inner }) => {
                let times = used(inner).map(|name| bound.get(&name).map_or(0, Vec::len));
                let (separator, length) = repetition(&body[at + 1..]);
                at += length;
                for turn in 0..times.max().unwrap_or(0) {
                    result.extend(separator.filter(|_| turn > 0).cloned());
                    let turns = bound.iter().map(|(name, all)| {
                        let one = all.get(turn).or_else(|| all.first());
                        (name.clone(), one.cloned().into_iter().collect())
                    });
                    result.extend(filled(inner, &turns.collect()));
                }
            }
            Some(Tree::Leaf { text, .. }) if bound.contains_key(text) => {
                result.extend(bound[text].first().cloned().unwrap_or_default());
            }
            _ => {}
        }
        at += 1;
    }
    result
}

/// What stands between the turns of a repetition, and how many tokens say so and how often it is.
fn repetition(rest: &[Tree]) -> (Option<&Tree>, usize) {
    match rest {
        [times, ..] if is_times(times) => (None, 1),
        [separator, times, ..] if is_times(times) => (Some(separator), 2),
        _ => (None, 0),
    }
}

/// The macro variables that are used in an arm's tokens.
fn used(body: &[Tree]) -> impl Iterator<Item = String> {
    let mut names = Vec::new();
    for (index, tree) in body.iter().enumerate() {
        match tree {
            Tree::Group { inner, .. } => names.extend(used(inner)),
            leaf if index > 0 && body[index - 1].text() == "$" => {
                names.push(leaf.text().to_owned());
            }
            _ => {}
        }
    }
    names.into_iter()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(macros: &str, call: &str, expected: &str) {
        let macros = Macros::known(Path::new("/nowhere"), macros);
        let part = parts::split(call).remove(0);
        let made = macros.made_by(&part.macro_call().unwrap());
        let made: Vec<String> = made
            .iter()
            .map(|it| format!("{}{}", if it.is_mut { "mut " } else { "" }, it.name))
            .collect();
        assert_eq!(made.join(", "), expected, "{call}");
    }

    const LETS: &str =
        "macro_rules! lets { ($($n:ident = $v:expr),* $(,)?) => { $(let $n = $v;)* } }
        macro_rules! one { ($n:ident) => { let mut $n = 5; };
                           ($p:pat, $v:expr) => { let $p = $v; let hidden = 1; } }
        macro_rules! outer { ($($t:tt)*) => { println!(\"{}\", 1); one!($($t)*); } }
        macro_rules! inner { ($n:ident) => { { let $n = 1; println!(\"{}\", $n) } } }
        macro_rules! cond { ($n:ident) => { if let Some($n) = Some(1) { f($n) } } }
        macro_rules! typed { ($n:ident : $t:ty = $v:expr) => { let $n: $t = $v; } }
        macro_rules! listed { ($($n:ident $v:literal)*) => { lets!($($n = $v),*); } }
        macro_rules! again { ($n:ident) => { again!($n); } }";

    #[test]
    fn a_call_makes_what_its_arm_binds() {
        check(LETS, "one!(x);", "mut x");
        check(LETS, "lets!(a = 1, b = f(c, 2) + d);", "a, b");
        check(LETS, "lets! { a = 1, }", "a");
        check(LETS, "lets!();", "");
        check(LETS, "one!((a, Some(mut b)), f());", "a, mut b");
        check(LETS, "one!(P { x, y: [z, ..] }, p);", "x, z");
        check(
            LETS,
            "typed!(m: HashMap<u8, Vec<u8>> = HashMap::<u8, Vec<u8>>::new());",
            "m",
        );
        check(LETS, "outer!(y);", "mut y");
        check(LETS, "outer!((y, z), w);", "y, z");
        check(LETS, "listed!(a 1 b -2);", "a, b");
    }

    #[test]
    fn what_is_the_macros_own_or_no_statement_is_not_made() {
        check(LETS, "inner!(x);", "");
        check(LETS, "cond!(x);", "");
        check(LETS, "again!(x);", "");
        check(LETS, "one!(x + 1);", "");
        check(LETS, "println!(\"{}\", x);", "");
        check(LETS, "m::one!(x, x);", "x");
    }
}
