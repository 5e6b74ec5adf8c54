//! Names in the tokens of macros, which have no syntax of their own.

use super::path::{Part, is_tuple_struct};
use ra_ap_syntax::ast::{self, AstNode};
use ra_ap_syntax::{SyntaxKind, SyntaxToken};

/// The name that the declaration around `inner` gives in a macro's tokens: `static ref NAME: … =
/// …;`
pub(super) fn declared(tree: &ast::TokenTree, inner: &SyntaxToken) -> Option<String> {
    const KEYWORDS: [&str; 3] = ["static", "const", "let"];
    let declaration = tokens_before(tree, inner, ";");
    let is_one_of = |words: &[&str], token: &SyntaxToken| words.contains(&token.text());
    let keyword = declaration.iter().position(|it| is_one_of(&KEYWORDS, it))?;
    let mut rest = declaration[keyword + 1..].iter();
    let name = rest.find(|it| !is_one_of(&["ref", "mut"], it))?;
    let has_value = rest.any(|it| it.text() == "=");
    (has_value && name.kind() == SyntaxKind::IDENT).then(|| name.text().to_owned())
}

/// The field that `inner` is the value of, in a macro's tokens: `vec![T { lock: Mutex::new(1) }]`.
pub(super) fn field(tree: &ast::TokenTree, inner: &SyntaxToken) -> Option<String> {
    tree.l_curly_token()?;
    let tokens = tokens_before(tree, inner, ",");
    let first = tokens.first().filter(|it| it.kind() == SyntaxKind::IDENT)?;
    let is_colon = |at: usize| tokens.get(at).is_some_and(|it| it.text() == ":");
    (is_colon(1) && !is_colon(2)).then(|| first.text().to_owned())
}

/// What part of a larger value `inner` is: an array's, a tuple's.
pub(super) fn part(tree: &ast::TokenTree, inner: &SyntaxToken) -> Option<Part> {
    if tree.l_brack_token().is_some() && is_array(tree) {
        let own = tree.syntax().children_with_tokens();
        let repeats = own
            .filter_map(|it| it.into_token())
            .any(|it| it.text() == ";");
        return Some(match index(tree, inner) {
            _ if repeats => Part::OneOfSeveral,
            index => Part::Element(index),
        });
    }
    tree.l_paren_token()?;
    let parent = tree.syntax().parent()?;
    if !ast::TokenTree::can_cast(parent.kind()) {
        return None;
    }
    let before = path_before(tree);
    let is_tuple = match before.as_str() {
        "" => separators(tree).next().is_some(),
        path => is_tuple_struct(path),
    };
    is_tuple.then(|| Part::Field(index(tree, inner)))
}

/// Whether these are an array's tokens: of `vec![…]`, or `[…]` and `vec![…]` in those of a macro.
fn is_array(tree: &ast::TokenTree) -> bool {
    let call = tree.syntax().parent().and_then(ast::MacroCall::cast);
    if let Some(path) = call.and_then(|call| call.path()) {
        return path.syntax().text() == "vec";
    }
    let mut before = significant_before(tree).map(|it| it.text().to_owned());
    match before.next().as_deref() {
        Some("!") => before.next().as_deref() == Some("vec"),
        Some(sign) => [":", "(", ",", "[", "=", "&"].contains(&sign),
        None => false,
    }
}

/// What stands before a tree, from its end.
fn significant_before(tree: &ast::TokenTree) -> impl Iterator<Item = SyntaxToken> {
    let first = tree.syntax().first_token();
    let before = std::iter::successors(first, SyntaxToken::prev_token).skip(1);
    before.filter(|it| !it.kind().is_trivia())
}

/// The path that is called with a tree's tokens, or nothing; a sign where that is another thing.
fn path_before(tree: &ast::TokenTree) -> String {
    let is_part = |token: &SyntaxToken| token.kind() == SyntaxKind::IDENT || token.text() == ":";
    let mut before = significant_before(tree);
    let mut words: Vec<String> = Vec::new();
    let end = before.find(|token| {
        let part = is_part(token) || token.text() == "Self";
        words.extend(part.then(|| token.text().to_owned()));
        !part
    });
    words.reverse();
    // `field: Pair`
    let path = words.concat().replace("::", " ");
    let path = path
        .rsplit(':')
        .next()
        .unwrap_or_default()
        .replace(' ', "::");
    match end {
        Some(end) if path.is_empty() && ")]>!?\"".contains(end.text()) => end.text().to_owned(),
        _ => path,
    }
}

/// Which of the values that commas separate has a token within it.
fn index(tree: &ast::TokenTree, inner: &SyntaxToken) -> usize {
    let at = inner.text_range().start();
    separators(tree)
        .take_while(|it| it.text_range().end() <= at)
        .count()
}

/// The commas between a tree's values: none of a path's types or a closure's parameters.
fn separators(tree: &ast::TokenTree) -> impl Iterator<Item = SyntaxToken> {
    let (mut types, mut in_parameters, mut before) = (0_u32, false, String::new());
    let own = tree.syntax().children_with_tokens();
    own.filter_map(|it| it.into_token()).filter(move |token| {
        let text = token.text();
        match text {
            "<" if before.ends_with(':') || types > 0 => types += 1,
            ">" => types = types.saturating_sub(1),
            "|" => in_parameters = !in_parameters,
            _ => {}
        }
        before = text.to_owned();
        text == "," && types == 0 && !in_parameters
    })
}

/// The tokens in a macro's tree before `inner`, from the last one that `separates` on.
fn tokens_before(tree: &ast::TokenTree, inner: &SyntaxToken, separates: &str) -> Vec<SyntaxToken> {
    let at = inner.text_range().start();
    let elements = tree.syntax().children_with_tokens();
    let before = elements.take_while(|it| it.text_range().end() <= at);
    let mut tokens: Vec<SyntaxToken> = Vec::new();
    for element in before {
        match element.into_token() {
            Some(token) if [separates, "{", "(", "["].contains(&token.text()) => tokens.clear(),
            Some(token) if !token.kind().is_trivia() => tokens.push(token),
            _ => {}
        }
    }
    tokens
}
