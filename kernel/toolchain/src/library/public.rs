//! What of a library's source file is not public, out of the sight of completion.
//!
//! rust-analyzer takes these files for the person's own, and so offers what is private in them.
//! Functions that nobody outside can call go; a field gets a name that is never offered, since
//! types are told apart by what they hold. What isn't stable can't be used in a cell, either.

use ra_ap_syntax::ast::{self, AstNode, HasGenericArgs, HasName};
use ra_ap_syntax::{Edition, SourceFile, SyntaxNode, TextRange};
use std::collections::BTreeSet;

/// The text of `file` without what is not public.
pub(super) fn public_only(file: &SyntaxNode) -> String {
    let mut edits: Vec<(TextRange, String)> = Vec::new();
    let hidden_names = hidden_names(file);
    for node in file.descendants() {
        if let Some(block) = ast::Impl::cast(node.clone())
            && block.trait_().is_none()
        {
            let hidden = |f: &ast::Fn| !is_public(f) || is_unstable(f);
            edits.extend(functions(block.assoc_item_list(), hidden));
        } else if let Some(interface) = ast::Trait::cast(node.clone())
            && !is_unstable(&interface)
        {
            edits.extend(functions(interface.assoc_item_list(), is_unstable));
        } else if let Some(fields) = ast::RecordFieldList::cast(node) {
            let private = fields.fields().enumerate().filter(|(_, f)| !is_public(f));
            for (index, field) in private {
                let name = field.name().map(|name| name.syntax().text_range());
                edits.extend(name.map(|name| (name, format!("{PRIVATE}{index}"))));
                let kind = field.ty();
                edits.extend(kind.and_then(|kind| parts_of_hidden(&kind, &hidden_names)));
            }
        }
    }
    edits.sort_by_key(|(range, _)| range.start());
    let whole = file.text().to_string();
    let (mut text, mut from) = (String::with_capacity(whole.len()), 0);
    for (range, replacement) in edits {
        let (start, end) = (usize::from(range.start()), usize::from(range.end()));
        // Functions within one that goes.
        if start >= from {
            text.push_str(&whole[from..start]);
            text.push_str(&replacement);
            from = end;
        }
    }
    text + &whole[from..]
}

/// Crates of which the library is made and that are not among its sources.
const HIDDEN_CRATES: [&str; 1] = ["hashbrown"];

/// What a file calls hidden crates and what is in them: `base` by `use hashbrown::hash_map as
/// base`.
fn hidden_names(file: &SyntaxNode) -> BTreeSet<String> {
    let imports = file.children().filter_map(ast::Use::cast);
    let is_hidden = |text: &str| HIDDEN_CRATES.iter().any(|name| text.starts_with(name));
    let hidden = imports.filter_map(|import| import.use_tree());
    let hidden = hidden.filter(|tree| is_hidden(&tree.syntax().text().to_string()));
    let leaves = hidden.flat_map(|tree| tree.syntax().descendants().filter_map(ast::UseTree::cast));
    let names = leaves.filter_map(|tree| leaf_name(&tree));
    names.chain(HIDDEN_CRATES.map(str::to_owned)).collect()
}

/// A tuple of what a type of a hidden crate is given, for that type: to rust-analyzer it holds
/// nothing, so that two maps would be one type whatever their keys and values are.
fn parts_of_hidden(kind: &ast::Type, hidden: &BTreeSet<String>) -> Option<(TextRange, String)> {
    let ast::Type::PathType(named) = kind else {
        return None;
    };
    let path = named.path()?;
    let first = path.first_segment()?.name_ref()?.text().to_string();
    let arguments = path.segment()?.generic_arg_list()?;
    let parts = arguments.generic_args().map(|argument| match argument {
        ast::GenericArg::LifetimeArg(lifetime) => format!("&{} (),", lifetime.syntax().text()),
        other => format!("{},", other.syntax().text()),
    });
    let tuple = format!("({})", parts.collect::<String>());
    hidden
        .contains(&first)
        .then(|| (kind.syntax().text_range(), tuple))
}

/// How the names of private fields begin.
const PRIVATE: &str = "evcxr_private_";

/// The functions among `items` that go. What takes nothing may compute the length of an array in a
/// signature, and the compiler knows some by name.
fn functions(
    items: Option<ast::AssocItemList>,
    hidden: impl Fn(&ast::Fn) -> bool,
) -> Vec<(TextRange, String)> {
    let items = items.into_iter().flat_map(|list| list.assoc_items());
    let functions = items.filter_map(|item| match item {
        ast::AssocItem::Fn(function) => Some(function),
        _ => None,
    });
    functions
        .filter(|f| hidden(f) && !has_attribute(f, "lang") && f.abi().is_none())
        .filter(|f| {
            f.param_list()
                .is_some_and(|list| list.self_param().is_some() || list.params().next().is_some())
        })
        .map(|function| (function.syntax().text_range(), String::new()))
        .collect()
}

/// The names in a module's text that are not to be offered behind its path, and those that are.
pub(super) fn names(text: &str) -> (BTreeSet<String>, BTreeSet<String>) {
    let (mut private, mut public) = (BTreeSet::new(), BTreeSet::new());
    let file = SourceFile::parse(text, Edition::Edition2024);
    for node in file.syntax_node().children() {
        let Some(item) = ast::Item::cast(node) else {
            continue;
        };
        let seen = is_public(&item) && !is_unstable(&item);
        let names = if seen { &mut public } else { &mut private };
        match &item {
            ast::Item::Use(import) => {
                for leaf in import.syntax().descendants().filter_map(ast::UseTree::cast) {
                    names.extend(leaf_name(&leaf));
                }
            }
            ast::Item::Module(module) if !seen => {
                let name = module.name().map(|name| name.text().to_string());
                // A function may have the same name.
                names.extend(name.iter().map(|name| format!("{name}::")));
                names.extend(name);
            }
            ast::Item::MacroRules(_) | ast::Item::MacroCall(_) => {}
            other => {
                let name = other.syntax().children().find_map(ast::Name::cast);
                names.extend(name.map(|name| name.text().to_string()));
            }
        }
    }
    (private, public)
}

/// What a part of a `use` is called, if it is the last of its path.
fn leaf_name(tree: &ast::UseTree) -> Option<String> {
    if tree.use_tree_list().is_some() || tree.star_token().is_some() {
        return None;
    }
    let renamed = tree.rename().and_then(|rename| rename.name());
    if let Some(name) = renamed {
        return Some(name.text().to_string());
    }
    let segment = tree.path()?.segment()?;
    Some(segment.name_ref()?.text().to_string())
}

fn is_public(declared: &impl AstNode) -> bool {
    let mut children = declared.syntax().children();
    children
        .find_map(ast::Visibility::cast)
        .is_some_and(|visibility| visibility.syntax().text() == "pub")
}

fn is_unstable(declared: &impl AstNode) -> bool {
    has_attribute(declared, "unstable")
}

fn has_attribute(declared: &impl AstNode, name: &str) -> bool {
    let mut attributes = declared.syntax().children().filter_map(ast::Attr::cast);
    attributes.any(|attribute| {
        let path = attribute.path();
        path.is_some_and(|path| path.syntax().text() == name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        public_only(&SourceFile::parse(text, Edition::Edition2024).syntax_node())
    }

    #[test]
    fn private_functions_go_and_private_fields_are_renamed() {
        assert_eq!(
            shown(
                "pub struct A { pub a: u8, b: u8, pub(crate) c: u8 } impl A { pub fn f(&self) {} fn g(&self) {} pub(super) fn h(x: u8) {} fn size() -> usize { 4 } }"
            ),
            "pub struct A { pub a: u8, evcxr_private_1: u8, pub(crate) evcxr_private_2: u8 } impl A { pub fn f(&self) {}   fn size() -> usize { 4 } }"
        );
    }

    #[test]
    fn what_a_hidden_type_is_given_stands_in_its_place() {
        assert_eq!(
            shown(
                "use hashbrown::hash_map as base; pub struct M<'a, K, V> { base: base::Iter<'a, K, V>, own: other::Own<K> }"
            ),
            "use hashbrown::hash_map as base; pub struct M<'a, K, V> { evcxr_private_0: (&'a (),K,V,), evcxr_private_1: other::Own<K> }"
        );
    }

    #[test]
    fn what_is_not_stable_goes_unless_the_compiler_calls_it() {
        assert_eq!(
            shown(
                "impl A { #[unstable(feature = \"x\")] pub fn f(&self) {} } pub trait T { #[unstable(feature = \"x\")] fn g(&self) {} fn h(&self); } #[unstable(feature = \"t\")] trait U { #[unstable(feature = \"t\")] fn i(&self); }"
            ),
            "impl A {  } pub trait T {  fn h(&self); } #[unstable(feature = \"t\")] trait U { #[unstable(feature = \"t\")] fn i(&self); }"
        );
        let kept = "impl A { #[unstable(feature = \"x\")] #[lang = \"l\"] pub fn f(&self) {} } impl T for A { fn g(&self) {} }";
        assert_eq!(shown(kept), kept);
    }

    #[test]
    fn a_modules_names_are_public_or_not() {
        let text = "mod a; pub mod b; use c::{d, e as f}; pub use g::{H, i::*}; fn j() {} #[unstable(feature = \"x\")] pub struct K;";
        let (private, public) = names(text);
        assert_eq!(
            private,
            ["K", "a", "a::", "d", "f", "j"].map(String::from).into()
        );
        assert_eq!(public, ["H", "b"].map(String::from).into());
    }
}
