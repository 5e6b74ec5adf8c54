//# title: misspelt names, wrong types and missing parts are found where they stand
let count = 1; cuont + 1
//# error: error[E0425]: cannot find value `cuont` in this scope
//# error: --> [1]:1:16
//# error: count + 1
//# cell
prinltn!("x");
//# error: cannot find macro `prinltn` in this scope
//# error: println!("x");
//# cell
println!("{} {}", 1);
//# error: 2 positional arguments in format string, but there is 1 argument
//# cell
let text = "a"; text.pusch('b');
//# error: error[E0599]: no method named `pusch` found
//# error: --> [4]:1:22
//# cell
use std::collections::Hashmap;
//# error: error[E0432]: unresolved import `std::collections::Hashmap`
//# error: use std::collections::HashMap;
//# cell
let x: i32 = "five";
//# error: error[E0308]: mismatched types
//# error: --> [6]:1:14
//# cell
fn add(a: i32, b: i32) -> i32 { a + b }
add(1)
//# error: error[E0061]: this function takes 2 arguments but 1 argument was supplied
//# error: --> [7]:2:1
//# cell
fn sum(a: i32, b: i32) -> i32 { a + b; }
//# error: remove this semicolon to return this value
//# cell
let small: u8 = 256;
//# error: literal out of range for `u8`
//# cell
let half = if true { 1 };
//# error: error[E0317]: `if` may be missing an `else` clause
//# cell
enum Color { Red, Green }
match Color::Red { Color::Red => 1 }
//# error: error[E0004]: non-exhaustive patterns: `Color::Green` not covered
//# error: --> [11]:2:7
//# cell
struct Point { x: i32 }
let p = Point { x: 1, y: 2 };
//# error: error[E0560]: struct `Point` has no field named `y`
//# cell
mod bank { pub struct Account { balance: i32 } impl Account { pub fn new() -> Account { Account { balance: 1 } } fn close(&self) {} } }
bank::Account::new().balance
//# error: error[E0616]: field `balance` of struct `Account` is private
//# error: --> [13]:2:22
//# cell
fn main() { let x: i32 = "a"; }
main()
//# error: --> [14]:1:26
//# cell
macro_rules! twice { ($e:expr) => { $e; $e } }
twice!(1, 2)
//# error: no rules expected `,`
//# error: --> [15]:2:9
//# cell
impl std::fmt::Display for Vec<i32> {}
//# error: E0117
//# cell
for i in 5 { println!("{i}"); }
//# error: error[E0277]: `{integer}` is not an iterator
//# error: --> [17]:1:10
