//# title: generics, traits, lifetimes, tests, closures, iterators
fn largest<T>(list: &[T]) -> &T { let mut l = &list[0]; for i in list { if i > l { l = i; } } l }
//# error: binary operation `>` cannot be applied to type `&T`
//# cell
fn largest<T: PartialOrd>(list: &[T]) -> &T { let mut l = &list[0]; for i in list { if i > l { l = i; } } l }
(largest(&[34, 50, 25]), largest(&['y', 'm']))
//# shows: (50, 'y')
//# cell
struct Point<X, Y> { x: X, y: Y }
impl<X, Y> Point<X, Y> { fn mixup<A, B>(self, o: Point<A, B>) -> Point<X, B> { Point { x: self.x, y: o.y } } }
impl Point<f32, f32> { fn dist(&self) -> f32 { (self.x.powi(2) + self.y.powi(2)).sqrt() } }
let p = Point { x: 5, y: 10.4 }.mixup(Point { x: "Hello", y: 'c' });
(p.x, p.y, Point { x: 3f32, y: 4f32 }.dist())
//# shows: (5, 'c', 5.0)
//# cell
pub trait Summary { fn author(&self) -> String; fn summarize(&self) -> String { format!("(Read more from {}...)", self.author()) } }
pub struct Tweet { pub username: String } impl Summary for Tweet { fn author(&self) -> String { format!("@{}", self.username) } }
//# cell
fn notify(item: &impl Summary) -> String { format!("Breaking! {}", item.summarize()) }
fn returns() -> impl Summary { Tweet { username: "horse".into() } }
notify(&returns())
//# shows: "Breaking! (Read more from @horse...)"
//# cell
let tweet = returns();
//# cell
tweet.summarize()
//# shows: "(Read more from @horse...)"
//# cell
impl<T: std::fmt::Display> Summary for T { fn author(&self) -> String { self.to_string() } }
//# cell
5.summarize()
//# shows: "(Read more from 5...)"
//# cell
let r; { let x = 5; r = &x; } println!("r: {r}");
//# error: `x` does not live long enough
//# cell
fn longest(x: &str, y: &str) -> &str { if x.len() > y.len() { x } else { y } }
//# error: missing lifetime specifier
//# cell
fn longest<'a>(x: &'a str, y: &'a str) -> &'a str { if x.len() > y.len() { x } else { y } }
let s1 = String::from("long string is long"); let result; { let s2 = String::from("xyz"); result = longest(&s1, &s2); }
println!("{result}");
//# error: `s2` does not live long enough
//# cell
#[derive(Debug)] struct Excerpt<'a> { part: &'a str } impl<'a> Excerpt<'a> { fn level(&self) -> i32 { 3 } }
let novel = String::from("Call me. Some years ago"); let first = Excerpt { part: novel.split('.').next().unwrap() };
first.level()
//# shows: 3
//# says: `first` is not kept for later cells: it borrows from `novel`
//# cell
let e = Excerpt { part: "static" };
//# cell
e
//# shows: Excerpt { part: "static" }
//# cell
pub fn add(left: u64, right: u64) -> u64 { left + right }
#[cfg(test)] mod tests { use super::*; #[test] fn it_works() { assert_eq!(add(2, 2), 4); } #[test] #[should_panic(expected = "no")] fn another() { panic!("no"); } }
//# cell
add(1, 2)
//# shows: 3
//# cell
#[test]
fn adds() { assert_eq!(add(2, 2), 5, "adding {}", 2); }
//# cell
adds()
//# error: adds
//# cell
assert_eq!(add(2, 2), 5, "adding {}", 2);
//# error: adding 2
//# cell
#[derive(Debug, PartialEq, Copy, Clone)] enum Shirt { Red, Blue } struct Inventory { shirts: Vec<Shirt> }
impl Inventory { fn giveaway(&self, p: Option<Shirt>) -> Shirt { p.unwrap_or_else(|| self.most()) } fn most(&self) -> Shirt { let red = self.shirts.iter().filter(|s| **s == Shirt::Red).count(); if red * 2 > self.shirts.len() { Shirt::Red } else { Shirt::Blue } } }
let store = Inventory { shirts: vec![Shirt::Blue, Shirt::Red, Shirt::Blue] };
(store.giveaway(Some(Shirt::Red)), store.giveaway(None))
//# shows: (Red, Blue)
//# cell
let expensive = |num: u32| -> u32 { num + 1 }; let example = |x| x;
let s = example(String::from("hello")); let n = expensive(4);
//# cell
(expensive(1), example(String::from("a")))
//# shows: (2, "a")
//# cell
let example = |x| x; let s = example(String::from("hello")); let n = example(5);
//# error: mismatched types
//# cell
let mut list = vec![1, 2, 3]; let mut borrows_mutably = || list.push(7); borrows_mutably(); println!("{list:?}");
std::thread::spawn(move || println!("from thread: {list:?}")).join().unwrap();
//# says: `borrows_mutably` is not kept for later cells: it borrows from `list`
//# cell
list
//# error: `list` was moved in
//# cell
struct Counter { count: u32 } impl Iterator for Counter { type Item = u32; fn next(&mut self) -> Option<u32> { if self.count < 5 { self.count += 1; Some(self.count) } else { None } } }
let c = Counter { count: 0 };
//# cell
c.zip(Counter { count: 0 }.skip(1)).map(|(a, b)| a * b).filter(|x| x % 3 == 0).sum::<u32>()
//# shows: 18
//# cell
let v1 = vec![1, 2, 3]; let it = v1.iter(); let total: i32 = it.sum(); v1.iter().map(|x| x + 1);
total
//# shows: 6
