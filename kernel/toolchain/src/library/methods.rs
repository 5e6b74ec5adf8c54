//! Which methods a type has, by the source that defines them.

use ra_ap_syntax::ast::{self, AstNode, HasName};
use ra_ap_syntax::{Edition, SourceFile};
use std::collections::BTreeSet;

/// The methods that blocks of a type called `name` define in `text`, and `clone` if it can be.
pub(super) fn methods(text: &str, name: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    if !may_define(text, name) {
        return found;
    }
    let file = SourceFile::parse(text, Edition::Edition2024);
    for block in file.syntax_node().descendants().filter_map(ast::Impl::cast) {
        let is_wanted = block
            .self_ty()
            .is_some_and(|it| head(&it) == name && !is_special(&it));
        match block.trait_() {
            _ if !is_wanted => {}
            Some(interface) => {
                found.extend((head(&interface) == "Clone").then(|| "clone".to_owned()))
            }
            None => {
                let items = block.assoc_item_list();
                let items = items.into_iter().flat_map(|list| list.assoc_items());
                found.extend(items.filter_map(|item| match item {
                    ast::AssocItem::Fn(function) => {
                        function.param_list()?.self_param()?;
                        Some(function.name()?.text().to_string())
                    }
                    _ => None,
                }));
            }
        }
    }
    found
}

/// Whether there may be a block of that type, so that the text is worth parsing.
fn may_define(text: &str, name: &str) -> bool {
    text.contains("impl")
        && text.match_indices(name).any(|(at, _)| {
            let is_word = |c: char| c.is_alphanumeric() || c == '_';
            text[..at].ends_with(' ') && !text[at + name.len()..].starts_with(is_word)
        })
}

/// Whether it is a type of something particular, such as `Arc<dyn Any>`.
fn is_special(kind: &ast::Type) -> bool {
    let text = kind.syntax().text().to_string();
    let arguments = text.split_once('<').map_or("", |(_, arguments)| arguments);
    arguments.contains(['<', '[', '&', ' ']) && !arguments.split(", ").all(is_parameter)
}

/// `T`, `'a` or `_`, and what closes a list of such.
fn is_parameter(argument: &str) -> bool {
    let argument = argument.trim_matches(['\'', '>', ',']);
    argument.chars().all(|c| c.is_alphanumeric() || c == '_')
}

/// `Mutex` of `sync::Mutex<T>`; `[T]` of any slice.
fn head(kind: &ast::Type) -> String {
    if let ast::Type::SliceType(_) = kind {
        return "[T]".to_owned();
    }
    let text = kind.syntax().text().to_string();
    let path = text.split('<').next().unwrap_or_default();
    path.rsplit("::")
        .next()
        .unwrap_or_default()
        .trim()
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_take_self() {
        let text = "impl<T> Lock<T> {\npub fn new(t: T) -> Self {}\npub fn lock(&self) {}\n}\n\
                    impl<T> Clone for Lock<T> { fn clone(&self) -> Self {} }\n\
                    impl<T> Drop for Lock<T> { fn drop(&mut self) {} }\n\
                    impl<T> Lock<Cell<T>> { fn special(self) {} }\nimpl Lock<dyn Any> { fn any(self) {} }\n\
                    impl<'a, T> Guard<'a, T> { fn end(self) {} }\n\
                    impl<T> [T] { pub fn first(&self) {} }\nimpl Locked { fn other(self) {} }\n";
        let of = |name| methods(text, name).into_iter().collect::<Vec<_>>();
        assert_eq!(of("Lock"), ["clone", "lock"]);
        assert_eq!(of("[T]"), ["first"]);
        assert_eq!(of("Guard"), ["end"]);
        assert_eq!(of("Locked"), ["other"]);
        assert!(of("T").is_empty());
    }
}
