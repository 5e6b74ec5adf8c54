//# title: a variable that a macro of the notebook makes is kept
macro_rules! make { ($name:ident) => { let $name = 5; }; ($name:ident, $value:expr) => { let mut $name = $value; $name += 1; } }
//# cell
make!(five);
//# cell
five
//# shows: 5
//# cell
make!(six, five); make!(seven, { six });
println!("{six}");
//# prints: 6
//# cell
six += seven; six
//# shows: 13
//# cell
macro_rules! all { ($($name:ident = $value:expr),* $(,)?) => { $(let $name = $value;)* } }
all! { one = vec![1], two = "2".to_owned(), }
//# cell
(one, two, five)
//# shows: ([1], "2", 5)
//# cell
macro_rules! both { ($($t:tt)*) => { all!($($t)*); let own = 1; println!("{own}"); } }
both!(three = five - 2);
//# prints: 1
//# cell
three
//# shows: 3
//# cell
own
//# error: cannot find value `own`
//# cell
macro_rules! show { ($name:ident) => { { let $name = 0; println!("{}", $name); } } }
show!(five);
//# prints: 0
//# cell
five
//# shows: 5
//# cell
macro_rules! apart { ($pattern:pat = $value:expr) => { let $pattern = $value; } }
//# cell
apart!((left, Some(mut right)) = (1, Some(2)) else { panic!() });
//# error: no rules expected
//# cell
apart!((left, [mut right, ..]) = (1, [2, 3]));
right += left;
//# cell
right
//# shows: 3
//# cell
macro_rules! spawned { ($name:ident, $($body:tt)*) => { let $name = std::thread::spawn(move || { $($body)* }); } }
spawned!(worker, right + 1);
//# cell
worker.join().unwrap()
//# shows: 4
