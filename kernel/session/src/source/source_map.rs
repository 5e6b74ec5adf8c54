//! From a line of generated source back to the cell and line that a person wrote.
//!
//! evcxr compiles each cell together with the items of earlier cells, in no particular order, but
//! every statement and item stands there verbatim and begins a line. So each one is looked up as
//! text; what was found once is taken, so that equal statements are matched in order.

use super::completeness::unbalanced;
use super::finder::{DOCUMENTATION, Finder, INDENT, word};
use ra_ap_syntax::ast::{self, AstNode};
use ra_ap_syntax::{Edition, SourceFile, SyntaxNode, SyntaxToken, TextSize};
use toolchain::import_lines;
pub use toolchain::parts::rust_start;
use toolchain::parts::{PRELUDE, parse, split};

/// Whether there is any Rust in a cell, besides commands and comments.
pub fn has_code(cell: &str) -> bool {
    !cell[rust_start(cell)..].trim().is_empty()
}

/// How the builds of whole programs are called: this, and more.
pub const PROGRAM_BUILD: &str = "program_";

/// A cell that was run, taken apart.
#[derive(Clone, Debug)]
pub struct CellSource {
    /// Its execution count.
    pub cell: u32,
    /// Its text as the person wrote it.
    pub text: String,
    /// Where its Rust code begins, after commands (bytes).
    rust: usize,
    parts: Vec<Part>,
}

#[derive(Clone, Debug)]
struct Part {
    start: usize,
    end: usize,
    is_item: bool,
    is_statement: bool,
    /// The lines that evcxr makes of it, if it is a `use`.
    imports: Vec<String>,
}

impl CellSource {
    /// Takes a cell's text apart.
    pub fn new(cell: u32, text: &str) -> CellSource {
        let rust = rust_start(text);
        let parts = split(&text[rust..])
            .into_iter()
            .map(|part| Part {
                start: part.start + rust,
                end: part.end + rust,
                is_item: part.is_item() || part.macro_call().is_some(),
                is_statement: part.is_statement(),
                imports: ast::Use::cast(part.node)
                    .map(|it| import_lines(&it))
                    .unwrap_or_default(),
            })
            .collect();
        CellSource {
            cell,
            text: text.to_owned(),
            rust,
            parts,
        }
    }

    /// The token of its Rust code at a place (1-based line and column), if the place exists.
    pub fn token_at(&self, line: u32, column: u32) -> Option<SyntaxToken> {
        let offset = offset_of(&self.text, line, column)?.checked_sub(self.rust)?;
        let position = TextSize::try_from(offset + PRELUDE.len()).ok()?;
        self.tree().token_at_offset(position).right_biased()
    }

    /// Its Rust code, within a function.
    pub fn tree(&self) -> SyntaxNode {
        parse(&self.text[self.rust..])
    }

    /// The first place where its Rust code is no Rust, with the parser's words for it.
    pub fn syntax_error(&self) -> Option<(u32, u32, String)> {
        let code = &self.text[self.rust..];
        let wrapped = format!("{PRELUDE}{code}\n}}");
        let parsed = SourceFile::parse(&wrapped, Edition::Edition2024);
        let error = parsed.errors().into_iter().next()?;
        let offset = usize::from(error.range().start())
            .saturating_sub(PRELUDE.len())
            .min(code.trim_end().len());
        let (line, column) = place_of(&self.text, self.rust + offset);
        Some((line, column, error.to_string()))
    }

    /// The first delimiter, string or comment that is not as it must be, and what is wrong with it.
    pub fn unbalanced(&self) -> Option<(u32, u32, String)> {
        let (offset, message) = unbalanced(&self.text[self.rust..])?;
        let (line, column) = place_of(&self.text, self.rust + offset);
        Some((line, column, message))
    }

    /// The text of the item with this name, if the cell defines one.
    pub fn definition(&self, name: &str) -> Option<String> {
        let items = self.parts.iter().filter(|part| part.is_item);
        items
            .map(|part| self.text[part.start..part.end].trim())
            .find(|text| item_name(text).as_deref() == Some(name))
            .map(str::to_owned)
    }

    /// The line (1-based) of the first statement that is no item and no macro's call.
    pub fn first_statement(&self) -> Option<u32> {
        let statement = self.parts.iter().find(|part| part.is_statement)?;
        Some(place_of(&self.text, statement.start).0)
    }

    /// The text of a line (1-based).
    pub fn line(&self, line: u32) -> Option<&str> {
        self.text.lines().nth(line.checked_sub(1)? as usize)
    }
}

/// The statements of a cell's Rust code, and how far they lie behind their places in it; `None` if
/// it is no Rust.
pub fn parsed(code: &str) -> Option<(Vec<SyntaxNode>, usize)> {
    let wrapped = format!("{PRELUDE}{code}\n}}");
    let parsed = SourceFile::parse(&wrapped, Edition::Edition2024);
    if !parsed.errors().is_empty() {
        return None;
    }
    let function = parsed.syntax_node().children().find_map(ast::Fn::cast)?;
    let statements = function.body()?.stmt_list()?;
    Some((statements.syntax().children().collect(), PRELUDE.len()))
}

/// Whether nothing would run: the code is items alone, and none of them is `main`.
pub fn runs_nothing(code: &str) -> bool {
    let is_item = |it: &SyntaxNode| ast::Item::can_cast(it.kind());
    parsed(code).is_some_and(|(statements, _)| statements.iter().all(is_item))
        && CellSource::new(0, code).definition("main").is_none()
}

fn item_name(text: &str) -> Option<String> {
    // The first name in an item's text is its own; the wrapper's comes before it.
    parse(text)
        .descendants()
        .filter_map(ast::Name::cast)
        .nth(1)
        .map(|name| name.text().to_string())
}

/// A cell's text as evcxr is to get it. It drops comments that begin a cell, documentation too; an
/// indented comment stays.
pub fn with_documentation(text: &str) -> std::borrow::Cow<'_, str> {
    let start = rust_start(text);
    if text[start..].starts_with(DOCUMENTATION) {
        format!("{}{INDENT}{}", &text[..start], &text[start..]).into()
    } else {
        text.into()
    }
}

/// One build's way back.
#[derive(Debug, Default)]
pub struct SourceMap {
    segments: Vec<Segment>,
    /// The line (0-based) of the parenthesis before the last expression: to the compiler, the
    /// expression begins there.
    shown: Option<u32>,
}

#[derive(Debug)]
struct Segment {
    /// 0-based lines of the generated source.
    first_line: u32,
    lines: u32,
    cell: u32,
    /// 1-based place in the cell where it begins.
    cell_line: u32,
    cell_column: u32,
}

impl SourceMap {
    /// Finds the parts of `cells` (newest first; the first one is the cell that was compiled) in
    /// `generated`.
    pub fn new<'a>(generated: &str, cells: impl IntoIterator<Item = &'a CellSource>) -> SourceMap {
        let mut finder = Finder::new(generated);
        let mut segments = Vec::new();
        for (index, cell) in cells.into_iter().enumerate() {
            for part in &cell.parts {
                // Statements of earlier cells are gone; only their items are compiled again.
                if index > 0 && !part.is_item {
                    continue;
                }
                let text = &cell.text[part.start..part.end];
                let Some(first_line) = finder.take(text) else {
                    segments.extend(imported(&mut finder, cell, part));
                    continue;
                };
                let (cell_line, cell_column) = place_of(&cell.text, part.start);
                segments.push(Segment {
                    first_line,
                    lines: text.lines().count().max(1) as u32,
                    cell: cell.cell,
                    cell_line,
                    cell_column,
                });
            }
        }
        let is_opening = |line: &u32| {
            let first = line + 1;
            segments.iter().any(|it: &Segment| it.first_line == first)
        };
        let lines = (0..).zip(generated.lines());
        let opening = lines.filter(|(_, text)| *text == "(").map(|(line, _)| line);
        let shown = opening.filter(is_opening).last();
        SourceMap { segments, shown }
    }

    /// The way back from a program, in which the cell's lines keep their numbers, and items of
    /// earlier `cells` (oldest first, the program's is the last) stand after them.
    pub fn of_program(generated: &str, cells: &[CellSource]) -> SourceMap {
        let mut map = SourceMap::new(generated, cells.iter().rev());
        if let Some(cell) = cells.last() {
            let whole = Segment {
                first_line: 0,
                lines: cell.text.lines().count() as u32,
                cell: cell.cell,
                cell_line: 1,
                cell_column: 1,
            };
            map.segments.insert(0, whole);
        }
        map.shown = None;
        map
    }

    /// The cell, line and column of a place in the generated source; all 1-based.
    pub fn locate(&self, line: u32, column: u32) -> Option<(u32, u32, u32)> {
        let (line, column) = match line.checked_sub(1)? {
            line if self.shown == Some(line) => (line + 1, 1),
            line => (line, column),
        };
        let segment = self
            .segments
            .iter()
            .find(|s| (s.first_line..s.first_line + s.lines).contains(&line))?;
        let below = line - segment.first_line;
        let column = match below {
            0 => column + segment.cell_column - 1,
            _ => column,
        };
        Some((segment.cell, segment.cell_line + below, column))
    }
}

/// Where the lines stand that evcxr makes of a `use`. To them, each is where its name stands in
/// the cell.
fn imported(finder: &mut Finder<'_>, cell: &CellSource, part: &Part) -> Vec<Segment> {
    let text = &cell.text[part.start..part.end];
    let mut segments = Vec::new();
    for line in &part.imports {
        let Some(first_line) = finder.take(line) else {
            continue;
        };
        let path = line.trim_start_matches("use ").trim_end_matches(';');
        let name = path.split(" as ").next().unwrap_or(path);
        let name = name.rsplit("::").next().unwrap_or(name);
        let begin = text.find("use ").unwrap_or(0);
        let at = word(text, name).unwrap_or(begin);
        let (cell_line, column) = place_of(&cell.text, part.start + at);
        let (own_line, own_column) = place_of(&cell.text, part.start + begin);
        segments.push(Segment {
            first_line,
            lines: 1,
            cell: cell.cell,
            cell_line,
            cell_column: if cell_line == own_line {
                own_column
            } else {
                column
            },
        });
    }
    segments
}

/// 1-based line and column (in characters, as rustc counts) of a byte offset.
fn place_of(text: &str, offset: usize) -> (u32, u32) {
    let before = &text[..offset];
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    (
        before.matches('\n').count() as u32 + 1,
        before[line_start..].chars().count() as u32 + 1,
    )
}

/// The byte offset of a 1-based line and column.
pub fn offset_of(text: &str, line: u32, column: u32) -> Option<usize> {
    let mut start = 0;
    for _ in 1..line {
        start += text[start..].find('\n')? + 1;
    }
    let line_text = text[start..].lines().next().unwrap_or("");
    let column = column.checked_sub(1)? as usize;
    let within = line_text
        .char_indices()
        .nth(column)
        .map_or(line_text.len(), |(at, _)| at);
    Some(start + within)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CELL: &str = ":dep x = \"1\"\n\nuse std::sync::Mutex;\nlet a = 1; let b = Mutex::new(2);\nfn f() {\n    g();\n}\nf();\nf();\n";

    fn generated() -> &'static str {
        "#![allow(x)]\nfn f() {\n    g();\n}\nmod rt {\nx\n}\nlet a = 1; \nlet b = Mutex::new(2);\nf();\nf();\n}\n"
    }

    fn locate(line: u32, column: u32) -> Option<(u32, u32, u32)> {
        SourceMap::new(generated(), [&CellSource::new(4, CELL)]).locate(line, column)
    }

    #[test]
    fn items_and_statements_are_found() {
        assert_eq!(locate(3, 5), Some((4, 6, 5)), "inside an item");
        assert_eq!(
            locate(9, 9),
            Some((4, 4, 20)),
            "second statement of its line"
        );
        assert_eq!(
            locate(10, 1),
            Some((4, 8, 1)),
            "first of two equal statements"
        );
        assert_eq!(
            locate(11, 1),
            Some((4, 9, 1)),
            "second of two equal statements"
        );
        assert_eq!(locate(5, 1), None, "generated code");
    }

    #[test]
    fn blanks_at_the_end_do_not_count() {
        let cell = CellSource::new(1, "let a = 1;  \nb?; \n");
        let map = SourceMap::new("let a = 1;  \nb?;\n", [&cell]);
        assert_eq!(map.locate(2, 2), Some((1, 2, 2)));
    }

    #[test]
    fn imports_are_found_where_their_names_stand() {
        let cell = CellSource::new(
            3,
            "use a::b; // why\n#[allow(x)]\nuse c::{d,\n  e as f, g::*};\n",
        );
        let generated = "use a::b;\nuse c::d;\nuse c::e as f;\nuse c::g::*;\n";
        let map = SourceMap::new(generated, [&cell]);
        let places = [1, 2, 3, 4].map(|line| map.locate(line, 5).map(|(_, line, _)| line));
        assert_eq!(places, [Some(1), Some(3), Some(4), Some(4)]);
        assert_eq!(map.locate(1, 5), Some((3, 1, 5)));
    }

    #[test]
    fn macros_are_found() {
        let cell = CellSource::new(2, "macro_rules! m {\n    () => { f() }\n}\nm!();\n");
        let generated =
            "macro_rules! m {\n    () => { f() }\n} pub(crate) use m;\nmod rt {}\nm!();\n";
        let map = SourceMap::new(generated, [&cell]);
        assert_eq!(map.locate(2, 13), Some((2, 2, 13)));
        assert_eq!(map.locate(5, 1), Some((2, 4, 1)));
    }

    #[test]
    fn documentation_that_begins_a_cell_is_found() {
        let cell = CellSource::new(2, "// A note.\n/// Says g.\nfn f() {\n    g();\n}\nf();\n");
        let text = with_documentation(&cell.text);
        let rust = &text[text.find(" ///").unwrap()..];
        let map = SourceMap::new(&format!("mod rt {{}}\n{rust}"), [&cell]);
        assert_eq!(map.locate(4, 5), Some((2, 4, 5)));
        assert_eq!(map.locate(6, 1), Some((2, 6, 1)));
    }

    #[test]
    fn items_of_earlier_cells_keep_their_cell() {
        let earlier = CellSource::new(2, "let z = 0;\nfn f() {\n    g();\n}\n");
        let now = CellSource::new(7, "let a = 1;\nf();\n");
        let generated = "fn f() {\n    g();\n}\nlet z = 0;\nlet a = 1;\nf();\n";
        let map = SourceMap::new(generated, [&now, &earlier]);
        assert_eq!(map.locate(2, 5), Some((2, 3, 5)));
        assert_eq!(map.locate(6, 1), Some((7, 2, 1)));
        assert_eq!(
            map.locate(4, 1),
            None,
            "statements of earlier cells are gone"
        );
    }

    #[test]
    fn a_place_finds_its_node() {
        let cell = CellSource::new(4, CELL);
        let token = cell.token_at(4, 20).unwrap();
        let mut around = token.parent_ancestors();
        assert!(around.any(|n| ast::LetStmt::can_cast(n.kind())));
        assert_eq!(cell.line(4), Some("let a = 1; let b = Mutex::new(2);"));
        assert!(cell.token_at(99, 1).is_none());
    }
}
