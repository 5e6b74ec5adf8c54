//# title: a cell that stops too early is told so, without what the kernel puts behind it
let earlier = 1;
//# cell
let a = 5
//# error: expected `;`, found the end of the cell
//# error: --> [2]:1:10
//# not: evcxr
//# cell
let a = std::
//# error: syntax error
//# error: --> [3]:1:
//# not: evcxr
//# not: cannot find
//# cell
println!("{}", earlier
//# error: this `(` is never closed
//# error: --> [4]:1:9
//# cell
fn open() { if earlier { }
//# error: this `{` is never closed
//# cell
let text = "open;
//# error: this string is never closed
//# cell
let b = 1
let c = 2;
//# error: expected `;`, found keyword `let`
//# error: --> [7]:1:10
//# cell
earlier +
//# error: expected expression
//# error: --> [8]:1:10
//# not: evcxr
//# cell
println!("{earlier}");
//# prints: 1
