"""Runs small sessions on two kernels and lists where they differ.

    python compare_kernels.py [KERNEL] [OTHER]      (fearless and evcxr, if nothing is said)

The sessions are what evcxr's own test suite is about, written anew. They ask what a person would notice: whether a
cell succeeds, its value, and what it prints.
"""

import os
import re
import sys

from fearless_client.result import REPORT_MIME

SESSIONS = {
    "a value": ["1 + 1"],
    "a variable in a later cell": ["let mut a = 3;", "a += 1;", "a"],
    "a let without its semicolon": ["let b = 5", "b"],
    "printing": ['println!("out"); eprintln!("err"); print!("half");', 'println!("a\\nb");'],
    "shared cells": ["use std::{cell::RefCell, rc::Rc}; let r = Rc::new(RefCell::new(5));", "*r.borrow_mut() += 1;", "r.borrow().clone()"],
    "a function in a later cell": ["pub fn twice(n: u32) -> u32 { n * 2 }", "twice(21)"],
    "a function edited": ["fn f() -> u32 { 1 }", "f()", "fn f() -> u32 { 2 }", "f()"],
    "variables after a panic": ["let a = vec![1];", "let b = a.len(); panic!()", "a", "b"],
    "a variable moved away": ["let a = String::from(\"x\");", "drop(a);", "a", "let a = 1; a"],
    "a variable moved in a condition": ["let a = String::from(\"x\");", "if false { drop(a); }", "a"],
    "moved and assigned again": ["let mut s = String::from(\"a\");", "s = s + \"b\";", "s"],
    "a statement and a value": ["let a = 2; a * 3"],
    "a use that is wrong": ["use nothing::here;", "1"],
    "a use in a later cell": ["use std::collections::HashMap;", "HashMap::<u8, u8>::new().len()"],
    "one use after another of one name": ["use std::fmt::Result;", "use std::io::Result;", "fn f() -> Result<u8> { Ok(1) }\nf().is_ok()"],
    "a struct and its methods": ["struct P { x: i32 }\nimpl P { fn x(&self) -> i32 { self.x } }", "let p = P { x: 3 };", "p.x()"],
    "a struct defined anew": ["#[derive(Debug)] struct P { x: i32 } let p = P { x: 1 };", "#[derive(Debug)] struct P { y: i32 }", "p", "P { y: 2 }"],
    "an enum and a match": ["enum E { A, B(u8) } let e = E::B(4);", "match e { E::A => 0, E::B(n) => n }"],
    "an alias": ["type N = Vec<u8>;", "let n: N = vec![1];", "n"],
    "a trait and a boxed object": ["trait T { fn t(&self) -> u8; } impl T for u8 { fn t(&self) -> u8 { *self } }", "let t: Box<dyn T> = Box::new(7u8);", "t.t()"],
    "generic": ["fn same<T>(t: T) -> T { t }", "(same(1), same(\"a\"))"],
    "an impl run again": ["struct S; impl S { fn n(&self) -> u8 { 1 } }", "impl S { fn n(&self) -> u8 { 2 } }", "S.n()"],
    "a macro": ["macro_rules! m { ($a:expr) => { $a + 1 }; }", "m!(4)"],
    "a module": ["mod m { pub fn f() -> u8 { 8 } pub mod n { pub fn g() -> u8 { super::f() } } }", "m::n::g()"],
    "a static": ["use std::sync::atomic::{AtomicU8, Ordering::SeqCst}; static N: AtomicU8 = AtomicU8::new(1);", "N.fetch_add(1, SeqCst)", "N.load(SeqCst)"],
    "a static mut": ["static mut N: u8 = 1;", "unsafe { N += 1 }", "unsafe { N }"],
    "a const": ["const N: usize = 3;", "[0u8; N]"],
    "a question mark": ["let n: u8 = \"4\".parse()?;", "n", "let m: u8 = \"x\".parse()?;", "n"],
    "an early return": ["let n = 1;", "if n == 1 { return; }\nprintln!(\"on\");", "n"],
    "a closure kept": ["let k = 3; let f = move |n: i32| n * k;", "f(5)"],
    "an iterator kept": ["let it = (0..4).map(|n| n * n);", "it.collect::<Vec<_>>()"],
    "partly inferred": ["let v: Vec<_> = (0..3u8).collect();", "v"],
    "a tuple taken apart": ["let (a, mut b) = (1, String::from(\"x\"));", "b.push('y'); (a, b.clone())"],
    "a struct taken apart": ["struct P { x: u8, y: u8 } let P { x, y: z } = P { x: 1, y: 2 };", "(x, z)"],
    "a let else": ["let Some(n) = Some(4) else { panic!() };", "n"],
    "a reference to a literal": ["let s = \"abc\"; let t = &s[1..];", "t"],
    "shadowed with another type": ["let a = 1;", "let a = a.to_string();", "a"],
    "a display of its own": ["struct H; impl H { fn evcxr_display(&self) { println!(\"EVCXR_BEGIN_CONTENT text/html\\n<b>h</b>\\nEVCXR_END_CONTENT\"); } }", "H"],
    "no Debug": ["struct S;", "S", "1"],
    "a thread": ["let t = std::thread::spawn(|| 4);", "t.join().unwrap()"],
    "a channel over cells": ["let (tx, rx) = std::sync::mpsc::channel::<u8>();", "std::thread::spawn(move || tx.send(6).unwrap());", "rx.recv().unwrap()"],
    "a process that ends": ["let a = 1;", "std::process::exit(1)", "2", "a"],
    "an attribute on the cell": ["#![allow(dead_code)]\nfn f() {}", "f()"],
    "documentation": ["/// Says four.\nfn four() -> u8 { 4 }", "four()"],
    "raw identifiers": ["let r#type = 1;", "r#type + 1"],
    "non-ASCII": ["let größe = \"é🦀\";", "größe.chars().count()"],
    "a type error": ["let a: u8 = \"x\";", "1"],
    "a syntax error": ["let a = ;", "fn f( {", "1"],
    "a long text": ["\"x\".repeat(100_000).len()"],
    "an impl of a trait of std": ["#[derive(Debug)] struct D; impl Drop for D { fn drop(&mut self) { println!(\"dropped\"); } }", "let d = D;", "drop(d);"],
    "a nested function": ["fn a() -> u8 { fn b() -> u8 { 3 } b() + 1 }", "a()"],
    "associated items": ["trait A { const N: u8; type O: Default; } struct S; impl A for S { const N: u8 = 2; type O = u8; }", "<S as A>::N + <S as A>::O::default()"],
    "await": [":dep tokio = { version = \"1\", features = [\"rt\", \"rt-multi-thread\"] }", "async fn f() -> u8 { 5 }", "f().await", "let n = f().await;", "n"],
    "await, then a runtime of one's own": ["async fn f() -> u8 { 5 }", "f().await", "tokio::runtime::Runtime::new().unwrap().block_on(f())"],
    "a dependency": [":dep itoa = \"1\"", "itoa::Buffer::new().format(17).to_owned()"],
    "a dependency that isn't there": [":dep no-such-crate-as-this = \"1\"", "1 + 1"],
}  # fmt: skip


def normal(result) -> tuple[str, str, str]:
    """What a person would compare."""
    shown = result.of_type("execute_result", "display_data")
    values = [bundle["data"] for bundle in shown if REPORT_MIME not in bundle["data"]]
    value = " ".join(str(data.get("text/html", data.get("text/plain", ""))) for data in values)
    printed = "\n".join(result.lines).strip()
    return result.status, re.sub(r"\s+", " ", value), re.sub(r"\s+", " ", printed)


def main(kernels: list[str]) -> int:
    found = {}
    for kernel in kernels:
        os.environ["FEARLESS_TEST_KERNEL"] = kernel
        # It is read when the module is loaded.
        for module in [name for name in sys.modules if name.startswith("fearless_client")]:
            del sys.modules[module]
        from fearless_client import Kernel

        for name, cells in SESSIONS.items():
            with Kernel() as session:
                found[kernel, name] = [normal(session.run(cell, timeout=600)) for cell in cells]
    differences = 0
    for name, cells in SESSIONS.items():
        for cell, one, other in zip(cells, *(found[kernel, name] for kernel in kernels)):
            if one != other:
                differences += 1
                print(f"{name}: {cell!r}")
                for kernel, seen in zip(kernels, (one, other)):
                    print(f"    {kernel}: {' | '.join(seen)}")
    print(f"{len(SESSIONS)} sessions, {differences} cells differ")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or ["fearless", "evcxr"]))
