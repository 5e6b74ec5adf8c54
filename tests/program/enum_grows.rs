//# title: enum grows, matches fall, are written again
#[derive(Debug, Clone, Copy)]
enum Op { Add, Sub }
fn apply(op: Op, a: i32, b: i32) -> i32 { match op { Op::Add => a + b, Op::Sub => a - b } }
let plus = Op::Add;
println!("{}", apply(plus, 2, 3));
//# prints: 5
//# cell
#[derive(Debug, Clone, Copy)]
enum Op { Add, Sub, Mul }
//# says: apply
//# cell
fn apply(op: Op, a: i32, b: i32) -> i32 { match op { Op::Add => a + b, Op::Sub => a - b, Op::Mul => a * b } }
println!("{}", apply(Op::Mul, 2, 3));
//# prints: 6
//# cell
println!("{:?}", plus);
//# error: plus
