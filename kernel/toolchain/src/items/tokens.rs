//! Tokens as macros see them, and whether an arm's pattern matches them.

use crate::parts;
use ra_ap_syntax::ast::{self, AstNode, HasName};
use ra_ap_syntax::{NodeOrToken, SyntaxNode};
use std::collections::HashMap;

/// How many tokens a call may have: matching tries out where each part ends.
const LIMIT: usize = 400;

/// A token, or what stands between two delimiters.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Tree {
    Leaf {
        text: String,
        /// Whether it comes from the call, and not from the macro.
        is_own: bool,
    },
    Group {
        open: char,
        inner: Vec<Tree>,
    },
}

impl Tree {
    /// A token's text; of a group how it opens.
    pub fn text(&self) -> &str {
        match self {
            Tree::Leaf { text, .. } => text,
            Tree::Group { open: '(', .. } => "(",
            Tree::Group { open: '[', .. } => "[",
            Tree::Group { .. } => "{",
        }
    }

    fn is_word(&self) -> bool {
        self.text()
            .starts_with(|c: char| c.is_alphabetic() || c == '_')
            && self.text() != "_"
    }
}

/// What stands in a token tree, its delimiters aside.
pub(super) fn trees(tree: &SyntaxNode, is_own: bool) -> Vec<Tree> {
    let mut found = Vec::new();
    for element in tree.children_with_tokens() {
        match element {
            NodeOrToken::Node(node) => {
                let open = node.text().char_at(0.into()).unwrap_or('(');
                let inner = trees(&node, is_own);
                found.push(Tree::Group { open, inner });
            }
            NodeOrToken::Token(token) if !token.kind().is_trivia() => found.push(Tree::Leaf {
                text: token.text().to_owned(),
                is_own,
            }),
            NodeOrToken::Token(_) => {}
        }
    }
    // The delimiters are the first token and the last.
    if found.len() >= 2 {
        found.pop();
        found.remove(0);
    }
    found
}

/// What each variable of a macro stands for, once for each time that it is repeated; `None` if the
/// pattern doesn't match.
pub(super) fn matched(pattern: &[Tree], input: &[Tree]) -> Option<HashMap<String, Vec<Vec<Tree>>>> {
    let found = (input.len() <= LIMIT).then(|| all(pattern, input))??;
    let mut bound: HashMap<String, Vec<Vec<Tree>>> = HashMap::new();
    for (name, trees) in found {
        bound.entry(name).or_default().push(trees);
    }
    Some(bound)
}

type Bound = Vec<(String, Vec<Tree>)>;

/// What the variables match if the pattern matches all of the input.
fn all(pattern: &[Tree], input: &[Tree]) -> Option<Bound> {
    let Some((first, rest)) = pattern.split_first() else {
        return input.is_empty().then(Vec::new);
    };
    if first.text() == "$" {
        return match rest {
            [Tree::Group { open: '(', inner }, rest @ ..] => repeated(inner, rest, input),
            [name, colon, kind, rest @ ..] if colon.text() == ":" => {
                variable(name.text(), kind.text(), rest, input)
            }
            _ => None,
        };
    }
    let (given, left) = input.split_first()?;
    let mut bound = match (first, given) {
        (
            Tree::Group { open, inner },
            Tree::Group {
                open: other,
                inner: given,
            },
        ) if open == other => all(inner, given)?,
        (Tree::Leaf { text, .. }, Tree::Leaf { text: other, .. }) if text == other => Vec::new(),
        _ => return None,
    };
    bound.extend(all(rest, left)?);
    Some(bound)
}

fn variable(name: &str, kind: &str, rest: &[Tree], input: &[Tree]) -> Option<Bound> {
    let lengths = lengths(kind, input);
    lengths.into_iter().find_map(|length| {
        let (own, left) = input.split_at(length);
        let mut bound = vec![(name.to_owned(), own.to_vec())];
        bound.extend(all(rest, left)?);
        Some(bound)
    })
}

/// How many tokens a variable of a macro may stand for.
fn lengths(kind: &str, input: &[Tree]) -> Vec<usize> {
    let first = input.first();
    let is = |holds: bool, length| if holds { vec![length] } else { Vec::new() };
    match kind {
        "ident" => is(first.is_some_and(Tree::is_word), 1),
        "tt" => is(first.is_some(), 1),
        "block" => is(first.is_some_and(|it| it.text() == "{"), 1),
        "lifetime" => is(first.is_some_and(|it| it.text().starts_with('\'')), 1),
        "literal" => {
            let sign = usize::from(first.is_some_and(|it| it.text() == "-"));
            is(input.len() > sign, sign + 1)
        }
        "vis" => {
            let is_public = first.is_some_and(|it| it.text() == "pub");
            let is_limited = is_public && input.get(1).is_some_and(|it| it.text() == "(");
            vec![usize::from(is_public) + usize::from(is_limited)]
        }
        // Types, patterns, expressions: what may follow them, the macro's next token says.
        _ => {
            let mut depth = 0;
            let mut end = 0;
            for (index, tree) in input.iter().enumerate() {
                let before =
                    |back: usize| index.checked_sub(back).map_or("", |at| input[at].text());
                match tree.text() {
                    "<" if kind != "expr" || before(1) == "::" || before(1) == ":" => depth += 1,
                    ">" if depth > 0 && !matches!(before(1), "-" | "=") => depth -= 1,
                    "," if depth == 0 => break,
                    ";" | "=>" => break,
                    _ => {}
                }
                end = index + 1;
            }
            (1..=end).collect()
        }
    }
}

/// Whether a token says how often something is repeated.
pub(super) fn is_times(tree: &Tree) -> bool {
    matches!(tree.text(), "*" | "+" | "?")
}

/// A part of a pattern that is repeated, and what stands behind it: a separator, perhaps, and how
/// often.
fn repeated(inner: &[Tree], rest: &[Tree], input: &[Tree]) -> Option<Bound> {
    let (separator, times, rest) = match rest {
        [times, rest @ ..] if is_times(times) => (None, times.text(), rest),
        [separator, times, rest @ ..] if is_times(times) => {
            (Some(separator.text()), times.text(), rest)
        }
        _ => return None,
    };
    let none = || all(rest, input).filter(|_| times != "+");
    none().or_else(|| turns(inner, separator, times == "?", rest, input))
}

/// One turn and more.
fn turns(
    inner: &[Tree],
    separator: Option<&str>,
    is_once: bool,
    rest: &[Tree],
    input: &[Tree],
) -> Option<Bound> {
    (1..=input.len()).find_map(|length| {
        let (own, left) = input.split_at(length);
        let mut bound = all(inner, own)?;
        let more = || {
            let left = match (separator, left.split_first()) {
                (Some(separator), Some((first, left))) if first.text() == separator => left,
                (Some(_), _) => return None,
                (None, _) => left,
            };
            turns(inner, separator, false, rest, left).filter(|_| !is_once)
        };
        bound.extend(all(rest, left).or_else(more)?);
        Some(bound)
    })
}

/// The names that a pattern binds of those that come from the call, and whether each is `mut`.
pub(super) fn names_in(pattern: &[Tree]) -> Vec<(String, bool)> {
    let mut own = Vec::new();
    collect_own(pattern, &mut own);
    let code = format!("let {} = x;", written(pattern));
    let Some(part) = parts::split(&code).into_iter().next() else {
        return Vec::new();
    };
    let bound = part.node.descendants().filter_map(ast::IdentPat::cast);
    bound
        .filter_map(|it| Some((it.name()?.text().to_string(), it.mut_token().is_some())))
        .filter(|(name, _)| own.contains(name))
        .collect()
}

fn collect_own(trees: &[Tree], own: &mut Vec<String>) {
    for tree in trees {
        match tree {
            Tree::Group { inner, .. } => collect_own(inner, own),
            Tree::Leaf { text, is_own: true } => own.push(text.clone()),
            Tree::Leaf { .. } => {}
        }
    }
}

/// Tokens as source; punctuation stays together.
fn written(trees: &[Tree]) -> String {
    let mut text = String::new();
    for tree in trees {
        match tree {
            Tree::Group { open, inner } => {
                let close = match open {
                    '(' => ')',
                    '[' => ']',
                    _ => '}',
                };
                text.push_str(&format!("{open}{}{close}", written(inner)));
            }
            Tree::Leaf { text: word, .. } => {
                if tree.is_word() && text.ends_with(|c: char| c.is_alphanumeric() || c == '_') {
                    text.push(' ');
                }
                text.push_str(word);
            }
        }
    }
    text
}
