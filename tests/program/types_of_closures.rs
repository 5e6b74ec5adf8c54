//# title: closures, functions and iterators without names are kept in boxes
let factor = 3;
let times = move |x: i32| x * factor;
let compose = |f: fn(i32) -> i32, g: fn(i32) -> i32| move |x| g(f(x));
println!("{}", times(2));
//# prints: 6
//# says: `compose` is not kept for later cells: the type of a closure has no name
//# cell
times(4)
//# shows: 12
//# cell
let mut count = 0;
let mut inc = || { count += 1; count };
inc(); inc();
println!("{count}");
//# prints: 2
//# says: `inc` is not kept for later cells: it borrows from `count`
//# cell
count
//# shows: 2
//# cell
let mut counter = { let mut n = 0; move || { n += 1; n } };
counter();
//# cell
counter()
//# shows: 2
//# cell
let hello = || println!("hello");
//# cell
hello();
//# prints: hello
//# cell
let name = String::from("ann"); let len = str::len; let hidden = std::iter::repeat_with(|| 7).take(3);
let greet = move |other: &str| format!("{name} greets {other}");
//# cell
(greet("bob"), len("four"), hidden.sum::<i32>())
//# shows: ("ann greets bob", 4, 21)
//# cell
let apply = |f: &dyn Fn(i32) -> i32, x| f(x);
let r = apply(&|x| x + 1, 3);
//# cell
r
//# shows: 4
//# cell
let consume = { let v = vec![1, 2]; move || v };
let got = consume();
//# cell
got
//# shows: [1, 2]
//# cell
let fs = [|x: i32| x + 1, |x: i32| x * 2];
//# cell
fs[1](21)
//# shows: 42
//# cell
let pairs = (|x: u8| x, 3);
//# says: `pairs` is not kept for later cells: its type holds a closure, which has no name
//# cell
let square = |x: f64| x * x; let mapped: Vec<f64> = [1.0, 2.0].iter().map(|&x| square(x)).collect();
//# cell
mapped
//# shows: [1.0, 4.0]
//# cell
let add = |a, b| a + b;
add(1, 2)
//# shows: 3
//# cell
add(20, 22)
//# shows: 42
//# cell
let same = |x| x; same("5".parse().unwrap())
//# error: type annotations needed
