//# title: a type that nothing tells is rustc's question, at the line that asks it
let y: Vec<_> = vec![];
//# error: error[E0282]: type annotations needed
//# error: --> [1]:1:8
//# not: generated code
//# not: Couldn't
//# cell
let parsed = "5".parse().unwrap();
//# error: type annotations needed
//# error: --> [2]:1:
//# cell
let mut names = Vec::new();
names.push("a");
let doubled = names.iter().map(|n| n.repeat(2)).collect();
//# error: error[E0283]: type annotations needed
//# error: --> [3]:3:
//# cell
let none = None;
//# error: type annotations needed
//# cell
let mut found = Vec::new();
found.push(1u8);
println!("{found:?}");
//# prints: [1]
