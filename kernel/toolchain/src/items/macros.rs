//! Which macro calls make items.

use super::describe;
use super::kinds::Space;
use super::list::Items;
use crate::parts;
use ra_ap_syntax::SyntaxKind;
use ra_ap_syntax::ast::{self, AstNode};
use ra_ap_syntax::{NodeOrToken, SyntaxNode};

/// Macros of `std` and of widely used crates that make items and nothing else.
const ITEM_MACROS: [&str; 8] = [
    "thread_local",
    "lazy_static",
    "bitflags",
    "quick_error",
    "error_chain",
    "define_sql_function",
    "criterion_group",
    "inventory_submit",
];

/// How an item can begin.
const ITEM_KEYWORDS: [&str; 14] = [
    "pub", "fn", "struct", "enum", "union", "static", "const", "trait", "impl", "mod", "use",
    "type", "extern", "unsafe",
];

/// How many macros deep it is looked: one that calls itself can't be told anyway.
const DEPTH: usize = 8;

impl Items {
    /// Whether a macro call as a statement of its own makes items, which belong to the notebook
    /// then, and not to the cell's body. A macro of the notebook tells by its first arm.
    pub(super) fn makes_items(&self, call: &ast::MacroCall) -> bool {
        self.is_item_macro(&describe::macro_name(call), DEPTH)
    }

    fn is_item_macro(&self, name: &str, depth: usize) -> bool {
        let own = self.items.iter().find(|item| {
            item.names
                .iter()
                .any(|(space, other)| *space == Space::Macro && other == name)
        });
        match own {
            Some(_) if depth == 0 => false,
            Some(item) => {
                first_arm(&item.text).is_some_and(|arm| self.begins_item(&arm, depth - 1))
            }
            None => ITEM_MACROS.contains(&name),
        }
    }

    /// Whether what a macro's arm stands for begins like an item.
    fn begins_item(&self, arm: &SyntaxNode, depth: usize) -> bool {
        let mut words = Vec::new();
        collect(arm, &mut words);
        // The delimiter around it aside.
        let mut words = words.iter().skip(1).map(String::as_str).peekable();
        while let Some(word) = words.next() {
            match word {
                // A variable: an attribute, a visibility, or whatever.
                "$" => {
                    words.next();
                }
                "#" => {}
                "const" | "unsafe" if words.peek() == Some(&"{") => return false,
                _ if ITEM_KEYWORDS.contains(&word) => return true,
                _ if word.starts_with(|c: char| c.is_alphabetic() || c == '_') => {
                    return words.next() == Some("!") && self.is_item_macro(word, depth);
                }
                "{" => return false,
                _ => {}
            }
        }
        false
    }
}

/// The tokens of an arm without attributes' contents.
fn collect(tree: &SyntaxNode, words: &mut Vec<String>) {
    for element in tree.children_with_tokens() {
        match element {
            NodeOrToken::Node(node) => {
                let is_attribute = words.last().is_some_and(|last| last == "#");
                if !is_attribute {
                    collect(&node, words);
                }
            }
            NodeOrToken::Token(token) if !token.kind().is_trivia() => {
                words.push(token.text().to_owned());
            }
            NodeOrToken::Token(_) => {}
        }
    }
}

/// What the first arm of a `macro_rules!` stands for; the braces around it aside.
fn first_arm(text: &str) -> Option<SyntaxNode> {
    let parts = parts::split(text);
    let rules = ast::MacroRules::cast(parts.first()?.node.clone())?;
    let arms = rules.token_tree()?;
    // Pattern, then what it stands for.
    arms.syntax()
        .children()
        .filter(|node| node.kind() == SyntaxKind::TOKEN_TREE)
        .nth(1)
}
