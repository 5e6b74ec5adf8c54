//! What elements of a static array are called: `WANTS[1]`.

use super::source_map::CellSource;
use ra_ap_syntax::SyntaxNode;
use ra_ap_syntax::ast::{self, AstNode, HasName};

/// The index of the element of the static array `variable` that lies behind `within` of the array's
/// `size` bytes. The first of the cells that declares a static of that name counts; `None` where it
/// is no such array, or there are several.
pub fn index_of<'c>(
    mut cells: impl Iterator<Item = &'c CellSource>,
    variable: &str,
    within: usize,
    size: usize,
) -> Option<usize> {
    let (source, statics) = cells.find_map(|cell| {
        let source = cell.tree();
        let statics = source.descendants().filter_map(ast::Static::cast);
        let named = statics.filter(|it| it.name().is_some_and(|name| name.text() == variable));
        let named: Vec<ast::Static> = named.collect();
        (!named.is_empty()).then_some((source, named))
    })?;
    let [declared] = statics.as_slice() else {
        return None;
    };
    let ast::Type::ArrayType(array) = declared.ty()? else {
        return None;
    };
    let length = length(&source, &array.const_arg()?.expr()?)?;
    let element = size.checked_div(length).filter(|it| it * length == size)?;
    within.checked_div(element)
}

/// The length of an array: a number, or a constant that is one.
fn length(source: &SyntaxNode, length: &ast::Expr) -> Option<usize> {
    let ast::Expr::PathExpr(path) = length else {
        return number(length);
    };
    let wanted = path.syntax().text();
    let constants = source.descendants().filter_map(ast::Const::cast);
    let mut named = constants.filter(|it| it.name().is_some_and(|name| wanted == *name.text()));
    let (constant, None) = (named.next()?, named.next()) else {
        return None;
    };
    number(&constant.body()?)
}

fn number(expression: &ast::Expr) -> Option<usize> {
    let text = expression.syntax().text().to_string().replace('_', "");
    text.strip_suffix("usize").unwrap_or(&text).parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index(source: &str, within: usize, size: usize) -> Option<usize> {
        index_of(
            [&CellSource::new(1, source)].into_iter(),
            "NEXT",
            within,
            size,
        )
    }

    #[test]
    fn an_element_is_known_where_the_array_s_length_is() {
        assert_eq!(index("static NEXT: [AtomicU32; 4] = X;", 8, 16), Some(2));
        let constant = "const N: usize = 2_usize;\nfn f() { static NEXT: [Slot; N] = [A, B]; }";
        assert_eq!(index(constant, 31, 48), Some(1));
        assert_eq!(index("static NEXT: [Slot; N] = [A, B];", 24, 48), None);
        assert_eq!(index("static NEXT: [Slot; f()] = [A, B];", 24, 48), None);
        assert_eq!(index("static NEXT: AtomicU32 = X;", 0, 4), None);
        assert_eq!(index("static LAST: [AtomicU32; 2] = X;", 0, 8), None);
        // Of no size, or not of so many elements.
        assert_eq!(index("static NEXT: [(); 2] = X;", 0, 0), None);
        assert_eq!(index("static NEXT: [T; 0] = X;", 0, 0), None);
        assert_eq!(index("static NEXT: [T; 3] = X;", 0, 16), None);
        let twice = "mod a { static NEXT: [T; 2] = X; } mod b { static NEXT: [T; 4] = X; }";
        assert_eq!(index(twice, 4, 8), None);
    }
}
