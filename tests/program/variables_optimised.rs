//# title: variables are kept in optimised cells as well
:opt 2
let a = 5;
let s = String::from("x");
//# cell
println!("{a} {s}")
//# prints: 5 x
//# cell
:opt 3
let v = vec![a; 2];
//# cell
println!("{v:?}")
//# prints: [5, 5]
//# cell
:record off
//# cell
let w = 2;
//# cell
println!("{w}")
//# prints: 2
