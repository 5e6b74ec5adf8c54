//! The source that rust-analyzer is asked about: a cell, and what it can speak of.

use ra_ap_parser::{Edition, LexedStr, SyntaxKind};

/// A variable of the notebook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Variable {
    pub name: String,
    pub is_mut: bool,
    /// Its type, as rustc told it.
    pub kind: String,
}

/// A source, and where the cell stands in it.
pub(super) struct Scene {
    pub source: String,
    start: usize,
    length: usize,
}

impl Scene {
    /// A cell's Rust below the notebook's items, with its variables.
    pub fn new(items: &str, variables: &[Variable], rust: &str) -> Scene {
        let parameters: String = variables
            .iter()
            .map(|variable| {
                let mutable = if variable.is_mut { "mut " } else { "" };
                format!("{mutable}{}: {}, ", variable.name, variable.kind)
            })
            .collect();
        let mut source = format!(
            "{items}\nasync fn evcxr_cell({parameters}) -> \
             ::std::result::Result<(), ::std::boxed::Box<dyn ::std::error::Error>> {{\n"
        );
        let start = source.len();
        source.push_str(rust);
        source.push_str("\n;");
        source.push_str(&closers(rust));
        source.push_str("\nOk(()) }\n");
        Scene {
            source,
            start,
            length: rust.len(),
        }
    }

    pub fn offset_in_source(&self, offset: usize) -> usize {
        self.start + offset.min(self.length)
    }

    pub fn offset_in_code(&self, offset: usize) -> usize {
        offset.saturating_sub(self.start).min(self.length)
    }
}

/// What closes the brackets that a cell leaves open.
fn closers(rust: &str) -> String {
    let lexed = LexedStr::new(Edition::Edition2024, rust);
    let mut open = Vec::new();
    for token in 0..lexed.len() {
        match lexed.kind(token) {
            SyntaxKind::L_PAREN => open.push(')'),
            SyntaxKind::L_BRACK => open.push(']'),
            SyntaxKind::L_CURLY => open.push('}'),
            SyntaxKind::R_PAREN | SyntaxKind::R_BRACK | SyntaxKind::R_CURLY => {
                let closes = lexed.text(token).chars().next();
                if open.last().copied() == closes {
                    open.pop();
                }
            }
            _ => {}
        }
    }
    open.into_iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_stands_below_items_and_variables() {
        let variable = Variable {
            name: "a".into(),
            is_mut: true,
            kind: "u8".into(),
        };
        let scene = Scene::new("fn f() {}", &[variable], "f(a");
        assert!(
            scene
                .source
                .starts_with("fn f() {}\nasync fn evcxr_cell(mut a: u8, )")
        );
        assert!(scene.source.ends_with("{\nf(a\n;)\nOk(()) }\n"));
        let at = scene.offset_in_source(2);
        assert_eq!(&scene.source[at..=at], "a");
        assert_eq!(scene.offset_in_code(at), 2);
        assert_eq!(scene.offset_in_code(scene.source.len()), 3);
    }

    #[test]
    fn what_is_open_is_closed() {
        assert_eq!(closers("if a { f([1, \"{\"] "), ")}");
        assert_eq!(closers("a) }"), "");
    }
}
