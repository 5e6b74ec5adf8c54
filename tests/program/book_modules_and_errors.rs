//# title: modules, collections, errors
mod front_of_house { pub mod hosting { pub fn add_to_waitlist() -> &'static str { "added" } fn seat() {} } }
pub fn eat_at_restaurant() -> &'static str { crate::front_of_house::hosting::add_to_waitlist() }
mod back_of_house { #[derive(Debug)] pub struct Breakfast { pub toast: String, fruit: String } impl Breakfast { pub fn summer(toast: &str) -> Breakfast { Breakfast { toast: String::from(toast), fruit: String::from("peaches") } } } pub enum Appetizer { Soup, Salad } fn fix() { super::eat_at_restaurant(); } }
//# cell
use front_of_house::hosting;
(eat_at_restaurant(), hosting::add_to_waitlist())
//# shows: ("added", "added")
//# cell
let mut meal = back_of_house::Breakfast::summer("Rye"); meal.toast = String::from("Wheat");
meal.fruit
//# error: field `fruit` of struct `Breakfast` is private
//# cell
hosting::seat()
//# error: function `seat` is private
//# cell
use std::fmt::{self, Display}; use std::io::{Result as IoResult, Write}; use std::collections::*;
let mut out = Vec::new(); let r: IoResult<()> = writeln!(out, "x"); r.is_ok()
//# shows: true
//# cell
let mut v: Vec<i32> = Vec::new(); v.push(5); v.extend([6, 7, 8]); let third: &i32 = &v[2];
println!("{third}"); for i in &mut v { *i += 50; }
v.get(100)
//# shows: None
//# cell
v
//# shows: [55, 56, 57, 58]
//# cell
let first = &v[0]; v.push(6); println!("{first}");
//# error: cannot borrow `v` as mutable because it is also borrowed as immutable
//# cell
enum Cell { Int(i32), Text(String) } let row = vec![Cell::Int(3), Cell::Text("blue".into())];
row.iter().map(|c| match c { Cell::Int(n) => *n as usize, Cell::Text(t) => t.len() }).sum::<usize>()
//# shows: 7
//# cell
let hello = String::from("Здравствуйте"); let s = &hello[0..4];
println!("{s}"); let h = hello.chars().rev().collect::<String>(); h[0]
//# error: the type `str` cannot be indexed by `{integer}`
//# cell
let bad = &hello[0..1];
//# error: hello
//# cell
let hello = String::from("Здравствуйте");
&hello[0..1]
//# error: byte index 1 is not a char boundary
//# cell
let mut scores = HashMap::new(); scores.insert(String::from("Blue"), 10); scores.entry(String::from("Yellow")).or_insert(50);
let mut map = HashMap::new(); for word in "hello world wonderful world".split_whitespace() { *map.entry(word).or_insert(0) += 1; }
let mut all: Vec<_> = map.into_iter().collect(); all.sort();
(scores.get("Blue").copied().unwrap_or(0), all)
//# shows: (10, [("hello", 1), ("wonderful", 1), ("world", 2)])
//# cell
use std::fs::File; use std::io::{self, ErrorKind, Read};
let f = File::open("no such file"); let kind = match &f { Ok(_) => "ok", Err(e) => match e.kind() { ErrorKind::NotFound => "not found", _ => "other" } };
kind
//# shows: "not found"
//# cell
let greeting_file = File::open("no such file").expect("hello.txt should be included in this project");
//# error: hello.txt should be included in this project: Os { code: 2
//# cell
fn read_username() -> Result<String, io::Error> { let mut s = String::new(); File::open("no such file")?.read_to_string(&mut s)?; Ok(s) }
let name = read_username()?;
//# error: No such file or directory
//# cell
fn last_char(t: &str) -> Option<char> { t.lines().next()?.chars().last() }
(last_char("Hello\nx"), last_char(""))
//# shows: (Some('o'), None)
//# cell
pub struct Guess { value: i32 } impl Guess { pub fn new(value: i32) -> Guess { if !(1..=100).contains(&value) { panic!("Guess value must be between 1 and 100, got {value}."); } Guess { value } } }
Guess::new(200).value
//# error: Guess value must be between 1 and 100, got 200.
//# cell
fn main() -> Result<(), Box<dyn std::error::Error>> { let n: i32 = "12".parse()?; println!("{n}"); Ok(()) }
main()?;
//# prints: 12
