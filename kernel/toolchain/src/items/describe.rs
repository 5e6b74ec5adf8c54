//! What can be read off an item's syntax.

use super::kinds::{Sort, Space};
use crate::parts;
use ra_ap_syntax::ast::{self, AstNode, HasName};
use ra_ap_syntax::{SyntaxKind, SyntaxNode, SyntaxToken};
use std::collections::{BTreeMap, BTreeSet};

pub(super) fn sort(item: &ast::Item) -> Sort {
    match item {
        ast::Item::Struct(_)
        | ast::Item::Enum(_)
        | ast::Item::Union(_)
        | ast::Item::Trait(_)
        | ast::Item::Module(_) => Sort::Type,
        ast::Item::Fn(_) => Sort::Function,
        ast::Item::Static(_) => Sort::Static,
        ast::Item::Impl(_) => Sort::Impl,
        _ => Sort::Name,
    }
}

/// What an item defines.
pub(super) fn names(item: &ast::Item) -> Vec<(Space, String)> {
    let named = |spaces: &[Space], name: Option<ast::Name>| match name {
        Some(name) => spaces
            .iter()
            .map(|space| (*space, name.text().to_string()))
            .collect(),
        None => vec![(Space::Unnamed, spelling(item.syntax()))],
    };
    match item {
        ast::Item::Const(it) => named(&[Space::Value], it.name()),
        ast::Item::Static(it) => named(&[Space::Value], it.name()),
        ast::Item::Fn(it) => named(&[Space::Value], it.name()),
        ast::Item::MacroRules(it) => named(&[Space::Macro], it.name()),
        ast::Item::MacroDef(it) => named(&[Space::Macro], it.name()),
        ast::Item::Module(it) => named(&[Space::Type], it.name()),
        ast::Item::Enum(it) => named(&[Space::Type], it.name()),
        ast::Item::Union(it) => named(&[Space::Type], it.name()),
        ast::Item::Trait(it) => named(&[Space::Type], it.name()),
        ast::Item::TypeAlias(it) => named(&[Space::Type], it.name()),
        // A unit or tuple struct is a value as well.
        ast::Item::Struct(it) => named(&[Space::Type, Space::Value], it.name()),
        ast::Item::Impl(it) => vec![(Space::Unnamed, header(it))],
        ast::Item::ExternBlock(it) => foreign(it),
        _ => named(&[], None),
    }
}

/// `Trait for Type` or `Type`.
fn header(item: &ast::Impl) -> String {
    let own = item
        .self_ty()
        .map(|ty| compact(ty.syntax()))
        .unwrap_or_default();
    match item.trait_() {
        Some(implemented) => format!("{} for {own}", compact(implemented.syntax())),
        None => own,
    }
}

/// The names in an `extern` block.
fn foreign(block: &ast::ExternBlock) -> Vec<(Space, String)> {
    let items = block.extern_item_list().into_iter();
    items
        .flat_map(|list| list.extern_items())
        .filter_map(|item| match item {
            ast::ExternItem::Fn(it) => it.name(),
            ast::ExternItem::Static(it) => it.name(),
            _ => None,
        })
        .map(|name| (Space::Value, name.text().to_string()))
        .collect()
}

/// What a macro call defines, as far as its tokens tell; else the call itself, by its first name.
pub(super) fn call_names(call: &ast::MacroCall) -> Vec<(Space, String)> {
    let own: Vec<SyntaxToken> = call
        .token_tree()
        .into_iter()
        .flat_map(|tree| tree.syntax().children_with_tokens())
        .filter_map(|element| element.into_token())
        .filter(|token| !token.kind().is_trivia())
        .collect();
    let mut names = Vec::new();
    for (index, token) in own.iter().enumerate() {
        let spaces: &[Space] = match token.text() {
            "static" if is_text(&own, index + 1, "ref") => &[Space::Type, Space::Value],
            "struct" => &[Space::Type, Space::Value],
            "enum" | "union" | "trait" | "type" | "mod" => &[Space::Type],
            "static" | "const" | "fn" => &[Space::Value],
            _ => continue,
        };
        let after = ["ref", "mut", "unsafe", "fn"];
        let name = own[index + 1..]
            .iter()
            .find(|token| !after.contains(&token.text()));
        if let Some(name) = name.filter(|token| token.kind() == SyntaxKind::IDENT) {
            names.extend(spaces.iter().map(|space| (*space, name.text().to_owned())));
        }
    }
    if names.is_empty() {
        let first = own.iter().find(|token| token.kind() == SyntaxKind::IDENT);
        let first = first.map_or("", |token| token.text());
        names.push((Space::Unnamed, format!("{}!({first})", macro_name(call))));
    }
    names
}

fn is_text(tokens: &[SyntaxToken], index: usize, text: &str) -> bool {
    tokens.get(index).is_some_and(|token| token.text() == text)
}

/// The last name of a called macro's path.
pub(super) fn macro_name(call: &ast::MacroCall) -> String {
    let name = call
        .path()
        .and_then(|path| path.segment())
        .and_then(|last| last.name_ref());
    name.map(|name| name.text().to_string()).unwrap_or_default()
}

/// How what a trait that is imported without a name is listed as ends: any number of them stand
/// side by side.
const NAMELESS: &str = " as _";

/// The names that a `use` brings in, each with what it stands for.
pub(super) fn imported(item: &ast::Use) -> Vec<(String, String)> {
    fn collect(tree: &ast::UseTree, prefix: &str, found: &mut Vec<(String, String)>) {
        let own = tree
            .path()
            .map(|path| compact(path.syntax()))
            .unwrap_or_default();
        let path = match (prefix, own.as_str()) {
            ("", own) => own.to_owned(),
            (prefix, "" | "self") => prefix.to_owned(),
            (prefix, own) => format!("{prefix}::{own}"),
        };
        if let Some(list) = tree.use_tree_list() {
            for tree in list.use_trees() {
                collect(&tree, &path, found);
            }
        } else if tree.star_token().is_some() {
            found.push((format!("{path}::*"), path));
        } else {
            let last = path.rsplit("::").next().unwrap_or("").to_owned();
            let name = match tree.rename() {
                Some(rename) if rename.underscore_token().is_some() => format!("{path}{NAMELESS}"),
                Some(rename) => rename.name().map_or(last, |name| name.text().to_string()),
                None => last,
            };
            found.push((name, path));
        }
    }
    let mut found = Vec::new();
    if let Some(tree) = item.use_tree() {
        collect(&tree, "", &mut found);
    }
    found
}

/// The line that evcxr makes of one name in a `use`.
pub(super) fn import_line(name: &str, path: &str) -> String {
    let last = path.rsplit("::").next().unwrap_or("");
    if name == last || name.ends_with("::*") || name.ends_with(NAMELESS) {
        format!("use {};", if name == last { path } else { name })
    } else {
        format!("use {path} as {name};")
    }
}

/// The lines that evcxr makes of a `use`.
pub fn import_lines(item: &ast::Use) -> Vec<String> {
    let names = imported(item).into_iter();
    names
        .map(|(name, path)| import_line(&name, &path))
        .collect()
}

/// What of an item other items' types depend on; of an `impl` a line for each type and constant.
pub(super) fn layout(sort: Sort, node: &SyntaxNode) -> String {
    match sort {
        Sort::Static => String::new(),
        Sort::Impl => node
            .descendants()
            .filter(|node| matches!(node.kind(), SyntaxKind::TYPE_ALIAS | SyntaxKind::CONST))
            .filter(|node| {
                node.parent()
                    .is_some_and(|p| p.kind() == SyntaxKind::ASSOC_ITEM_LIST)
            })
            .map(|node| spelling(&node) + "\n")
            .collect(),
        Sort::Type if node.kind() == SyntaxKind::TRAIT => spelled(node, SyntaxKind::BLOCK_EXPR),
        _ => spelling(node),
    }
}

/// A text without comments and the attributes that change no type, with one blank between tokens.
pub(super) fn spelling(node: &SyntaxNode) -> String {
    spelled(node, SyntaxKind::ATTR)
}

/// [`spelling`] without nodes of one more kind.
fn spelled(node: &SyntaxNode, without: SyntaxKind) -> String {
    let mut text = String::new();
    for token in tokens(node) {
        let left_out = token.parent_ancestors().any(|node| {
            node.kind() == SyntaxKind::ATTR && !shapes(&node)
                || node.kind() == without && without != SyntaxKind::ATTR
        });
        if !left_out {
            // A comma behind the last of a list is layout; behind a tuple's only part it is not.
            if token.text() == "}" && text.ends_with(", ") {
                text.truncate(text.len() - 2);
            }
            text.push_str(token.text());
            text.push(' ');
        }
    }
    text
}

/// Whether an attribute has a say in how a type looks in memory.
fn shapes(attribute: &SyntaxNode) -> bool {
    let text = compact(attribute);
    ["#[repr", "#[cfg", "#[path"]
        .iter()
        .any(|start| text.starts_with(start))
}

/// The conditions under which an item is there: its `#[cfg(…)]`.
pub(super) fn condition(node: &SyntaxNode) -> String {
    let attributes = node.children().filter(|it| it.kind() == SyntaxKind::ATTR);
    attributes
        .map(|it| compact(&it))
        .filter(|text| text.starts_with("#[cfg("))
        .collect()
}

/// The same for two texts that differ in blanks and comments alone.
pub(super) fn fingerprint(node: &SyntaxNode) -> String {
    crate::cache::key([compact(node).as_bytes()])
}

fn compact(node: &SyntaxNode) -> String {
    tokens(node).map(|token| token.text().to_owned()).collect()
}

fn tokens(node: &SyntaxNode) -> impl Iterator<Item = SyntaxToken> {
    node.descendants_with_tokens()
        .filter_map(|element| element.into_token())
        .filter(|token| !token.kind().is_trivia())
}

/// The names in a text that is spelled with blanks.
pub(super) fn words(spelled: &str) -> BTreeSet<String> {
    spelled
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .filter(|word| word.starts_with(|c: char| c.is_alphabetic() || c == '_'))
        .map(str::to_owned)
        .collect()
}

/// The statics that are declared anywhere in an item, or among a macro's tokens, with the names in
/// their types.
pub(super) fn statics(node: &SyntaxNode) -> BTreeMap<String, BTreeSet<String>> {
    let tokens: Vec<SyntaxToken> = tokens(node).collect();
    let mut found = BTreeMap::<String, BTreeSet<String>>::new();
    for index in (0..tokens.len()).filter(|index| is_text(&tokens, *index, "static")) {
        let marked = is_text(&tokens, index + 1, "mut") || is_text(&tokens, index + 1, "ref");
        let at = index + 1 + usize::from(marked);
        let Some(name) = tokens
            .get(at)
            .filter(|token| token.kind() == SyntaxKind::IDENT)
        else {
            continue;
        };
        if is_text(&tokens, at + 1, ":") {
            let words = found.entry(name.text().to_owned()).or_default();
            words.extend(type_words(&tokens[at + 2..]));
        }
    }
    found
}

/// The names of a type that goes on until its `=` or `;`.
fn type_words(tokens: &[SyntaxToken]) -> Vec<String> {
    let mut depth = 0;
    let mut words = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        match token.text() {
            "=" | ";" if depth == 0 => break,
            "<" => depth += 1,
            ">" if index > 0 && is_text(tokens, index - 1, "-") => {}
            ">" => depth -= 1,
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth -= 1,
            text if token.kind() == SyntaxKind::IDENT => words.push(text.to_owned()),
            _ => {}
        }
    }
    words
}

/// The members of an `impl`, with their names.
fn member_nodes(text: &str) -> Vec<(String, std::ops::Range<usize>)> {
    let parts = parts::split(text);
    let block = parts
        .first()
        .and_then(|part| ast::Impl::cast(part.node.clone()));
    let members = block.and_then(|block| block.assoc_item_list());
    let members = members.into_iter().flat_map(|list| list.assoc_items());
    members
        .filter_map(|member| {
            let name = match &member {
                ast::AssocItem::Fn(it) => it.name(),
                ast::AssocItem::Const(it) => it.name(),
                ast::AssocItem::TypeAlias(it) => it.name(),
                ast::AssocItem::MacroCall(_) => None,
            }?;
            let range = member.syntax().text_range();
            let start = usize::from(range.start()) - parts::PRELUDE.len();
            Some((
                name.text().to_string(),
                start..start + usize::from(range.len()),
            ))
        })
        .collect()
}

/// The names of an `impl`'s members.
pub(super) fn members(text: &str) -> BTreeSet<String> {
    member_nodes(text)
        .into_iter()
        .map(|(name, _)| name)
        .collect()
}

/// The names of what stands in a trait, or in an `impl`.
pub(super) fn member_names(node: &SyntaxNode) -> BTreeSet<String> {
    let list = node
        .children()
        .filter(|it| it.kind() == SyntaxKind::ASSOC_ITEM_LIST);
    let members = list.flat_map(|list| list.children().collect::<Vec<_>>());
    let names = members.filter_map(|member| member.children().find_map(ast::Name::cast));
    names.map(|name| name.text().to_string()).collect()
}

/// The names in an item's attributes.
pub(super) fn attribute_words(node: &SyntaxNode) -> BTreeSet<String> {
    let attributes = node.descendants();
    let attributes = attributes.filter(|it| it.kind() == SyntaxKind::ATTR);
    attributes.flat_map(|it| words(&compact(&it))).collect()
}

/// The member at a line (0-based) of an `impl`.
pub(super) fn member_at(text: &str, line: usize) -> Option<String> {
    let offset: usize = text.split_inclusive('\n').take(line).map(str::len).sum();
    let end = offset + text[offset..].lines().next().unwrap_or("").len();
    let found = member_nodes(text).into_iter();
    found
        .filter(|(_, range)| range.start < end && offset < range.end)
        .map(|(name, _)| name)
        .next()
}

/// An `impl` without some of its members, its lines in place; `None` if no member is left.
pub(super) fn without_members(text: &str, names: &BTreeSet<String>) -> Option<String> {
    let all = member_nodes(text);
    let gone: Vec<_> = all
        .iter()
        .filter(|(name, _)| names.contains(name))
        .collect();
    if !gone.is_empty() && gone.len() == all.len() {
        return None;
    }
    let mut kept = text.to_owned();
    for (_, range) in gone {
        kept.replace_range(range.clone(), &blank(&text[range.clone()]));
    }
    Some(kept)
}

/// As many bytes and lines, and nothing in them.
pub(super) fn blank(text: &str) -> String {
    text.bytes()
        .map(|byte| if byte == b'\n' { '\n' } else { ' ' })
        .collect()
}
