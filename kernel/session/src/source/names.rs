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
    /// Whether the place makes elements of a collection: `forks[0]`, `forks[1]` …
    in_collection: bool,
    /// The place in the recording, and how many objects it had made before, where that is known.
    rank: Option<(LocationSlot, u32)>,
}

/// The name of what was made at a place of a cell, if the source gives it one.
pub fn at(cell: &CellSource, line: u32, column: u32) -> Option<Naming> {
    let token = cell.token_at(line, column)?;
    let start = token.parent()?;
    let mut fields = Vec::new();
    let mut in_collection = false;
    for node in start.ancestors() {
        if let Some(field) = ast::RecordExprField::cast(node.clone()) {
            fields.extend(field.field_name().map(|name| name.text().to_string()));
            continue;
        }
        let in_macro = || declared(&ast::TokenTree::cast(node.clone())?, &token);
        if let Some(name) = binding(&node, &start).or_else(in_macro) {
            fields.push(name);
            fields.reverse();
            return Some(Naming {
                name: fields.join("."),
                cell: cell.cell,
                in_collection,
                rank: None,
            });
        }
        if let Some(receiver) = pushed_to(&node) {
            return Some(Naming {
                name: receiver,
                cell: cell.cell,
                in_collection: true,
                rank: None,
            });
        }
        if ast::Fn::can_cast(node.kind()) {
            break;
        }
        in_collection |= makes_elements(&node);
    }
    // Made in a constructor: only the field's name is known here.
    fields.reverse();
    (!fields.is_empty()).then(|| Naming {
        name: fields.join("."),
        cell: cell.cell,
        in_collection,
        rank: None,
    })
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
    let at = inner.text_range().start();
    let elements = tree.syntax().children_with_tokens();
    let before = elements.take_while(|it| it.text_range().end() <= at);
    let mut declaration: Vec<SyntaxToken> = Vec::new();
    for element in before {
        match element.into_token() {
            Some(token) if token.text() == ";" => declaration.clear(),
            Some(token) if !token.kind().is_trivia() => declaration.push(token),
            _ => {}
        }
    }
    let is_one_of = |words: &[&str], token: &SyntaxToken| words.contains(&token.text());
    let keyword = declaration.iter().position(|it| is_one_of(&KEYWORDS, it))?;
    let mut rest = declaration[keyword + 1..].iter();
    let name = rest.find(|it| !is_one_of(&["ref", "mut"], it))?;
    let has_value = rest.any(|it| it.text() == "=");
    (has_value && name.kind() == SyntaxKind::IDENT).then(|| name.text().to_owned())
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
    if ast::ArrayExpr::can_cast(node.kind()) {
        return true;
    }
    ast::MacroCall::cast(node.clone())
        .and_then(|call| call.path())
        .is_some_and(|path| path.syntax().text() == "vec")
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
        let mut name = match (naming.in_collection, totals[&naming.key(*kind)]) {
            (true, _) => {
                let place = places[&naming.key(*kind)];
                let rank = naming.rank.filter(|_| place.is_some());
                let index = rank.map_or(*index, |(_, rank)| rank as usize);
                format!("{}[{index}]", naming.name)
            }
            (false, 1) => naming.name.clone(),
            (false, _) => format!("{} #{}", naming.name, *index + 1),
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
mod tests {
    use super::*;
    use crate::source::source_map::offset_of;

    /// Places the `^` of a cell, names what is made there, twice if `count` is 2.
    #[track_caller]
    fn check(marked: &str, count: usize, expected: &[&str]) {
        let text = marked.replace('^', "");
        let at_byte = marked.find('^').unwrap();
        let line = marked[..at_byte].matches('\n').count() as u32 + 1;
        let column = (1..)
            .find(|c| offset_of(&text, line, *c) == Some(at_byte))
            .unwrap();
        let cell = CellSource::new(1, &text);
        let naming = at(&cell, line, column);
        let found: Vec<_> = (0..count)
            .filter_map(|i| Some((i, (), naming.clone()?)))
            .collect();
        let names = assign(&found);
        let names: Vec<_> = (0..count).filter_map(|i| names.get(&i)).collect();
        assert_eq!(names, expected, "{marked}");
    }

    #[test]
    fn the_source_gives_the_name() {
        check("let counter = Arc::new(^Mutex::new(0));", 1, &["counter"]);
        check("let (tx, rx) = ^mpsc::channel::<i32>();", 1, &["tx → rx"]);
        check(
            "let (left, right) = (Mutex::new(0), Arc::new(^Mutex::new(1)));",
            1,
            &["right"],
        );
        check("let (a, b) = pair(^Mutex::new(0), Mutex::new(1));", 1, &[]);
        check("static TOTAL: Mutex<i32> = ^Mutex::new(0);", 1, &["TOTAL"]);
        check("{ let inner = ^Mutex::new(0); }", 1, &["inner"]);
        check(
            "let bank = Bank { till: ^Mutex::new(0) };",
            1,
            &["bank.till"],
        );
        check(
            "fn make() -> Bank { Bank { till: ^Mutex::new(0) } }",
            1,
            &["till"],
        );
        check("x = ^Mutex::new(0);", 1, &["x"]);
        check("drop(^Mutex::new(0));", 1, &[]);
        let lazy = "lazy_static! { static ref A: Mutex<u8> = Mutex::new(0); pub static ref B: Mutex<Vec<u8>> = ^Mutex::new(vec![]); }";
        check(lazy, 1, &["B"]);
        check(
            "select! { _ = f => { let m = ^Mutex::new(0); } }",
            1,
            &["m"],
        );
    }

    #[test]
    fn elements_are_numbered() {
        check(
            "let forks: Vec<_> = (0..2).map(|_| ^Mutex::new(())).collect();",
            2,
            &["forks[0]", "forks[1]"],
        );
        check("let forks = vec![^Mutex::new(1)];", 1, &["forks[0]"]);
        check(
            "let forks = [^Mutex::new(1), Mutex::new(2)];",
            1,
            &["forks[0]"],
        );
        check(
            "for i in 0..2 { locks.push(Arc::new(^Mutex::new(i))); }",
            2,
            &["locks[0]", "locks[1]"],
        );
        check(
            "for i in 0..2 { let m = ^Mutex::new(i); }",
            2,
            &["m #1", "m #2"],
        );
    }

    #[test]
    fn the_same_name_in_another_cell_is_another_name() {
        let in_cell = |cell, in_collection| Naming {
            name: "forks".into(),
            cell,
            in_collection,
            rank: None,
        };
        let found: Vec<_> = [(1, true), (1, true), (3, true), (2, false)]
            .into_iter()
            .enumerate()
            .map(|(id, (cell, in_collection))| (id, (), in_cell(cell, in_collection)))
            .collect();
        let names = assign(&found);
        let names: Vec<_> = (0..4).map(|id| names[&id].as_str()).collect();
        assert_eq!(
            names,
            [
                "forks[0] of [1]",
                "forks[1] of [1]",
                "forks[0]",
                "forks of [2]"
            ]
        );
    }

    #[test]
    fn elements_that_were_not_used_count() {
        let named = |made: &[(u32, u32)]| {
            let found: Vec<_> = made
                .iter()
                .map(|(place, rank)| Naming {
                    name: "forks".into(),
                    cell: 1,
                    in_collection: true,
                    rank: Some((LocationSlot(*place), *rank)),
                })
                .enumerate()
                .map(|(id, naming)| (id, (), naming))
                .collect();
            let names = assign(&found);
            (0..made.len())
                .map(|id| names[&id].clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(named(&[(7, 1), (7, 3)]), ["forks[1]", "forks[3]"]);
        // `[Mutex::new(1), Mutex::new(2)]`: each place makes one.
        assert_eq!(named(&[(7, 0), (8, 0)]), ["forks[0]", "forks[1]"]);
    }

    #[test]
    fn what_is_made_lazily_is_one() {
        check(
            "static CACHE: LazyLock<Mutex<u8>> = LazyLock::new(|| ^Mutex::new(0));",
            1,
            &["CACHE"],
        );
        check(
            "let cache = CELL.get_or_init(|| Arc::new(^Mutex::new(0)));",
            1,
            &["cache"],
        );
        let naming = Naming {
            name: "CACHE".into(),
            cell: 1,
            in_collection: false,
            rank: None,
        };
        let names = assign(&[(0, "lazy", naming.clone()), (1, "mutex", naming)]);
        assert_eq!((names[&0].as_str(), names[&1].as_str()), ("CACHE", "CACHE"));
    }

    #[test]
    fn a_let_within_a_closure_gives_the_name() {
        // `thread::spawn(move || { let m = Mutex::new(0); })`: the `let` inside is met first.
        check(
            "let h = spawn(move || { let m = ^Mutex::new(0); });",
            1,
            &["m"],
        );
    }
}
