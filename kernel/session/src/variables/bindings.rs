//! The variables that a cell defines, and the lines by which evcxr learns of their types.
//!
//! evcxr would have rust-analyzer infer each type. A line `let x: [(); 0xfea_00000c] = x;` behind
//! the definition leaves it nothing to infer; the stand-in for cargo takes the line out again, and
//! lets rustc tell the type.

use crate::source::source_map::{parsed, rust_start};
use ra_ap_syntax::SyntaxNode;
use ra_ap_syntax::ast::{self, AstNode, HasName};
use toolchain::variables::placeholder;

/// A variable that a cell defines.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Binding {
    pub name: String,
    pub is_mut: bool,
    /// The definition's number in the session.
    pub number: u32,
}

/// The cell with a line for each variable that it defines, and these; numbers begin at `next`.
///
/// The lines stand before the last expression, which is the cell's value, or behind everything.
/// None of the person's lines gets another number. What isn't Rust is left as it is.
pub(super) fn marked(code: &str, next: u32) -> (String, Vec<Binding>) {
    let start = rust_start(code);
    let Some((nodes, offset)) = parsed(&code[start..]) else {
        return (code.to_owned(), Vec::new());
    };
    let bindings = bindings(&nodes, next);
    let lines: String = bindings.iter().map(line).collect();
    let value = nodes.last().filter(|node| ast::Expr::can_cast(node.kind()));
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

/// What evcxr takes for variables: names in the patterns of a cell's own `let` statements.
fn bindings(nodes: &[SyntaxNode], next: u32) -> Vec<Binding> {
    let patterns = nodes
        .iter()
        .filter_map(|node| ast::LetStmt::cast(node.clone())?.pat())
        .flat_map(|pattern| {
            let parts = pattern.syntax().descendants();
            parts.filter_map(ast::IdentPat::cast).collect::<Vec<_>>()
        });
    let mut bindings: Vec<Binding> = Vec::new();
    for pattern in patterns {
        let Some(name) = pattern.name() else { continue };
        let name = name.text().to_string();
        bindings.retain(|earlier| earlier.name != name);
        bindings.push(Binding {
            name,
            is_mut: pattern.mut_token().is_some(),
            number: 0,
        });
    }
    for (binding, number) in bindings.iter_mut().zip(next..) {
        binding.number = number;
    }
    bindings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(code: &str, expected: &str) {
        assert_eq!(marked(code, 1).0, expected);
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
