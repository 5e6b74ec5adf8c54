//! Taking a cell's text apart, with the same cuts that evcxr makes.

use ra_ap_syntax::ast::{self, AstNode};
use ra_ap_syntax::{Edition, SourceFile, SyntaxNode};

/// Wraps a cell so that its statements parse; it adds no line.
pub const PRELUDE: &str = "fn f(){";

/// One statement or item of a cell.
#[derive(Clone, Debug)]
pub struct Part {
    /// Where it begins in the code (bytes).
    pub start: usize,
    /// Where the next one begins.
    pub end: usize,
    /// Its syntax, in the tree of the wrapped code.
    pub node: SyntaxNode,
}

impl Part {
    /// Whether evcxr keeps it for later cells.
    pub fn is_item(&self) -> bool {
        ast::Item::can_cast(self.node.kind())
    }

    /// The name of the item that it is.
    pub fn item_name(&self) -> Option<String> {
        let mut children = self.node.children().filter(|_| self.is_item());
        let name = children.find_map(ast::Name::cast)?;
        Some(name.text().to_string())
    }

    /// Whether it stands in the body of a function only.
    pub fn is_statement(&self) -> bool {
        let kind = self.node.kind();
        let is_code = ast::Stmt::can_cast(kind) || ast::Expr::can_cast(kind);
        is_code && !self.is_item() && self.macro_call().is_none()
    }

    /// The macro that it calls, if it is a call as a statement of its own.
    pub fn macro_call(&self) -> Option<ast::MacroCall> {
        let expression = match ast::ExprStmt::cast(self.node.clone()) {
            Some(statement) => statement.expr()?,
            None => ast::Expr::cast(self.node.clone())?,
        };
        match expression {
            ast::Expr::MacroExpr(call) => call.macro_call(),
            _ => None,
        }
    }
}

/// The tree of a cell's Rust code, wrapped: offsets are larger by the length of [`PRELUDE`].
pub fn parse(code: &str) -> SyntaxNode {
    SourceFile::parse(&format!("{PRELUDE}{code}\n}}"), Edition::Edition2024).syntax_node()
}

/// The statements and items of a cell's Rust code: a part begins where its node does and ends where
/// the next one begins.
pub fn split(code: &str) -> Vec<Part> {
    let tree = parse(code);
    let statements = tree
        .children()
        .next()
        .and_then(ast::Fn::cast)
        .and_then(|function| function.body())
        .and_then(|body| body.stmt_list());
    let Some(statements) = statements else {
        return Vec::new();
    };
    let nodes: Vec<SyntaxNode> = statements.syntax().children().collect();
    let begin = |node: &SyntaxNode| {
        usize::from(node.text_range().start())
            .saturating_sub(PRELUDE.len())
            .min(code.len())
    };
    let mut parts = Vec::new();
    let mut start = 0;
    for (index, node) in nodes.iter().enumerate() {
        let end = nodes.get(index + 1).map_or(code.len(), begin);
        if start < end {
            parts.push(Part {
                start,
                end,
                node: node.clone(),
            });
        }
        start = end;
    }
    parts
}

/// Where the Rust code of a cell begins: after lines that are commands, shell calls, comments or
/// blank. The comments right above an item belong to it from their first `///` on.
pub fn rust_start(text: &str) -> usize {
    let mut start = 0;
    let mut documentation = None;
    for line in text.split_inclusive('\n') {
        let trimmed = line.trim();
        if line.starts_with("///") {
            documentation.get_or_insert(start);
        } else if !line.starts_with("//") {
            let before_code = trimmed.is_empty()
                || line.starts_with('!')
                || line.trim_start_matches(' ').starts_with(':');
            if !before_code {
                break;
            }
            documentation = None;
        }
        start += line.len();
    }
    documentation
        .filter(|_| split(&text[start..]).first().is_some_and(Part::is_item))
        .unwrap_or(start)
}
