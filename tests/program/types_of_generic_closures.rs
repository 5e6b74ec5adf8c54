//# title: closures that generic functions return are kept, too
fn compose<A, B, C>(f: impl Fn(A) -> B, g: impl Fn(B) -> C) -> impl Fn(A) -> C { move |x| g(f(x)) }
fn adder(n: i32) -> impl Fn(i32) -> i32 { move |x| x + n }
fn counter() -> impl FnMut() -> u32 { let mut n = 0; move || { n += 1; n } }
fn evens(limit: u32) -> impl Iterator<Item = u32> { (0..limit).filter(|n| n % 2 == 0) }
fn text(n: i32) -> impl std::fmt::Display { n }
//# cell
let both = compose(|x: i32| x + 1, |x: i32| x * 2); let add = adder(5); let mut next = counter();
let five = evens(10); let seven = text(7);
next();
//# cell
let more = compose(add, |n: i32| format!("<{n}>"));
(both(3), next(), five.sum::<u32>(), seven.to_string())
//# shows: (8, 2, 20, "7")
//# cell
more(1)
//# shows: "<6>"
