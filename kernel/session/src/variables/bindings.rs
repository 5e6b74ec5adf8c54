//! The variables that a cell defines, and the lines by which evcxr learns of their types.
//!
//! evcxr would have rust-analyzer infer each type. A line `let x: [(); 0xfea_00000c] = x;` behind
//! the definition leaves it nothing to infer; the stand-in for cargo takes the line out again, and
//! lets rustc tell the type.

use super::pointers;
use crate::source::source_map::{parsed, rust_start};
use ra_ap_syntax::SyntaxNode;
use ra_ap_syntax::ast::{self, AstNode, HasName};
use std::cell::LazyCell;
use toolchain::Macros;
use toolchain::parts::Part;
use toolchain::variables::placeholder;

/// A variable that a cell defines.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Binding {
    pub name: String,
    pub is_mut: bool,
    /// The definition's number in the session.
    pub number: u32,
    /// What it is a raw pointer to, if that is a variable's name.
    pub points_to: Option<String>,
}

/// The cell with a line for each variable that it defines, and these; numbers begin at `next`.
///
/// The lines stand before the last expression, which is the cell's value, or behind everything.
/// None of the person's lines gets another number. What isn't Rust is left as it is. `macros` are
/// those of the notebook and of this cell: they may make variables, too.
pub(super) fn marked(
    code: &str,
    next: u32,
    macros: impl FnOnce(&str) -> Macros,
) -> (String, Vec<Binding>) {
    let start = rust_start(code);
    let Some((nodes, offset)) = parsed(&code[start..]) else {
        return (code.to_owned(), Vec::new());
    };
    let macros = LazyCell::new(|| macros(&code[start..]));
    let made = |node: &SyntaxNode| made_by_macro(node, || &*macros);
    let bindings = bindings(&nodes, next, &made);
    let lines: String = bindings.iter().map(line).collect();
    let value = nodes.last().filter(|node| ast::Expr::can_cast(node.kind()));
    // A macro that makes variables has no value.
    let value =
        value.filter(|node| !node.text().to_string().ends_with('}') || made(node).is_empty());
    let marked = match value {
        Some(node) => {
            let at = start + usize::from(node.text_range().start()) - offset;
            let value = match node.text() == SUCCESS {
                true => &code[at + SUCCESS.len()..],
                false => &code[at..],
            };
            format!("{}{lines}{value}", &code[..at])
        }
        None if bindings.is_empty() => code.to_owned(),
        None => format!("{}\n{lines}", code.trim_end()),
    };
    (marked, bindings)
}

/// How the body of a `main` ends that returns a result: in a cell, this has no type, and nothing to
/// show.
const SUCCESS: &str = "Ok(())";

fn line(binding: &Binding) -> String {
    let mutable = if binding.is_mut { "mut " } else { "" };
    let (name, kind) = (&binding.name, placeholder(binding.number));
    format!("let {mutable}{name}: {kind} = {name}; ")
}

/// The variables of a cell: names in the patterns of its own `let` statements, and what its
/// statements that are calls of macros have `made`.
fn bindings(
    nodes: &[SyntaxNode],
    next: u32,
    made: &dyn Fn(&SyntaxNode) -> Vec<Binding>,
) -> Vec<Binding> {
    let mut bindings: Vec<Binding> = Vec::new();
    for node in nodes {
        let binding = ast::LetStmt::cast(node.clone());
        let target = binding.as_ref().and_then(pointers::target);
        let pattern = binding.and_then(|it| it.pat());
        let own = pattern.iter().flat_map(|it| it.syntax().descendants());
        let own = own.filter_map(ast::IdentPat::cast).filter_map(|pattern| {
            Some(Binding {
                name: pattern.name()?.text().to_string(),
                is_mut: pattern.mut_token().is_some(),
                number: 0,
                points_to: target.clone(),
            })
        });
        for binding in own.chain(made(node)) {
            bindings.retain(|earlier| earlier.name != binding.name);
            bindings.push(binding);
        }
    }
    for (binding, number) in bindings.iter_mut().zip(next..) {
        binding.number = number;
    }
    bindings
}

/// The variables that a statement makes as a call of a macro.
fn made_by_macro<'a>(node: &SyntaxNode, macros: impl Fn() -> &'a Macros) -> Vec<Binding> {
    let part = Part {
        start: 0,
        end: 0,
        node: node.clone(),
    };
    let Some(call) = part.macro_call() else {
        return Vec::new();
    };
    let name = call.path().map(|path| path.syntax().text().to_string());
    if name.is_some_and(|name| OF_STD.contains(&name.as_str())) {
        return Vec::new();
    }
    let made = macros().made_by(&call).into_iter();
    made.map(|it| Binding {
        name: it.name,
        is_mut: it.is_mut,
        number: 0,
        points_to: None,
    })
    .collect()
}

/// Macros of which it is known, without a look at the notebook's, that they make no variables.
const OF_STD: [&str; 9] = [
    "assert",
    "assert_eq",
    "assert_ne",
    "eprintln",
    "panic",
    "print",
    "println",
    "thread_local",
    "writeln",
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[track_caller]
    fn check(code: &str, expected: &str) {
        let macros = |code: &str| Macros::known(Path::new("/nowhere"), code);
        assert_eq!(marked(code, 1, macros).0, expected);
    }

    #[test]
    fn a_macro_may_make_a_variable() {
        let make = "macro_rules! make { ($n:ident, $v:expr) => { let mut $n = $v; } }\n";
        let lines = "let mut a: [(); 0xfea_000001] = a; ";
        check(
            &format!("{make}make!(a, 1);\na + 1"),
            &format!("{make}make!(a, 1);\n{lines}a + 1"),
        );
        check(
            &format!("{make}make! {{ a, 1 }}"),
            &format!("{make}make! {{ a, 1 }}\n{lines}"),
        );
        check(
            &format!("{make}make!(a, 1)"),
            &format!("{make}{lines}make!(a, 1)"),
        );
        check("make!(a, 1);", "make!(a, 1);");
    }

    #[test]
    fn each_variable_gets_a_line() {
        check(
            ":dep x\nlet mut a = 1;\na += 1; // so",
            ":dep x\nlet mut a = 1;\na += 1; // so\nlet mut a: [(); 0xfea_000001] = a; ",
        );
        check(
            "let (a, Some(mut b)) = c else { return };\nb",
            "let (a, Some(mut b)) = c else { return };\nlet a: [(); 0xfea_000001] = a; let mut b: [(); 0xfea_000002] = b; b",
        );
        check(
            "let P { x, y: [z, ..] } = p; let x = x;\nfor i in 0..3 {}",
            "let P { x, y: [z, ..] } = p; let x = x;\nlet z: [(); 0xfea_000001] = z; let x: [(); 0xfea_000002] = x; for i in 0..3 {}",
        );
    }

    #[test]
    fn a_cell_may_end_like_a_main_that_returns_a_result() {
        check("f()?;\nOk(())", "f()?;\n");
        check(
            "let a = f()?;\nOk(()) // done",
            "let a = f()?;\nlet a: [(); 0xfea_000001] = a;  // done",
        );
        check("Ok(()).and(f())", "Ok(()).and(f())");
    }

    #[test]
    fn cells_without_variables_and_what_is_no_rust_stay() {
        for code in [
            "1 + 1",
            "{ let a = 1; }",
            "let a = ",
            "fn f() { let a = 1; }",
        ] {
            check(code, code);
        }
    }
}
