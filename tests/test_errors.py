"""What a mistake shows: rustc's own words about the cell's lines, and none of what stands around the cell."""

import re

import pytest

from fearless_client import Kernel

EARLIER = [
    'let numbers = vec![1, 2, 3];\nlet name = String::from("Ada");\nlet count: i32 = 5;',
    "macro_rules! square { ($e:expr) => { $e * $e }; }",
]

INNER = re.compile(
    r"evcxr|fearless_|src/lib\.rs|run_user_code|vars_ok|ctx::|generated code|variable_store|/tmp/"
    r"|program_[0-9a-f]"
)

# The cell, the error's name, and what its text says.
MISTAKES = [
    ("let a = 5", "compile error", ["expected `;`, found the end of the cell", ":1:10"]),
    ("let a = 5\nlet b = 6;", "compile error", ["expected `;`, found keyword `let`"]),
    ('println!("x"', "syntax error", ["this `(` is never closed", ":1:9"]),
    ("fn f( {", "syntax error", ["this `{` is never closed", ":1:7"]),
    ("\nlet v = vec![1, 2;", "syntax error", ["this `[` is never closed", ":2:13"]),
    ('let s = "open', "syntax error", ["this string is never closed", ":1:9"]),
    ("1; /* open", "syntax error", ["this comment is never closed", ":1:4"]),
    ("f(1))", "syntax error", ["this `)` does not close anything", ":1:5"]),
    ("let x == 5;", "compile error", ["try using `=` instead"]),
    ("let x = square!();", "compile error", ["missing tokens in macro arguments"]),
    ("nosuch!(1);", "compile error", ["cannot find macro `nosuch`"]),
    ("numbers.push(4);", "E0596", ["`let mut numbers = numbers;` declares it anew"]),
    ("count = 6;", "E0384", ["`let mut count = count;` declares it anew"]),
    ("fn uses() -> i32 { count }", "E0425", ["functions and constants cannot see"]),
    ("const C: i32 = count;", "E0425", ["hand it over as an argument"]),
    ("let word: String = count;", "E0308", ["expected `String`, found `i32`"]),
    ("drop(numbers); numbers.len()", "E0382", ["value moved here"]),
    ("name.nosuch()", "E0599", ["| name.nosuch()", "method not found in `String`"]),
    ("let borrowed: &'static str = &name;", "E0597", ["variables are kept for later cells"]),
    ("use serde::Serialize;", "E0432", ["write `:dep serde`"]),
    ("fn longest(a: &str, b: &str) -> &str { a }", "E0106", ["expected named lifetime parameter"]),
    ("fn f() { std::future::ready(1).await; }", "E0728", ["only allowed inside `async`"]),
    ("match count { 1 => 2 }", "E0004", ["not covered"]),
    ("let m = Mutex::new(0);", "E0433", ["write `use std::sync::Mutex;` first"]),
    ("thread::spawn(|| {});", "E0433", ["write `use std::thread;` first"]),
    ("let taps = AtomicUsize::new(0);", "E0433", ["write `use std::sync::atomic::AtomicUsize;` first"]),
    ("let ages: HashMap<String, u32>;", "E0425", ["write `use std::collections::HashMap;` first"]),
    ("struct D; impl Nope for D {}", "E0405", ["cannot find trait `Nope`"]),
    ("std::thread::spawn(|| numbers.len());", "E0373", ["lesson 01"]),
    (
        'static LAZY: std::sync::LazyLock<u32> = std::sync::LazyLock::new(|| panic!("once"));\n'
        "let _ = std::panic::catch_unwind(|| *LAZY);\n*LAZY",
        "panic",
        ["previously been poisoned", "line 3"],
    ),
    (
        "let one = std::rc::Rc::new(1);\nstd::thread::spawn(move || *one);",
        "E0277",
        ["lesson 04", ":2:20"],
    ),
]


@pytest.fixture(scope="module")
def kernel():
    with Kernel() as kernel:
        for cell in EARLIER:
            kernel.ok(cell)
        yield kernel


@pytest.mark.parametrize(("code", "ename", "says"), MISTAKES, ids=[code for code, *_ in MISTAKES])
def test_mistake(kernel, code, ename, says):
    result = kernel.run(code).failed(ename)
    text = result.error_text
    for part in says:
        assert part in text, text
    assert not INNER.search(text), text
    # The macro of an earlier cell isn't used: that is no business of this cell.
    assert "warning" not in text, text
    assert "\n" not in result.error["evalue"] and f"[{result.count}]" in text
    assert kernel.ok("numbers.len() + name.len() + count as usize").value == "11"


def test_documentation_on_the_first_line_is_kept(kernel):
    kernel.ok("/// Twice as much.\nfn twice(n: i32) -> i32 { n * 2 }")
    shown = kernel.ask("inspect_request", {"code": "twice", "cursor_pos": 2, "detail_level": 0})
    assert "Twice as much." in shown["content"]["data"]["text/plain"]
    # Where no item follows, it is a comment like others.
    assert kernel.ok("/// Half of it.\n84 / 2").value == "42"


def test_a_backtrace_longer_than_a_frame_is_read_whole():
    with Kernel(RUST_BACKTRACE="1") as kernel:
        deep = 'fn deep(n: u32) { if n == 0 { panic!("down") } deep(n - 1); std::hint::black_box(n); }'
        kernel.ok(deep)
        result = kernel.ok("let _ = std::thread::spawn(|| deep(300)).join();")
        assert result.stderr.splitlines() == ["T2│ panicked at [1], line 1: down", "T2│   in deep"]


def test_a_crate_that_does_not_compile_is_shown_with_its_file(kernel, tmp_path):
    (tmp_path / "src").mkdir()
    (tmp_path / "Cargo.toml").write_text('[package]\nname = "unready"\nversion = "0.1.0"\nedition = "2024"\n')
    source = tmp_path / "src" / "lib.rs"
    source.write_text("pub fn next(n: u32) -> u32 {\n    n +\n}\n")
    dependency = f':dep unready = {{ path = "{tmp_path}" }}'
    refused = kernel.run(dependency)
    assert "expected expression" in refused.error_text
    assert f"{source}:3:1" in refused.error_text
    source.write_text("pub fn next(n: u32) -> u32 {\n    n + 1\n}\n")
    kernel.ok(dependency)
    assert kernel.ok("unready::next(1)").value == "2"
