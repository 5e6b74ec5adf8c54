//! Statics that only exported functions use.

use ra_ap_syntax::ast::{self, AstNode, HasAttrs, HasName, HasVisibility};
use ra_ap_syntax::{Edition, SourceFile, SyntaxKind, SyntaxNode};
use std::collections::HashSet;

/// Marks the statics that stand in functions with a symbol of their own (`no_mangle`), or that
/// those speak of: such a function's body never goes to another object, so the compiler would take
/// its statics for private.
pub(super) fn marked(text: &str) -> Option<String> {
    let entry = crate::items::arrange::generated_from(text);
    let is_exported = |text: &str| text.contains("no_mangle") || text.contains("export_name");
    let after = text[entry..].lines().skip(3).any(is_exported);
    if !is_exported(&text[..entry]) && !after {
        return None;
    }
    let tree = SourceFile::parse(text, Edition::Edition2024).syntax_node();
    let functions = tree.descendants().filter_map(ast::Fn::cast);
    let exported: Vec<SyntaxNode> = functions
        .filter(|function| {
            let mut attributes = function.attrs();
            let name = function.name();
            attributes.any(|attribute| is_exported(&attribute.syntax().text().to_string()))
                && name.is_some_and(|name| !name.text().starts_with("run_user_code_"))
        })
        .map(|function| function.syntax().clone())
        .collect();
    let words: HashSet<String> = exported
        .iter()
        .flat_map(SyntaxNode::descendants_with_tokens)
        .filter_map(|element| element.into_token())
        .filter(|token| token.kind() == SyntaxKind::IDENT)
        .map(|token| token.text().to_owned())
        .collect();
    let statics = tree.descendants().filter_map(ast::Static::cast);
    let mut places: Vec<usize> = statics
        .filter(|one| one.name().is_some_and(|name| words.contains(name.text())))
        .filter_map(|one| {
            let visibility = one.visibility().map(|it| it.syntax().text_range().start());
            let keyword = one.static_token()?.text_range().start();
            Some(usize::from(visibility.unwrap_or(keyword)))
        })
        .collect();
    places.sort_unstable();
    let mut marked = text.to_owned();
    for place in places.iter().rev() {
        marked.insert_str(*place, "#[used] ");
    }
    Some(marked)
}

#[cfg(test)]
mod tests {
    use super::marked;

    #[test]
    fn statics_of_exported_functions_are_marked() {
        let text = "static A: u8 = 0;\npub static B: u8 = 0;\n#[unsafe(no_mangle)] extern \"C\" fn f() -> u8 { static C: u8 = 1; B + C }\n";
        assert_eq!(
            marked(text).unwrap(),
            "static A: u8 = 0;\n#[used] pub static B: u8 = 0;\n#[unsafe(no_mangle)] extern \"C\" fn f() -> u8 { #[used] static C: u8 = 1; B + C }\n"
        );
        assert_eq!(marked("static A: u8 = 0;\n"), None);
    }
}
