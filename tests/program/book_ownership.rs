//# title: variables, functions, flow, ownership, slices
let x = 5;
println!("The value of x is: {x}");
let x = x + 1;
{ let x = x * 2; println!("inner {x}"); }
println!("outer {x}");
//# prints: The value of x is: 5\ninner 12\nouter 6
//# cell
x = 7;
//# error: cannot assign twice to immutable variable `x`
//# cell
const THREE_HOURS: u32 = 60 * 60 * 3;
let spaces = "   "; let spaces = spaces.len();
(spaces, THREE_HOURS)
//# shows: (3, 10800)
//# cell
let tup: (i32, f64, u8) = (500, 6.4, 1); let (a, b, c) = tup; let months = ["Jan", "Feb"]; let zeros = [0; 5];
(a, b, c, tup.0, months[1], zeros.len())
//# shows: (500, 6.4, 1, 500, "Feb", 5)
//# cell
let index = 10;
zeros[index]
//# error: index out of bounds: the length is 5 but the index is 10
//# cell
fn plus_one(x: i32) -> i32 { x + 1; }
//# error: mismatched types
//# cell
fn plus_one(x: i32) -> i32 { x + 1 }
let number = if plus_one(4) == 5 { "five" } else { "other" };
let mut counter = 0;
let result = 'outer: loop { loop { counter += 1; if counter == 10 { break 'outer counter * 2; } } };
(number, result)
//# shows: ("five", 20)
//# cell
for n in (1..4).rev() { print!("{n}! "); } println!("LIFTOFF");
//# prints: 3! 2! 1! LIFTOFF
//# cell
let number = 3;
if number { println!("three"); }
//# error: mismatched types
//# cell
let s1 = String::from("hello"); let s2 = s1;
println!("{s1}");
//# error: borrow of moved value: `s1`
//# cell
let s1 = String::from("hello"); let s2 = s1.clone();
fn takes(s: String) -> usize { s.len() } fn gives(s: String) -> String { s }
let l = takes(s1);
(s2.clone(), l)
//# shows: ("hello", 5)
//# cell
s1
//# error: `s1` was moved in [11], line 3
//# cell
fn change(some: &String) { some.push_str(", world"); }
//# error: cannot borrow `*some` as mutable, as it is behind a `&` reference
//# cell
fn change(some: &mut String) { some.push_str(", world"); }
//# cell
let mut s = String::from("hello"); change(&mut s);
let r1 = &mut s; let r2 = &mut s; println!("{r1}, {r2}");
//# error: cannot borrow `s` as mutable more than once at a time
//# cell
let mut s = String::from("hello"); change(&mut s);
s
//# shows: "hello, world"
//# cell
fn dangle() -> &String { let s = String::from("x"); &s }
//# error: missing lifetime specifier
//# cell
fn first_word(s: &str) -> &str { for (i, &b) in s.as_bytes().iter().enumerate() { if b == b' ' { return &s[..i]; } } s }
//# cell
let mut line = String::from("hello world"); let word = first_word(&line);
line.clear();
println!("{word}");
//# error: cannot borrow `line` as mutable because it is also borrowed as immutable
//# cell
(first_word("hello world"), &[1, 2, 3, 4][1..3])
//# shows: ("hello", [2, 3])
