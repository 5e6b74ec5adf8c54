//! A cell as evcxr has to be told it. evcxr reads every cell as Rust 2024, and takes each `extern
//! crate` for a dependency.

use super::completeness::unbalanced;
use super::conditions;
use super::source_map::rust_start;
use ra_ap_parser::{LexedStr, T};
use ra_ap_syntax::ast::{self, AstNode, HasName};
use ra_ap_syntax::{Edition, SourceFile, SyntaxKind};
use std::borrow::Cow;
use std::cell::LazyCell;
use toolchain::parts::{PRELUDE, Part, parse, split};
use toolchain::{Settings, analysis};

/// Attributes that say how a crate is called and what is made of it.
const CRATE_WORDS: [&str; 2] = ["crate_name", "crate_type"];
/// A lint that what is generated around a cell can't keep, and the level that can't be lifted for
/// that, with the one that can.
pub(crate) const UNSAFE_CODE: &str = "unsafe_code";
const FORBID: &str = "forbid";
const DENY: &str = "deny  ";
/// A word of Rust 2024 that was a name before.
const NEW_KEYWORD: &str = "gen";
/// The crates that come with Rust. What `core` and `alloc` have, std has under the same paths.
const OF_RUST: [&str; 3] = ["alloc", "core", "std"];

/// How comments begin that are documentation of what they stand in.
const INNER_DOCUMENTATION: [&str; 2] = ["//!", "/*!"];

/// The cell in words that mean to evcxr what they mean to rustc by these settings. No line moves.
pub(crate) fn adapted<'a>(code: &'a str, settings: &Settings) -> Cow<'a, str> {
    let options = || analysis::target_options(&settings.toolchain).unwrap_or_default();
    adapted_to(code, &settings.edition, &options)
}

/// The same for an edition; `options` tells what `#[cfg(…)]` asks for: the lines of `rustc --print
/// cfg`.
fn adapted_to<'a>(code: &'a str, edition: &str, options: &dyn Fn() -> String) -> Cow<'a, str> {
    let start = rust_start(code);
    let (commands, rust) = code.split_at(start);
    let mut rust = Cow::Borrowed(rust);
    if let Some(rest) = without_shebang(&rust) {
        rust = rest.into();
    }
    if let Cow::Owned(fitting) = as_our_crate(&rust) {
        rust = fitting.into();
    }
    if INNER_DOCUMENTATION.iter().any(|it| rust.contains(it)) {
        rust = without_inner_documentation(&rust).into();
    }
    if rust.contains("cfg")
        && let Some(present) = without_absent_imports(&rust, options)
    {
        rust = present.into();
    }
    if let Some(items) = without_empty_statements(&rust) {
        rust = items.into();
    }
    if rust.contains("use")
        && let Some(plain) = with_plain_imports(&rust)
    {
        rust = plain.into();
    }
    if edition < "2024" && rust.contains(NEW_KEYWORD) {
        rust = with_raw_names(&rust).into();
    }
    if rust.contains("extern crate") {
        rust = with_own_crates(&rust).into();
    }
    match rust {
        Cow::Borrowed(_) => Cow::Borrowed(code),
        Cow::Owned(rust) => Cow::Owned(format!("{commands}{rust}")),
    }
}

/// The code without attributes that the kernel's own crate can't have: what that is called and made
/// into is given, and what is generated around the code has `unsafe` code, so that this is denied
/// and not forbidden. No line and no column moves.
pub(crate) fn as_our_crate(code: &str) -> Cow<'_, str> {
    let is_needed = [UNSAFE_CODE, CRATE_WORDS[0], CRATE_WORDS[1]]
        .iter()
        .any(|word| code.contains(word));
    if !is_needed {
        return Cow::Borrowed(code);
    }
    let tree = parse(code);
    let attributes = tree.descendants().filter_map(ast::Attr::cast);
    let mut result = code.to_owned();
    for attribute in attributes.filter(|it| it.excl_token().is_some()) {
        let range = attribute.syntax().text_range();
        let start = usize::from(range.start()) - PRELUDE.len();
        let text = attribute.syntax().text().to_string();
        let name = text.trim_start_matches(['#', '!', '[', ' ']);
        if CRATE_WORDS.iter().any(|word| name.starts_with(word)) {
            result.replace_range(start..start + text.len(), &" ".repeat(text.len()));
        } else if name.starts_with(FORBID) && name.contains(UNSAFE_CODE) {
            let at = start + text.len() - name.len();
            result.replace_range(at..at + FORBID.len(), DENY);
        }
    }
    Cow::Owned(result)
}

/// Whether something in a cell is no statement, or not whole, so that evcxr would pass over it.
pub(crate) fn is_passed_over(code: &str) -> bool {
    let rust = &code[rust_start(code)..];
    if unbalanced(rust).is_some() {
        return true;
    }
    let parts = split(rust);
    let is_unfinished = |part: &Part| {
        let binding = ast::LetStmt::cast(part.node.clone());
        binding.is_some_and(|it| it.pat().is_none())
    };
    let says_something = || {
        let lexed = LexedStr::new(Edition::Edition2024, rust);
        (0..lexed.len()).any(|at| !lexed.kind(at).is_trivia() && lexed.kind(at) != T![;])
    };
    parts.iter().any(is_unfinished) || parts.is_empty() && says_something()
}

/// The code whose first comments document nothing: they would the program, but here is none. Those
/// in a module or a function stay.
fn without_inner_documentation(code: &str) -> String {
    let lexed = LexedStr::new(Edition::Edition2024, code);
    let mut result = code.to_owned();
    let mut depth = 0;
    for at in 0..lexed.len() {
        match lexed.kind(at) {
            SyntaxKind::COMMENT if depth == 0 => {
                let range = lexed.text_range(at);
                if INNER_DOCUMENTATION
                    .iter()
                    .any(|it| lexed.text(at).starts_with(it))
                {
                    result.replace_range(range.start + 2..range.start + 3, " ");
                }
            }
            T!['['] => depth += 1,
            T![']'] => depth -= 1,
            // Attributes of the program may stand between them.
            kind if kind.is_trivia() || depth > 0 || matches!(kind, T![#] | T![!]) => {}
            _ => break,
        }
    }
    result
}

/// The code without the imports that are not there under their `#[cfg(…)]`: evcxr passes over
/// attributes of an import. `None` if there is none.
fn without_absent_imports(code: &str, options: &dyn Fn() -> String) -> Option<String> {
    let options = LazyCell::new(options);
    let mut result = code.to_owned();
    let is_import = |kind| matches!(kind, SyntaxKind::USE | SyntaxKind::EXTERN_CRATE);
    for part in split(code).iter().filter(|it| is_import(it.node.kind())) {
        let has_condition = part.node.to_string().contains("cfg");
        if has_condition && !conditions::hold(&part.node, &options) {
            let end = usize::from(part.node.text_range().end()) - PRELUDE.len();
            let lines = code[part.start..end]
                .split('\n')
                .map(|line| " ".repeat(line.len()));
            let nothing: Vec<String> = lines.collect();
            result.replace_range(part.start..end, &nothing.join("\n"));
        }
    }
    (result != code).then_some(result)
}

/// The code with one `use` for each name of those that evcxr would lose some of: `a::{*, b}`,
/// `{a, b}`, `a::{self as b}`. `None` if there is none.
fn with_plain_imports(code: &str) -> Option<String> {
    let mut result = code.to_owned();
    for part in split(code).into_iter().rev() {
        let Some(import) = ast::Use::cast(part.node) else {
            continue;
        };
        let mut trees = import.syntax().descendants().filter_map(ast::UseTree::cast);
        let is_lossy = |tree: ast::UseTree| match tree.path() {
            Some(path) => path.syntax().text() == "self" && tree.rename().is_some(),
            None => true,
        };
        let tree = import.use_tree();
        let (Some(tree), true) = (tree, trees.any(is_lossy)) else {
            continue;
        };
        let mut names = Vec::new();
        imported(&tree, "", &mut names);
        let end = usize::from(import.syntax().text_range().end()) - PRELUDE.len();
        let lines = code[part.start..end].matches('\n').count();
        let text = format!("{}{}", names.join(" "), "\n".repeat(lines));
        result.replace_range(part.start..end, &text);
    }
    (result != code).then_some(result)
}

/// A `use` for each name that a tree imports.
fn imported(tree: &ast::UseTree, prefix: &str, found: &mut Vec<String>) {
    let own = tree.path().map(|path| path.syntax().text().to_string());
    let path = match own.as_deref() {
        None | Some("self") => prefix.to_owned(),
        Some(own) if prefix.is_empty() => own.to_owned(),
        Some(own) => format!("{prefix}::{own}"),
    };
    if let Some(list) = tree.use_tree_list() {
        list.use_trees().for_each(|it| imported(&it, &path, found));
        return;
    }
    let rename = tree.rename().map(|it| format!(" {}", it.syntax().text()));
    let all = tree.star_token().map_or("", |_| "::*");
    found.push(format!("use {path}{all}{};", rename.unwrap_or_default()));
}

/// The code without each `;` that follows an item: in a function it is an empty statement, but
/// evcxr takes items out of the cell. `None` if there is none.
fn without_empty_statements(code: &str) -> Option<String> {
    let mut result = code.to_owned();
    for part in split(code).iter().filter(|part| part.is_item()) {
        let end = usize::from(part.node.text_range().end()) - PRELUDE.len();
        let rest = code.get(end..part.end)?;
        for (at, _) in rest.match_indices(';') {
            if rest[..at].chars().all(|c| c == ';' || c.is_whitespace()) {
                result.replace_range(end + at..end + at + 1, " ");
            }
        }
    }
    (result != code).then_some(result)
}

/// The code without a first line that tells a shell what runs it.
fn without_shebang(code: &str) -> Option<String> {
    let rest = code.strip_prefix("#!")?;
    let is_attribute = rest.trim_start().starts_with('[');
    let line = code.lines().next().unwrap_or_default().len();
    (!is_attribute).then(|| code[line..].to_owned())
}

/// The code in which names that are keywords now are written as names.
fn with_raw_names(code: &str) -> String {
    let wrapped = format!("{PRELUDE}{code}\n}}");
    let tree = SourceFile::parse(&wrapped, Edition::Edition2021).syntax_node();
    let tokens = tree.descendants_with_tokens();
    let tokens = tokens.filter_map(|element| element.into_token());
    let names =
        tokens.filter(|token| token.kind() == SyntaxKind::IDENT && token.text() == NEW_KEYWORD);
    let mut result = code.to_owned();
    let places: Vec<usize> = names
        .map(|name| usize::from(name.text_range().start()) - PRELUDE.len())
        .collect();
    for at in places.into_iter().rev() {
        result.insert_str(at, "r#");
    }
    result
}

/// The code in which the crates that come with Rust are imported, not declared.
fn with_own_crates(code: &str) -> String {
    let mut result = code.to_owned();
    for part in split(code).into_iter().rev() {
        let Some(declared) = ast::ExternCrate::cast(part.node) else {
            continue;
        };
        let name = declared.name_ref().map(|name| name.text().to_string());
        let Some(name) = name.filter(|name| OF_RUST.contains(&name.as_str())) else {
            continue;
        };
        let renamed = declared.rename().and_then(|it| it.name());
        let known_as = renamed.map_or(name, |it| it.text().to_string());
        let text = match known_as.as_str() {
            // These are known to every cell.
            "core" | "std" | "_" => String::new(),
            other => format!("use std as {other};"),
        };
        let old = &code[part.start..part.end];
        let layout = &old[old.trim_end().len()..];
        let lines = "\n".repeat(old.trim_end().matches('\n').count());
        result.replace_range(part.start..part.end, &format!("{lines}{text}{layout}"));
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(code: &str, edition: &str, expected: &str) {
        let options = || "unix\n".to_owned();
        assert_eq!(adapted_to(code, edition, &options), expected);
    }

    #[test]
    fn a_name_of_an_older_edition_is_a_name() {
        check(
            ":dep rand = \"0.8\"\nlet gen = rng.gen::<u8>(); // gen\nx!(gen, \"{gen}\")",
            "2021",
            ":dep rand = \"0.8\"\nlet r#gen = rng.r#gen::<u8>(); // gen\nx!(r#gen, \"{gen}\")",
        );
        check("r.r#gen() + generate()", "2021", "r.r#gen() + generate()");
        check("r.gen()", "2024", "r.gen()");
    }

    #[test]
    fn unsafe_code_is_denied_at_most() {
        check(
            "#![forbid(unsafe_code, dead_code)]\nlet a = \"#![forbid(unsafe_code)]\";",
            "2024",
            "#![deny  (unsafe_code, dead_code)]\nlet a = \"#![forbid(unsafe_code)]\";",
        );
        check("#![forbid(dead_code)] 1", "2024", "#![forbid(dead_code)] 1");
    }

    #[test]
    fn what_a_crate_is_called_is_not_the_cells() {
        check(
            "#![crate_name = \"a\"]\n#![ crate_type = \"lib\" ] f(crate_name)",
            "2024",
            "                    \n                         f(crate_name)",
        );
    }

    #[test]
    fn an_item_may_be_followed_by_an_empty_statement() {
        check(
            "struct A {};\nstruct B(u8);; // ;\nf();;",
            "2024",
            "struct A {} \nstruct B(u8);  // ;\nf();;",
        );
        check("struct A {} // ;\nA {};", "2024", "struct A {} // ;\nA {};");
    }

    #[test]
    fn imports_of_which_evcxr_loses_some_stand_alone() {
        check(
            "use a::b::{\n    *, C::*, self as d,\n    e::{self, f as g},\n};\nf();",
            "2024",
            "use a::b::*; use a::b::C::*; use a::b as d; use a::b::e; use a::b::e::f as g;\n\n\n\nf();",
        );
        check("use {a, b::c};", "2024", "use a; use b::c;");
        check("use a::{self, b::*};", "2024", "use a::{self, b::*};");
    }

    #[test]
    fn what_is_no_statement_is_passed_over() {
        for code in [
            "}",
            "} f();",
            "let",
            "f(); let = 5;",
            ":dep a\n}",
            "f(",
            "f(); }",
            "fn f() {\n    g();",
            "let a = \u{201c}a\u{201d};",
        ] {
            assert!(is_passed_over(code), "{code}");
        }
        for code in ["", ";", "// a", "/* b */", "let a", ":vars", "\"{\""] {
            assert!(!is_passed_over(code), "{code}");
        }
    }

    #[test]
    fn documentation_of_the_program_is_a_comment() {
        check(
            "/*! A\n b */\n//! c\n#![allow(x)]\n//! d\nmod m { //! e\n}\n",
            "2024",
            "/*  A\n b */\n//  c\n#![allow(x)]\n//  d\nmod m { //! e\n}\n",
        );
        check(
            "/// a\nfn f() { //! b\n}",
            "2024",
            "/// a\nfn f() { //! b\n}",
        );
    }

    #[test]
    fn an_import_is_there_under_its_condition() {
        check(
            "#[cfg(windows)]\nuse a::b as c;\n#[cfg(unix)] use d::c;\n#[cfg(windows)] extern crate e;c()",
            "2024",
            "               \n              \n#[cfg(unix)] use d::c;\n                               c()",
        );
    }

    #[test]
    fn a_script_may_say_what_runs_it() {
        check("#!/usr/bin/env cargo\nf()", "2024", "\nf()");
        check(
            "#![allow(dead_code)]\nf()",
            "2024",
            "#![allow(dead_code)]\nf()",
        );
        let both = "#!/usr/bin/env cargo\n#![forbid(unsafe_code)]";
        check(both, "2024", "\n#![deny  (unsafe_code)]");
    }

    #[test]
    fn crates_of_rust_are_no_dependencies() {
        check(
            "extern crate alloc; use alloc::vec::Vec;\n",
            "2024",
            "use std as alloc; use alloc::vec::Vec;\n",
        );
        check(
            "#[macro_use]\nextern crate std;\nextern crate core as basis; 1",
            "2024",
            "\n\nuse std as basis; 1",
        );
        check("extern crate rayon;", "2024", "extern crate rayon;");
    }
}
