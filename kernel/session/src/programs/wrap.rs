//! A cell's code as the source of a program.

use crate::runtime::descriptors::PROGRAM_ENTRY;
use crate::source::dialect::{UNSAFE_CODE, as_our_crate};
use crate::source::source_map::CellSource;

/// How a cell's code becomes a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// It defines `fn main()`, and has no statement outside of items.
    Main,
    /// It is the body of `main`.
    Body,
}

impl Shape {
    /// What the code looks like.
    pub(crate) fn of(code: &str) -> Shape {
        let source = CellSource::new(0, code);
        // Statements beside it may call it.
        match (source.definition("main"), source.first_statement()) {
            (Some(_), None) => Shape::Main,
            _ => Shape::Body,
        }
    }
}

/// Why a cell's code, or that of a `file`, is no program for `:main` or `fearless run`, and what to
/// do.
pub(super) fn no_program(code: &str, file: Option<&str>) -> String {
    let source = CellSource::new(0, code);
    match (source.definition("main"), source.first_statement(), file) {
        (Some(_), Some(line), _) => {
            let command = file.map_or("`:main`", |_| "`fearless run`");
            format!(
                "{command} calls `fn main()` itself, and line {line} is a statement beside it: take that line away, or put it into `main`"
            )
        }
        (_, _, Some(file)) => format!(
            "`fearless run` runs a whole program, and `{file}` has no `fn main()`: put its statements into one"
        ),
        _ => "`:main` runs a whole program, and this cell has no `fn main()`: put its statements into one, or take `:main` away".into(),
    }
}

/// The source of a program. The cell's lines keep their numbers: what is added stands beside its
/// first line, which is that of `:main` or `:repeat`, or after the last.
pub(crate) fn wrap(code: &str, shape: Shape) -> String {
    let code = as_our_crate(code);
    let allowed = match code.contains(UNSAFE_CODE) {
        true => "#[allow(unsafe_code)] ",
        false => "",
    };
    match shape {
        Shape::Main => format!("{code}\n{}", TAIL.replace("PROGRAM", "main()")),
        Shape::Body => format!(
            "fn fearless_body() -> FearlessResult {{ let value = {{{code}\n}};
(&FearlessValue(value)).fearless_show(); Ok(()) }}\n{}",
            TAIL.replace("PROGRAM", "fearless_body()")
        ),
    }
    .replace("ALLOWED", allowed)
    .replace("ENTRY", PROGRAM_ENTRY)
}

/// How a program begins and ends; `PROGRAM` is a call, `ENTRY` what the runtime calls, `ALLOWED`
/// what lets it be where the program says something of unsafe code.
const TAIL: &str = r#"
type FearlessResult = ::std::result::Result<(), ::std::boxed::Box<dyn ::std::error::Error>>;
struct FearlessValue<T>(T);
trait FearlessShow { fn fearless_show(&self); }
trait FearlessHide { fn fearless_show(&self) {} }
impl<T: ::std::fmt::Debug> FearlessShow for FearlessValue<T> {
    fn fearless_show(&self) {
        let text = ::std::format!("{:?}", self.0);
        if text != "()" { ::std::println!("{}", text); }
    }
}
impl<T> FearlessHide for &FearlessValue<T> {}

#[diagnostic::on_unimplemented(
    message = "`main` returns `{Self}`, with which a program can't end",
    note = "`main` may return `()`, an `ExitCode`, or a `Result` of these whose error implements `Debug`"
)]
trait FearlessExit { fn code(self) -> i32; }
trait FearlessReturn { type Value; }
impl<T> FearlessReturn for fn() -> T { type Value = T; }
impl FearlessExit for () { fn code(self) -> i32 { 0 } }
impl FearlessExit for <fn() -> ! as FearlessReturn>::Value { fn code(self) -> i32 { self } }
impl FearlessExit for ::std::process::ExitCode {
    fn code(self) -> i32 {
        // The only way to look into one.
        (0..=u8::MAX).find(|&code| ::std::process::ExitCode::from(code) == self).map_or(1, i32::from)
    }
}
impl<T: FearlessExit, E: ::std::fmt::Debug> FearlessExit for ::std::result::Result<T, E> {
    fn code(self) -> i32 {
        match self {
            Ok(value) => value.code(),
            Err(error) => {
                ::std::eprintln!("Error: {:?}", error);
                ::std::println!("{}", evcxr_internal_runtime::USER_ERROR_OCCURRED);
                // Exit code 1, and told from what an `ExitCode` can be: `RETURNED_ERROR` of package
                // `control`.
                0x101
            }
        }
    }
}
mod evcxr_internal_runtime {
    pub const USER_ERROR_OCCURRED: &str = "EVCXR_ERROR_OCCURRED";
}
ALLOWED#[unsafe(no_mangle)]
pub extern "C" fn ENTRY() -> i32 {
    match ::std::panic::catch_unwind(|| FearlessExit::code(PROGRAM)) {
        Ok(code) => code,
        Err(_) => { ::std::println!("EVCXR_PANIC_NOTIFICATION"); 101 }
    }
}
"#;
