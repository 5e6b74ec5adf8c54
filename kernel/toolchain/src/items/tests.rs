use super::{Items, arrange};
use crate::cell::Cell;
use crate::changes::Fallen;
use std::collections::BTreeSet;

/// A session of cells, each with the items that it leaves, in the order of their definition.
struct Notebook {
    items: Items,
    serial: u64,
}

impl Notebook {
    fn new() -> Notebook {
        Notebook {
            items: Items::default(),
            serial: 0,
        }
    }

    fn run(&mut self, code: &str) -> &mut Notebook {
        self.serial += 1;
        self.items = self.items.with(&Cell {
            serial: self.serial,
            count: self.serial as u32,
            code: code.to_owned(),
            ..Cell::default()
        });
        self
    }

    fn texts(&self) -> Vec<&str> {
        self.items
            .items
            .iter()
            .map(|item| item.text.trim())
            .collect()
    }

    fn generation(&self, path: &str) -> u64 {
        let path: Vec<&str> = path.split("::").collect();
        self.items.generation(&path).at
    }
}

#[test]
fn what_is_defined_again_replaces_what_was_there() {
    let mut book = Notebook::new();
    book.run("struct S; impl S { fn a(&self) {} }")
        .run("fn S2() {} fn f() {}");
    book.run("struct S { x: u8 }").run("fn f() { 1; }");
    assert_eq!(
        book.texts(),
        [
            "impl S { fn a(&self) {} }",
            "fn S2() {}",
            "struct S { x: u8 }",
            "fn f() { 1; }"
        ]
    );
    book.run("use std::f;");
    assert_eq!(
        book.texts().len(),
        3,
        "a name that is imported hides the item"
    );
    book.run("macro_rules! S2 { () => {} }");
    assert_eq!(book.texts().len(), 4, "macros live in a space of their own");
}

#[test]
fn blocks_of_methods_stand_side_by_side_and_give_way_by_method() {
    let mut book = Notebook::new();
    book.run("impl S { fn a(&self) {} fn b(&self) {} }")
        .run("impl S { fn c(&self) {} }");
    assert_eq!(book.texts().len(), 2);
    book.run("impl S { fn b(&self) -> u8 { 1 } }");
    assert_eq!(
        book.texts(),
        [
            "impl S { fn a(&self) {}                }",
            "impl S { fn c(&self) {} }",
            "impl S { fn b(&self) -> u8 { 1 } }"
        ]
    );
    book.run("impl S { fn a(&self) {} }");
    assert_eq!(book.texts().len(), 3, "nothing is left of the first block");
}

#[test]
fn an_implementation_replaces_the_one_of_the_same_trait() {
    let mut book = Notebook::new();
    book.run("impl fmt::Display for S { }")
        .run("impl From<u8> for S { }")
        .run("impl From<u16> for S { }");
    book.run("impl fmt::Display for S { fn f() {} }");
    assert_eq!(
        book.texts(),
        [
            "impl From<u8> for S { }",
            "impl From<u16> for S { }",
            "impl fmt::Display for S { fn f() {} }"
        ]
    );
}

#[test]
fn a_static_lives_until_its_definition_runs_again() {
    let mut book = Notebook::new();
    book.run("static A: u8 = 0; fn f() { static B: u8 = 0; }")
        .run("fn g() {}");
    assert_eq!((book.generation("A"), book.generation("f::B")), (1, 1));
    book.run("fn f() { static B: u8 = 0; }");
    assert_eq!((book.generation("A"), book.generation("f::B")), (1, 3));
}

#[test]
fn a_static_is_new_when_a_type_within_changes() {
    let mut book = Notebook::new();
    book.run("struct Id(u8); struct Job { id: Id } const N: usize = 3; fn init() -> u8 { 1 }");
    book.run("static JOBS: Mutex<Vec<Job>> = Mutex::new(Vec::new()); static PLAIN: u8 = init(); static MANY: [u8; N] = [0; N];");
    book.run("fn init() -> u8 { 2 }")
        .run("impl Job { fn go(&self) {} }");
    assert_eq!((book.generation("JOBS"), book.generation("PLAIN")), (2, 2));
    book.run("struct Id(u8); // again");
    book.run("#[derive(Debug)] struct Id(u8);");
    assert_eq!(book.generation("JOBS"), 2, "the same type");
    book.run("struct Id(u16);");
    assert_eq!((book.generation("JOBS"), book.generation("PLAIN")), (7, 2));
    book.run("const N: usize = 4;");
    assert_eq!((book.generation("JOBS"), book.generation("MANY")), (7, 8));
    book.run("use other::Mutex;");
    assert_eq!(book.generation("JOBS"), 9);
}

#[test]
fn an_associated_type_is_part_of_a_type() {
    let mut book = Notebook::new();
    book.run("struct S; trait T { type X; } impl T for S { type X = u8; fn f() {} }");
    book.run("static A: Mutex<<S as T>::X> = Mutex::new(0);");
    book.run("impl T for S { type X = u8; fn f() { 1; } }");
    assert_eq!(book.generation("A"), 2);
    book.run("impl T for S { type X = u16; fn f() {} }");
    assert_eq!(book.generation("A"), 4);
}

#[test]
fn the_first_impl_of_its_kind_changes_no_type() {
    let mut book = Notebook::new();
    book.run("struct S; static A: S = S;");
    book.run("impl Add for S { type Output = S; }")
        .run("impl S { const N: u8 = 1; fn f() {} }")
        .run("impl S { const N: u8 = 1; fn f() { 1; } }")
        .run("impl S { const M: u8 = 1; }")
        .run("impl Add for S { type Output = S; fn add() {} }");
    assert_eq!(book.generation("A"), 1);
    book.run("impl S { const M: u8 = 2; }");
    assert_eq!(book.generation("A"), 7);
    book.run("impl Add for S { type Output = u8; }");
    assert_eq!(book.generation("A"), 8);
    // What no longer compiled is not forgotten: types were made with it.
    let arranged = book.items.arrange(
        "#[unsafe(no_mangle)]\npub extern \"C\" fn run_user_code_1(\n) {}\n",
        9,
        &BTreeSet::new(),
    );
    let mut lines = arranged.text.lines();
    let line = lines.position(|line| line.contains("impl Add")).unwrap() as u64 + 1;
    let fallen = book
        .items
        .drop_unfit(&arranged, &error("E0046", line, "no add"), 9);
    assert_eq!(fallen.len(), 1);
    book.run("impl Add for S { type Output = u16; }");
    assert_eq!(book.generation("A"), 9);
}

#[test]
fn macros_that_make_items_are_items() {
    let mut book = Notebook::new();
    book.run("thread_local! { static A: Cell<u8> = Cell::new(0); }")
        .run("println!(\"x\");");
    book.run("macro_rules! make { ($(#[$m:meta])* $n:ident) => { $(#[$m])* pub fn $n() {} }; }");
    book.run("make!(one);\nmake!(two);")
        .run("macro_rules! say { () => { println!() } }")
        .run("say!();");
    assert_eq!(book.texts().len(), 5);
    book.run("make!(one);")
        .run("thread_local! { static A: Cell<u16> = Cell::new(0); }");
    assert_eq!(book.texts().len(), 5);
    assert_eq!(book.generation("A"), 8);
}

#[test]
fn statics_behind_macros_live_like_others() {
    let mut book = Notebook::new();
    book.run("macro_rules! make { ($n:ident) => { fn $n() { static N: u8 = 0; } } }")
        .run("make!(one);\nmake!(two);");
    assert_eq!(
        (book.generation("one::N"), book.generation("two::N")),
        (2, 2)
    );
    book.run("make!(one);");
    assert_eq!(
        (book.generation("one::N"), book.generation("two::N")),
        (3, 2)
    );
}

#[test]
fn a_method_has_statics_of_its_block() {
    let mut book = Notebook::new();
    book.run("struct S;")
        .run("impl S { fn a() { static M: u8 = 0; } }")
        .run("impl S { fn b() { static M: u8 = 0; } }");
    book.run("impl T for S { fn a() { static M: u8 = 0; } }");
    assert_eq!(
        (book.generation("S::a::M"), book.generation("S::b::M")),
        (2, 3)
    );
    assert_eq!(book.generation("S::T::a::M"), 4);
}

const GENERATED: &str = "#![allow(dead_code)]\nuse std::fmt;\nstruct S;\n\nimpl S { fn a() {} }\nimpl S { fn a() {} }\nfn f() {\n}\n\
#[unsafe(no_mangle)]\npub extern \"C\" fn run_user_code_1(\nevcxr_variable_store: *mut u8) -> *mut u8 {\n(\nthread_local! { static A: u8 = 0; }\n).evcxr_display();\nevcxr_variable_store\n}\n";

#[test]
fn a_source_gets_the_items_that_are_valid() {
    let mut book = Notebook::new();
    book.run("struct S; impl S { fn a() {} }")
        .run("fn gone() {}\nmacro_rules! m { () => {} }");
    book.run("thread_local! { static A: u8 = 0; }");
    let arranged = book.items.arrange(GENERATED, 3, &BTreeSet::new());
    let lines: Vec<&str> = arranged.text.lines().map(str::trim_end).collect();
    let expected = [
        "#![allow(dead_code)]",
        "use std::fmt;",
        "struct S;",
        "",
        "",
        "impl S { fn a() {} }",
        "",
        "",
        "#[unsafe(no_mangle)]",
        "pub extern \"C\" fn run_user_code_1(",
        "evcxr_variable_store: *mut u8) -> *mut u8 {",
        "",
        "",
        "",
        "evcxr_variable_store",
        "}",
        arrange::MORE,
        "thread_local! { static A: u8 = 0; }",
        "macro_rules! m { () => {} } pub(crate) use m;",
        "fn gone() {}",
    ];
    assert_eq!(lines, expected);
    assert!(arranged.is_earlier(2) && !arranged.is_earlier(17) && arranged.is_earlier(18));
}

fn error(code: &str, line: u64, reason: &str) -> String {
    serde_json::json!({
        "level": "error", "code": {"code": code}, "message": reason,
        "spans": [{"file_name": "src/lib.rs", "line_start": line, "is_primary": true, "expansion": null}],
    })
    .to_string()
}

#[test]
fn what_no_longer_compiles_goes_by_method() {
    let mut book = Notebook::new();
    book.run("struct S;")
        .run("impl S {\nfn a() {}\nfn b() {}\n}\nfn f() {}")
        .run("struct S { x: u8 }");
    let arranged = book.items.arrange(
        "#[unsafe(no_mangle)]\npub extern \"C\" fn run_user_code_1(\n) {}\n",
        3,
        &BTreeSet::new(),
    );
    let at = |text: &str| arranged.text.lines().position(|line| line == text).unwrap() as u64 + 1;
    let messages = [
        error("E0609", at("fn b() {}"), "no field `y`"),
        error("E0425", at("fn f() {}"), "no f"),
        error("E0425", at("struct S { x: u8 }"), "of the cell itself"),
    ];
    let fallen = book.items.drop_unfit(&arranged, &messages.join("\n"), 3);
    let names: Vec<(&str, u32, &str)> = fallen
        .iter()
        .map(|Fallen { name, cell, reason }| (name.as_str(), *cell, reason.as_str()))
        .collect();
    assert_eq!(names, [("S::b", 2, "no field `y`"), ("f", 2, "no f")]);
    assert_eq!(
        book.texts(),
        ["impl S {\nfn a() {}\n         \n}", "struct S { x: u8 }"]
    );
}

#[test]
fn in_a_circle_nobody_is_to_blame() {
    let mut book = Notebook::new();
    book.run("struct A(B);").run("struct B(A);");
    let arranged = book.items.arrange(
        "#[unsafe(no_mangle)]\npub extern \"C\" fn run_user_code_1(\n) {}\n",
        2,
        &BTreeSet::new(),
    );
    for line in 1..8 {
        assert_eq!(
            book.items
                .drop_unfit(&arranged, &error("E0072", line, "recursive"), 2),
            []
        );
    }
}

#[test]
fn an_import_of_what_is_gone_falls_and_a_wrong_one_does_not() {
    let mut book = Notebook::new();
    book.run("mod m { pub fn f() {} }\nuse m::f;")
        .run("mod m {}\nuse m::g;");
    let source =
        "use m::f;\nuse m::g;\n#[unsafe(no_mangle)]\npub extern \"C\" fn run_user_code_1(\n) {}\n";
    let arranged = book.items.arrange(source, 2, &BTreeSet::new());
    let messages = [error("E0432", 1, "no f"), error("E0432", 2, "no g")].join("\n");
    let fallen = book.items.drop_unfit(&arranged, &messages, 2);
    let names: Vec<(&str, u32)> = fallen
        .iter()
        .map(|it| (it.name.as_str(), it.cell))
        .collect();
    assert_eq!(names, [("use m::f", 1)]);
    let arranged = book.items.arrange(source, 2, &BTreeSet::new());
    let lines: Vec<&str> = arranged.text.lines().map(str::trim).collect();
    assert_eq!(lines[..2], ["", "use m::g;"]);
}

#[test]
fn imports_without_a_name_stand_side_by_side_and_fall_alone() {
    let mut book = Notebook::new();
    book.run("mod m { pub trait Write {} }\ntrait Write {}")
        .run("use m::Write as _;\nuse std::{fmt::Write as _, io};")
        .run("mod m {}");
    let lines = book.items.import_lines();
    let expected = [
        "use std::io;",
        "use m::Write as _;",
        "use std::fmt::Write as _;",
    ];
    assert_eq!(
        BTreeSet::from_iter(lines),
        expected.map(String::from).into()
    );
    let source = "use m::Write as _;\nuse std::fmt::Write as _;\n#[unsafe(no_mangle)]\npub extern \"C\" fn run_user_code_1(\n) {}\n";
    let arranged = book.items.arrange(source, 3, &BTreeSet::new());
    assert!(
        arranged.text.contains("trait Write {}"),
        "{}",
        arranged.text
    );
    let fallen = book
        .items
        .drop_unfit(&arranged, &error("E0432", 1, "no Write"), 3);
    assert_eq!(fallen.len(), 1);
    assert_eq!(fallen[0].name, "use m::Write as _");
}

#[test]
fn a_cell_is_compiled_with_what_it_leads_to() {
    let mut book = Notebook::new();
    book.run("struct A { b: B }\nstruct B;\nimpl Display for A {}\nfn f(n: u8) -> A { g(n) }\nfn g(n: u8) -> A { A { b: B } }")
        .run("trait Area { fn area(&self) -> f64; }\nimpl Area for B {}\nfn h() {}\n#[derive(Serialize)]\n#[serde(with = \"h\")]\nstruct C;")
        .run("lazy_static! { static ref TABLE: usize = k(); }\nfn k() -> u8 { 1 }\nsome!{ 3 }");
    let left = |book: &Notebook, code: &str, kinds: &[&str]| {
        let kinds = kinds.iter().map(|kind| (*kind).to_owned()).collect();
        let mut next = Notebook {
            items: book.items.clone(),
            serial: book.serial,
        };
        next.run(code);
        let left_out = next.items.unreached(next.serial, code, &kinds);
        let titles = left_out
            .iter()
            .map(|index| next.items.items[*index].title());
        titles.collect::<Vec<_>>()
    };
    let only = |code: &str, kinds: &[&str], expected: &[&str]| {
        let all = [
            "A",
            "B",
            "impl Display for A",
            "f",
            "g",
            "Area",
            "impl Area for B",
            "h",
            "C",
            "TABLE",
            "k",
        ];
        let left_out = left(&book, code, kinds);
        let found: Vec<&str> = all
            .into_iter()
            .filter(|it| !left_out.iter().any(|out| out == it))
            .collect();
        assert_eq!(found, expected, "{code}");
    };
    only("1 + 1", &[], &[]);
    only(
        "g(1)",
        &[],
        &[
            "A",
            "B",
            "impl Display for A",
            "g",
            "Area",
            "impl Area for B",
        ],
    );
    only("x.area()", &[], &["B", "Area", "impl Area for B"]);
    only("c", &["C"], &["h", "C"]);
    only("println!(\"{TABLE}\")", &[], &["TABLE", "k"]);
    // What speaks of something that is defined anew has to fit it.
    only("fn k() -> u8 { 2 }", &[], &["TABLE", "k"]);
    only(
        "use other::*;",
        &[],
        &[
            "A",
            "B",
            "impl Display for A",
            "f",
            "g",
            "Area",
            "impl Area for B",
            "h",
            "C",
            "TABLE",
            "k",
        ],
    );
}

#[test]
fn a_type_that_is_only_laid_out_in_another_way_is_the_same() {
    let mut book = Notebook::new();
    book.run("struct P { x: u8 }\nstatic S: Option<P> = None;");
    let before = book.generation("S");
    book.run("#[derive(Debug)]\nstruct P {\n    x: u8, // so\n}");
    assert_eq!(book.generation("S"), before);
    book.run("struct P { x: (u8,) }");
    assert_ne!(book.generation("S"), before);
}
