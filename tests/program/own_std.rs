//# title: items may be called as the crates of Rust are
mod core { pub fn depth() -> u32 { 6 } }
fn alloc() -> u32 { 2 }
let n = core::depth() + alloc();
//# cell
mod std { pub fn place() -> &'static str { "here" } }
//# cell
println!("{} {n}", std::place());
let v: Vec<u32> = vec![n];
//# prints: here 8
//# cell
"7".parse::<u32>()? + v[0]
//# shows: 15
//# cell
"x".parse::<u32>()?;
//# error: invalid digit
//# cell
panic!("none");
//# error: none
//# cell
#[derive(Debug, Clone, PartialEq)] struct P(u32);
P(1).clone()
//# shows: P(1)
//# cell
let q: u32 = "";
//# error: mismatched types
//# not: closure
//# cell
(v, n, ::std::mem::size_of::<u8>())
//# shows: ([8], 8, 1)
