//! Raw pointers to variables. A variable moves when its cell ends, so that what points to it points
//! nowhere then, and no compiler says so.

use ra_ap_syntax::ast::{self, AstNode, HasArgList};

/// Functions that make a pointer of a reference: how their paths end.
const OF_REFERENCE: [&str; 5] = [
    "AtomicPtr::new",
    "NonNull::from",
    "NonNull::new",
    "ptr::from_mut",
    "ptr::from_ref",
];
/// Macros that make a pointer of a place.
const OF_PLACE: [&str; 2] = ["addr_of", "addr_of_mut"];

/// The name that the value of a `let` points to, if that is a raw pointer to a variable, beyond
/// doubt.
pub(super) fn target(binding: &ast::LetStmt) -> Option<String> {
    let value = binding.initializer()?;
    let is_pointer = matches!(binding.ty(), Some(ast::Type::PtrType(_)));
    pointed(&value, is_pointer)
}

/// The name that an expression points to; `is_pointer` says that its references become pointers.
fn pointed(value: &ast::Expr, is_pointer: bool) -> Option<String> {
    match value {
        ast::Expr::ParenExpr(it) => pointed(&it.expr()?, is_pointer),
        ast::Expr::CastExpr(it) if matches!(it.ty()?, ast::Type::PtrType(_)) => {
            pointed(&it.expr()?, true)
        }
        ast::Expr::RefExpr(it) if is_pointer || it.raw_token().is_some() => variable(&it.expr()?),
        ast::Expr::CallExpr(it) => {
            let function = it.expr()?.syntax().text().to_string();
            let is_of_reference = OF_REFERENCE.iter().any(|end| ends(&function, end));
            let argument = it.arg_list()?.args().next()?;
            is_of_reference.then(|| pointed(&argument, true))?
        }
        ast::Expr::MethodCallExpr(it) if it.name_ref()?.text() == "unwrap" => {
            pointed(&it.receiver()?, is_pointer)
        }
        ast::Expr::MacroExpr(it) => {
            let call = it.macro_call()?;
            let name = call.path()?.segment()?.name_ref()?.text().to_string();
            let place = call.token_tree()?.syntax().text().to_string();
            let place = place.get(1..place.len() - 1)?.trim().to_owned();
            let is_name = place.chars().all(|c| c.is_alphanumeric() || c == '_');
            (OF_PLACE.contains(&name.as_str()) && is_name).then_some(place)
        }
        _ => None,
    }
}

/// The variable that a place is. What a field, an index or a `*` leads to may lie elsewhere.
fn variable(place: &ast::Expr) -> Option<String> {
    match place {
        ast::Expr::ParenExpr(it) => variable(&it.expr()?),
        ast::Expr::PathExpr(it) => {
            let text = it.syntax().text().to_string();
            (!text.contains("::")).then_some(text)
        }
        _ => None,
    }
}

fn ends(path: &str, end: &str) -> bool {
    path.strip_suffix(end)
        .is_some_and(|rest| rest.is_empty() || rest.ends_with("::"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use toolchain::parts::split;

    #[track_caller]
    fn check(code: &str, expected: Option<&str>) {
        let part = split(code).remove(0);
        let found = target(&ast::LetStmt::cast(part.node).unwrap());
        assert_eq!(found.as_deref(), expected, "{code}");
    }

    #[test]
    fn pointers_to_variables_are_found() {
        for code in [
            "let p = &x as *const i32;",
            "let p = (&mut x as *mut i32) as *const u8;",
            "let p: *const i32 = &x;",
            "let p = &raw const x;",
            "let p = AtomicPtr::new(&mut x);",
            "let p = std::sync::atomic::AtomicPtr::new(&mut x as *mut _);",
            "let p = std::ptr::addr_of!(x);",
            "let p = NonNull::new(&mut x).unwrap();",
        ] {
            check(code, Some("x"));
        }
    }

    #[test]
    fn what_may_stay_where_it_is_is_not_told() {
        for code in [
            "let p = &x;",
            "let p = &*x as *const i32;",
            "let p = &x[0] as *const i32;",
            "let p = &v.field as *const i32;",
            "let p = x.as_ptr();",
            "let p = Box::into_raw(Box::new(x));",
            "let p = AtomicPtr::new(Box::into_raw(b));",
            "let p = MyAtomicPtr::new(&mut x);",
            "let p = &x as *const i32 as usize;",
            "let p = &raw const m::X;",
        ] {
            check(code, None);
        }
    }
}
