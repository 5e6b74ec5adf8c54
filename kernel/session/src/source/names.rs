//! What the source calls an object: the `let`, `static` or field in which it was made.

use super::source_map::CellSource;
use ra_ap_syntax::ast::{self, AstNode, HasName};
use ra_ap_syntax::{SyntaxKind, SyntaxNode, SyntaxToken};
use record::LocationSlot;
use record::snapshot::Object;
use std::collections::HashMap;
use std::hash::Hash;

/// A name found at the place where an object was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Naming {
    name: String,
    /// The cell that gives the name.
    cell: u32,
    /// Whether the place makes elements of a collection (`forks[0]`, `forks[1]` …), and behind how
    /// many bytes of the name their number stands: `accounts[0].balance`.
    element: Option<usize>,
    /// The place in the recording, and how many objects it had made before, where that is known.
    rank: Option<(LocationSlot, u32)>,
}

/// The name of what was made at a place of a cell, if the source gives it one.
pub fn at(cell: &CellSource, line: u32, column: u32) -> Option<Naming> {
    let token = cell.token_at(line, column)?;
    let start = token.parent()?;
    let mut path = Path::default();
    for node in start.ancestors() {
        if let Some(field) = ast::RecordExprField::cast(node.clone()) {
            path.extend(field.field_name().map(|name| name.text().to_string()));
            continue;
        }
        let tree = ast::TokenTree::cast(node.clone());
        if let Some(field) = tree.as_ref().and_then(|tree| field(tree, &token)) {
            path.extend([field]);
            continue;
        }
        let in_macro = || declared(tree.as_ref()?, &token);
        if let Some(name) = binding(&node, &start).or_else(in_macro) {
            path.extend([name]);
            return path.naming(cell.cell);
        }
        if let Some(receiver) = pushed_to(&node) {
            path.makes_elements();
            path.extend([receiver]);
            return path.naming(cell.cell);
        }
        if ast::Fn::can_cast(node.kind()) {
            break;
        }
        if makes_elements(&node) {
            path.makes_elements();
        }
    }
    // Made in a constructor: only the field's name is known here.
    path.naming(cell.cell)
}

/// What leads to an object, from within: the field that it is in, what that is in, and so on.
#[derive(Default)]
struct Path {
    names: Vec<String>,
    /// How many of the names lie within an element of the innermost collection; a number that
    /// counts through collections within one another stands behind all names.
    within: Option<usize>,
}

impl Path {
    fn extend(&mut self, names: impl IntoIterator<Item = String>) {
        self.names.extend(names);
    }

    /// What comes from here on holds several of what came so far.
    fn makes_elements(&mut self) {
        self.within = match self.within {
            Some(within) if within != self.names.len() => Some(0),
            _ => Some(self.names.len()),
        };
    }

    fn naming(self, cell: u32) -> Option<Naming> {
        let Path { mut names, within } = self;
        names.reverse();
        let outside = |within: usize| match names.len() - within {
            // The collection itself has no name here.
            0 => names.join(".").len(),
            outer => names[..outer].join(".").len(),
        };
        (!names.is_empty()).then(|| Naming {
            element: within.map(outside),
            name: names.join("."),
            cell,
            rank: None,
        })
    }
}

/// The name that a node binds its inner expression to; `inner` lies where the object was made.
fn binding(node: &SyntaxNode, inner: &SyntaxNode) -> Option<String> {
    if let Some(statement) = ast::LetStmt::cast(node.clone()) {
        let pattern = statement.pat()?;
        return match statement.initializer() {
            Some(initializer) => matching_part(pattern, initializer, inner),
            None => pattern_name(&pattern),
        };
    }
    if let Some(item) = ast::Static::cast(node.clone()) {
        return Some(item.name()?.text().to_string());
    }
    if let Some(item) = ast::Const::cast(node.clone()) {
        return Some(item.name()?.text().to_string());
    }
    let assignment = ast::BinExpr::cast(node.clone())?;
    match assignment.op_kind()? {
        ast::BinaryOp::Assignment { op: None } => {
            Some(assignment.lhs()?.syntax().text().to_string())
        }
        _ => None,
    }
}

/// The name that the declaration around `inner` gives in a macro's tokens: `static ref NAME: … =
/// …;`
fn declared(tree: &ast::TokenTree, inner: &SyntaxToken) -> Option<String> {
    const KEYWORDS: [&str; 3] = ["static", "const", "let"];
    let declaration = tokens_before(tree, inner, ";");
    let is_one_of = |words: &[&str], token: &SyntaxToken| words.contains(&token.text());
    let keyword = declaration.iter().position(|it| is_one_of(&KEYWORDS, it))?;
    let mut rest = declaration[keyword + 1..].iter();
    let name = rest.find(|it| !is_one_of(&["ref", "mut"], it))?;
    let has_value = rest.any(|it| it.text() == "=");
    (has_value && name.kind() == SyntaxKind::IDENT).then(|| name.text().to_owned())
}

/// The field that `inner` is the value of, in a macro's tokens: `vec![T { lock: Mutex::new(1) }]`.
fn field(tree: &ast::TokenTree, inner: &SyntaxToken) -> Option<String> {
    tree.l_curly_token()?;
    let tokens = tokens_before(tree, inner, ",");
    let first = tokens.first().filter(|it| it.kind() == SyntaxKind::IDENT)?;
    let is_colon = |at: usize| tokens.get(at).is_some_and(|it| it.text() == ":");
    (is_colon(1) && !is_colon(2)).then(|| first.text().to_owned())
}

/// The tokens in a macro's tree before `inner`, from the last one that `separates` on.
fn tokens_before(tree: &ast::TokenTree, inner: &SyntaxToken, separates: &str) -> Vec<SyntaxToken> {
    let at = inner.text_range().start();
    let elements = tree.syntax().children_with_tokens();
    let before = elements.take_while(|it| it.text_range().end() <= at);
    let mut tokens: Vec<SyntaxToken> = Vec::new();
    for element in before {
        match element.into_token() {
            Some(token) if [separates, "{", "(", "["].contains(&token.text()) => tokens.clear(),
            Some(token) if !token.kind().is_trivia() => tokens.push(token),
            _ => {}
        }
    }
    tokens
}

/// `let (left, right) = (Mutex::new(0), Mutex::new(1));`: each element of the pattern names its
/// own.
fn matching_part(pattern: ast::Pat, value: ast::Expr, inner: &SyntaxNode) -> Option<String> {
    let (ast::Pat::TuplePat(patterns), ast::Expr::TupleExpr(values)) = (&pattern, &value) else {
        // `let (tx, rx) = channel();` makes one object with two ends. What is made within a call's
        // arguments may become either part, or neither.
        let is_the_value = value.syntax().text_range().start() == inner.text_range().start();
        let is_one = is_the_value || !matches!(pattern, ast::Pat::TuplePat(_));
        return is_one.then(|| pattern_name(&pattern))?;
    };
    let within = |value: &ast::Expr| {
        value
            .syntax()
            .text_range()
            .contains_range(inner.text_range())
    };
    let index = values.fields().position(|value| within(&value))?;
    matching_part(
        patterns.fields().nth(index)?,
        values.fields().nth(index)?,
        inner,
    )
}

fn pattern_name(pattern: &ast::Pat) -> Option<String> {
    match pattern {
        ast::Pat::IdentPat(ident) => Some(ident.name()?.text().to_string()),
        ast::Pat::TuplePat(tuple) => {
            let names: Vec<String> = tuple.fields().filter_map(|f| pattern_name(&f)).collect();
            match names.as_slice() {
                [] => None,
                [sender, receiver] => Some(format!("{sender} → {receiver}")),
                _ => Some(names.join(", ")),
            }
        }
        _ => None,
    }
}

/// `locks.push(…)`, `map.insert(…)`: the receiver.
fn pushed_to(node: &SyntaxNode) -> Option<String> {
    let call = ast::MethodCallExpr::cast(node.clone())?;
    let method = call.name_ref()?.text().to_string();
    matches!(method.as_str(), "push" | "push_back" | "insert")
        .then(|| call.receiver().map(|r| r.syntax().text().to_string()))?
}

/// Calls that run the closure they are given once at most.
const RUN_ONCE: [&str; 8] = [
    "LazyLock::new",
    "Lazy::new",
    "LazyCell::new",
    "get_or_init",
    "get_or_insert_with",
    "or_insert_with",
    "unwrap_or_else",
    "spawn",
];

/// Whether an expression makes several of what is written once inside it.
fn makes_elements(node: &SyntaxNode) -> bool {
    if ast::ClosureExpr::can_cast(node.kind()) {
        return !called_with(node)
            .is_some_and(|callee| RUN_ONCE.iter().any(|once| callee.ends_with(once)));
    }
    if ast::ArrayExpr::can_cast(node.kind()) || is_array_in_macro(node) {
        return true;
    }
    ast::MacroCall::cast(node.clone())
        .and_then(|call| call.path())
        .is_some_and(|path| path.syntax().text() == "vec")
}

/// Whether these are an array's tokens, `[…]` or `vec![…]`, in those of a macro.
fn is_array_in_macro(node: &SyntaxNode) -> bool {
    let Some(tree) = ast::TokenTree::cast(node.clone()) else {
        return false;
    };
    let is_significant = |it: &SyntaxToken| !it.kind().is_trivia();
    let bracket = tree.l_brack_token();
    let before = std::iter::successors(bracket, SyntaxToken::prev_token).skip(1);
    let mut before = before.filter(is_significant).map(|it| it.text().to_owned());
    let is_array = match before.next().as_deref() {
        Some("!") => before.next().as_deref() == Some("vec"),
        Some(sign) => [":", "(", ",", "[", "=", "&"].contains(&sign),
        None => false,
    };
    is_array
        && node
            .parent()
            .is_some_and(|it| ast::TokenTree::can_cast(it.kind()))
}

/// What is called with an argument: `LazyLock::new`, or a method's name.
fn called_with(argument: &SyntaxNode) -> Option<String> {
    let call = ast::ArgList::cast(argument.parent()?)?.syntax().parent()?;
    match ast::MethodCallExpr::cast(call.clone()) {
        Some(call) => Some(call.name_ref()?.text().to_string()),
        None => {
            let callee = ast::CallExpr::cast(call)?.expr()?;
            Some(callee.syntax().text().to_string())
        }
    }
}

/// Gives each object its name; `found` lists objects in order of creation, each with its kind: a
/// `LazyLock` and the mutex in it are two things of one name. Elements of a collection
/// are numbered from 0; other objects that share a name (made in a loop) are told apart by `#1`,
/// `#2` … An element has the number that it was made as, where that is known and all were made at
/// one place; else, those that were never used don't count. Where several cells give a name, those
/// of all but the newest say whose they are.
pub fn assign<Id, Kind>(found: &[(Id, Kind, Naming)]) -> HashMap<Id, String>
where
    Id: Copy + Eq + Hash,
    Kind: Copy + Eq + Hash,
{
    let mut totals: HashMap<(Kind, u32, &str), usize> = HashMap::new();
    let mut newest: HashMap<&str, u32> = HashMap::new();
    // Where all of a name were made, if at one place.
    let mut places: HashMap<(Kind, u32, &str), Option<LocationSlot>> = HashMap::new();
    for (_, kind, naming) in found {
        let place = naming.rank.map(|(place, _)| place);
        let known = places.entry(naming.key(*kind)).or_insert(place);
        *known = known.filter(|known| Some(*known) == place);
        *totals.entry(naming.key(*kind)).or_default() += 1;
        let cell = newest.entry(&naming.name).or_default();
        *cell = naming.cell.max(*cell);
    }
    let mut next: HashMap<(Kind, u32, &str), usize> = HashMap::new();
    let mut names = HashMap::new();
    for (id, kind, naming) in found {
        let index = next.entry(naming.key(*kind)).or_default();
        let mut name = match (naming.element, totals[&naming.key(*kind)]) {
            (Some(at), _) => {
                let place = places[&naming.key(*kind)];
                let rank = naming.rank.filter(|_| place.is_some());
                let index = rank.map_or(*index, |(_, rank)| rank as usize);
                let (collection, within) = naming.name.split_at(at);
                format!("{collection}[{index}]{within}")
            }
            (None, 1) => naming.name.clone(),
            (None, _) => format!("{} #{}", naming.name, *index + 1),
        };
        if naming.cell != newest[naming.name.as_str()] {
            name += &format!(" of [{}]", naming.cell);
        }
        *index += 1;
        names.insert(*id, name);
    }
    names
}

impl Naming {
    /// The naming of an object of which more is known.
    pub fn of(self, object: &Object) -> Naming {
        self.ranked(object.created_at, object.rank_at_place())
    }

    /// The naming of what was made at this place, after so many others.
    pub fn ranked(mut self, place: LocationSlot, rank: Option<u32>) -> Naming {
        self.rank = rank.map(|rank| (place, rank));
        self
    }

    /// What is numbered together.
    fn key<Kind>(&self, kind: Kind) -> (Kind, u32, &str) {
        (kind, self.cell, &self.name)
    }
}

#[cfg(test)]
mod tests;
