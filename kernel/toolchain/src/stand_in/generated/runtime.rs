//! Cells of a session in which something was awaited once.
//!
//! From then on, evcxr runs each cell within the runtime's `block_on`. There no other runtime can
//! be started, which code that has its own does: `#[tokio::main]`, `Runtime::new()?.block_on(…)`,
//! blocking clients. So only a cell that awaits runs there; others just enter the runtime, so that
//! they can spawn tasks.

use super::given_back::RESULT;
use crate::items::arrange::MORE;
use crate::parts;
use ra_ap_syntax::ast::{self, AstNode};
use ra_ap_syntax::{SyntaxKind, SyntaxNode};

/// What evcxr calls the runtime in its store.
pub(super) const NAME: &str = "evcxr_tokio_runtime";
/// What evcxr runs the cell with, a line each. It calls the runtime `mutex`, which a variable may
/// be called as well.
const EVCXRS: [&str; 5] = [
    "let mut mutex =",
    "evcxr_variable_store.lazy_arc(\"evcxr_tokio_runtime\", ||",
    "std::sync::Mutex::new(tokio::runtime::Runtime::new().unwrap())); match",
    "mutex.lock() { Ok(guard) => guard, Err(poisoned) => poisoned.into_inner(), }",
    ".block_on(async {",
];
/// The same under another name.
const AWAITING: [&str; 5] = [
    "let evcxr_runtime =",
    EVCXRS[1],
    EVCXRS[2],
    "evcxr_runtime.lock() { Ok(guard) => guard, Err(poisoned) => poisoned.into_inner(), }",
    EVCXRS[4],
];
/// For a cell that doesn't await.
const ENTERED: [&str; 5] = [
    AWAITING[0],
    EVCXRS[1],
    "std::sync::Mutex::new(tokio::runtime::Runtime::new().unwrap())); let evcxr_runtime = match",
    AWAITING[3],
    ".handle().clone(); let _evcxr_entered = evcxr_runtime.enter();",
];
/// Lets a `?` end such a cell.
const QUESTION_MARK: &str = " let _ = (|| -> std::result::Result<(), EvcxrUserCodeError> {";

/// The source of a cell in a session that has a runtime; `None` if it has none.
pub(super) fn adapted(text: &str, awaits: bool) -> Option<String> {
    let mut lines: Vec<&str> = text.lines().collect();
    let opens = lines
        .windows(EVCXRS.len())
        .position(|lines| lines == EVCXRS)?;
    let new = if awaits { AWAITING } else { ENTERED };
    lines[opens..opens + new.len()].copy_from_slice(&new);
    let entered = format!("{}{QUESTION_MARK}", ENTERED[4]);
    if !awaits {
        let end = lines
            .iter()
            .position(|line| *line == MORE)
            .unwrap_or(lines.len());
        let closes = lines[..end].iter().rposition(|line| *line == "});")?;
        let result = lines[..closes]
            .iter()
            .rposition(|line| !line.trim().is_empty());
        match result.filter(|at| lines[*at] == RESULT) {
            Some(result) => {
                lines[opens + 4] = &entered;
                lines[result] = "";
                lines[closes] = "Ok(())})();";
            }
            None => lines[closes] = "",
        }
    }
    Some(lines.join("\n") + "\n")
}

/// Whether a cell awaits something itself, as far as can be seen without expanding its macros.
pub(in crate::stand_in) fn awaits(code: &str) -> bool {
    let code = &code[parts::rust_start(code)..];
    parts::split(code).iter().any(|part| {
        let nodes = part.node.descendants();
        nodes
            .filter(awaits_here)
            .any(|node| is_of_the_cell(&node, &part.node))
    })
}

fn awaits_here(node: &SyntaxNode) -> bool {
    const MACROS: [&str; 3] = ["join", "try_join", "select"];
    match ast::MacroCall::cast(node.clone()) {
        Some(call) => {
            let path = call.path().and_then(|path| path.segment()?.name_ref());
            let is_known = path.is_some_and(|path| MACROS.iter().any(|name| path.text() == *name));
            is_known || node.text().to_string().contains(".await")
        }
        None => node.kind() == SyntaxKind::AWAIT_EXPR,
    }
}

/// Whether no function, closure or `async` block lies between a node and the cell.
fn is_of_the_cell(node: &SyntaxNode, cell: &SyntaxNode) -> bool {
    let mut around = node
        .ancestors()
        .take_while(|it| it != cell)
        .chain([cell.clone()])
        .skip(1);
    !around.any(|it| {
        matches!(it.kind(), SyntaxKind::FN | SyntaxKind::CLOSURE_EXPR)
            || ast::BlockExpr::cast(it).is_some_and(|block| block.async_token().is_some())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_the_cell_itself_awaits_counts() {
        for code in [
            "f().await",
            "let a = (b.await, 1);",
            "tokio::join!(a, b)",
            "x!(a.await)",
        ] {
            assert!(awaits(code), "{code}");
        }
        for code in [
            "tokio::spawn(async { f().await });",
            "async fn g() { f().await }",
            "let c = async || f().await;",
            "println!(\"{a}\")",
        ] {
            assert!(!awaits(code), "{code}");
        }
    }

    #[test]
    fn a_cell_that_does_not_await_enters_the_runtime_alone() {
        let begin = EVCXRS.join("\n");
        let text = format!("{begin}\nf()?;\n{RESULT}\n}});\n}})) {{ \n");
        let entered = adapted(&text, false).unwrap();
        assert_eq!(entered.lines().count(), text.lines().count());
        assert!(entered.contains(".enter(); let _ = (|| ->"), "{entered}");
        assert!(
            entered.ends_with("f()?;\n\nOk(())})();\n})) { \n"),
            "{entered}"
        );
        let awaiting = adapted(&text, true).unwrap();
        assert_eq!(
            awaiting,
            text.replace("mutex.lock", "evcxr_runtime.lock")
                .replace("mut mutex", "evcxr_runtime")
        );
        assert_eq!(adapted("f()?;\n", false), None);
    }
}
