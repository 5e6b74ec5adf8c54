//! A cell as evcxr has to be told it. evcxr reads every cell as Rust 2024, and takes each `extern
//! crate` for a dependency.

use super::source_map::rust_start;
use ra_ap_syntax::ast::{self, AstNode, HasName};
use ra_ap_syntax::{Edition, SourceFile, SyntaxKind};
use std::borrow::Cow;
use toolchain::parts::{PRELUDE, split};

/// A word of Rust 2024 that was a name before.
const NEW_KEYWORD: &str = "gen";
/// The crates that come with Rust. What `core` and `alloc` have, std has under the same paths.
const OF_RUST: [&str; 3] = ["alloc", "core", "std"];

/// The cell in words that mean to evcxr what they mean to rustc in this edition. No line moves.
pub(crate) fn adapted<'a>(code: &'a str, edition: &str) -> Cow<'a, str> {
    let start = rust_start(code);
    let (commands, rust) = code.split_at(start);
    let mut rust = Cow::Borrowed(rust);
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
        assert_eq!(adapted(code, edition), expected);
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
