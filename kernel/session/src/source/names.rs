//! What the source calls an object: the `let`, `static` or field in which it was made.

mod macros;
mod path;

use super::source_map::CellSource;
use path::{Part, Path, is_tuple_struct};
use ra_ap_syntax::SyntaxNode;
use ra_ap_syntax::ast::{self, AstNode, HasArgList, HasName};
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
    /// Where it lay at first use, or 0: static variables know no more of their elements' order.
    address: u64,
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
        if let Some(field) = tree.as_ref().and_then(|tree| macros::field(tree, &token)) {
            path.extend([field]);
            continue;
        }
        if let Some(statement) = ast::LetStmt::cast(node.clone()) {
            if let Some((name, tuples)) = bound(&statement, &start) {
                path.leave_out(tuples);
                path.forget_keys(&node);
                path.extend([name]);
            }
            return naming(path, cell.cell);
        }
        let in_macro = || macros::declared(tree.as_ref()?, &token);
        if let Some(name) = item_or_assignment(&node).or_else(in_macro) {
            path.forget_keys(&node);
            path.extend([name]);
            return naming(path, cell.cell);
        }
        if let Some(receiver) = pushed_to(&node, &start) {
            path.makes_elements();
            path.extend([receiver]);
            return naming(path, cell.cell);
        }
        if ast::Fn::can_cast(node.kind()) {
            break;
        }
        if let Some(part) = part_of(&node, &start).or_else(|| macros::part(tree.as_ref()?, &token))
        {
            path.push(part);
        }
    }
    // Made in a constructor: only the field's name is known here.
    naming(path, cell.cell)
}

fn naming(path: Path, cell: u32) -> Option<Naming> {
    let (name, element) = path.name()?;
    Some(Naming {
        name,
        cell,
        element,
        rank: None,
        address: 0,
    })
}

/// What part of a larger value the value at `inner` is, where it is made within `node`.
fn part_of(node: &SyntaxNode, inner: &SyntaxNode) -> Option<Part> {
    let index = |values: ast::AstChildren<ast::Expr>| position(values, inner);
    if let Some(tuple) = ast::TupleExpr::cast(node.clone()) {
        return Some(Part::Field(index(tuple.fields())?));
    }
    if let Some(call) = ast::CallExpr::cast(node.clone()) {
        let ast::Expr::PathExpr(callee) = call.expr()? else {
            return None;
        };
        let field = index(call.arg_list()?.args())?;
        return is_tuple_struct(&callee.syntax().text().to_string()).then_some(Part::Field(field));
    }
    if let Some(array) = ast::ArrayExpr::cast(node.clone()) {
        return match array.kind() {
            ast::ArrayExprKind::ElementList(values) => index(values).map(Part::Element),
            ast::ArrayExprKind::Repeat { .. } => Some(Part::OneOfSeveral),
        };
    }
    makes_elements(node).then_some(Part::OneOfSeveral)
}

/// Which of some values has `inner` within it.
fn position(mut values: impl Iterator<Item = ast::Expr>, inner: &SyntaxNode) -> Option<usize> {
    let inner = inner.text_range();
    values.position(|value| value.syntax().text_range().contains_range(inner))
}

/// The name that a `let` gives to what is made at `inner`, and how many tuples its pattern takes
/// apart for that.
fn bound(statement: &ast::LetStmt, inner: &SyntaxNode) -> Option<(String, usize)> {
    let pattern = statement.pat()?;
    match statement.initializer() {
        Some(initializer) => matching_part(pattern, initializer, inner),
        None => Some((pattern_name(&pattern)?, 0)),
    }
}

/// The name of a static variable, of a constant, or of what is assigned to.
fn item_or_assignment(node: &SyntaxNode) -> Option<String> {
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

/// `let (left, right) = (Mutex::new(0), Mutex::new(1));`: each element of the pattern names its
/// own.
fn matching_part(
    pattern: ast::Pat,
    value: ast::Expr,
    inner: &SyntaxNode,
) -> Option<(String, usize)> {
    let (ast::Pat::TuplePat(patterns), ast::Expr::TupleExpr(values)) = (&pattern, &value) else {
        // `let (tx, rx) = channel();` makes one object with two ends. What is made within a call's
        // arguments may become either part, or neither.
        let is_the_value = value.syntax().text_range().start() == inner.text_range().start();
        let is_one = is_the_value || !matches!(pattern, ast::Pat::TuplePat(_));
        return is_one.then(|| Some((pattern_name(&pattern)?, 0)))?;
    };
    let index = position(values.fields(), inner)?;
    let (pattern, value) = (patterns.fields().nth(index)?, values.fields().nth(index)?);
    let (name, tuples) = matching_part(pattern, value, inner)?;
    Some((name, tuples + 1))
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
fn pushed_to(node: &SyntaxNode, inner: &SyntaxNode) -> Option<String> {
    let call = ast::MethodCallExpr::cast(node.clone())?;
    let method = call.name_ref()?.text().to_string();
    position(call.arg_list()?.args(), inner)?;
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

/// Whether an expression makes several of what is written once inside it: a closure that is called
/// more than once.
fn makes_elements(node: &SyntaxNode) -> bool {
    ast::ClosureExpr::can_cast(node.kind())
        && !called_with(node)
            .is_some_and(|callee| RUN_ONCE.iter().any(|once| callee.ends_with(once)))
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
/// one place; else, those that were never used don't count, and those of static variables are in
/// the order of their addresses. Where several cells give a name, those of all but the newest say
/// whose they are.
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
    let found = by_address(found);
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

/// Puts those of a name whose ranks are not known into the order of their addresses, in the places
/// that they have in the list.
fn by_address<Id, Kind>(found: &[(Id, Kind, Naming)]) -> Vec<&(Id, Kind, Naming)>
where
    Kind: Copy + Eq + Hash,
{
    let mut unranked: HashMap<_, Vec<usize>> = HashMap::new();
    for (at, (_, kind, naming)) in found.iter().enumerate() {
        if naming.element.is_some() && naming.rank.is_none() {
            unranked.entry(naming.key(*kind)).or_default().push(at);
        }
    }
    let mut ordered: Vec<_> = found.iter().collect();
    for places in unranked.into_values() {
        let mut sorted: Vec<_> = places.iter().map(|at| &found[*at]).collect();
        sorted.sort_by_key(|(_, _, naming)| naming.address);
        for (at, it) in places.into_iter().zip(sorted) {
            ordered[at] = it;
        }
    }
    ordered
}

impl Naming {
    /// The naming of an object of which more is known.
    pub fn of(self, object: &Object) -> Naming {
        let address = object.address;
        let naming = self.ranked(object.created_at, object.rank_at_place());
        Naming { address, ..naming }
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
