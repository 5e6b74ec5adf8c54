//# title: a crate that sets a global allocator gets the process's
:dep shouting = { path = "program/parts/shouting" }
let made = shouting::make();
//# cell
let mut made = made;
made.extend(0..1000);
drop(made);
let boxed = shouting::boxed();
//# cell
assert_eq!(shouting::take(boxed) + shouting::take(Box::new(2)), 9);
