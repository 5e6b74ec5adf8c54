//# title: what the borrow checker finds is what it would find in a program; keeping comes after that
let mut v = vec![1, 2]; let first = &v[0]; v.push(3); println!("{first}");
//# error: error[E0502]: cannot borrow `v` as mutable because it is also borrowed as immutable
//# error: --> [1]:1:44
//# error: immutable borrow later used here
//# not: kept
//# cell
let r; { let x = 5; r = &x; } println!("{r}");
//# error: error[E0597]: `x` does not live long enough
//# not: kept
//# cell
let shown = 1;
//# cell
{ let v = vec![1, 2]; let first = &v[0]; println!("{first}"); }
//# prints: 1
//# cell
let mut s = String::from("a");
let one = &mut s;
let two = &mut s;
one.push('b');
two.push('c');
//# error: error[E0499]: cannot borrow `s` as mutable more than once at a time
//# error: --> [5]:3:
//# cell
fn dangling() -> &String { let s = String::new(); &s }
//# error: error[E0106]: missing lifetime specifier
//# cell
fn give() -> &'static str { let s = String::from("a"); &s }
//# error: error[E0515]: cannot return reference to local variable `s`
//# cell
fn longest(a: &str, b: &str) -> &str { if a.len() > b.len() { a } else { b } }
//# error: consider introducing a named lifetime parameter
//# cell
let n = 5; n = 6;
//# error: error[E0384]: cannot assign twice to immutable variable `n`
//# error: --> [9]:1:12
//# error: let mut n = 5;
