//# title: what is lost with the process is told
let d = 5;
//# cell
std::process::abort();
//# error: The variables of all cells are lost
//# cell
println!("{d}");
//# error: `d` was lost with the process in [2]
//# cell
let e = 1;
//# cell
fn deep(n: u64) -> u64 { let a = [n; 64]; std::hint::black_box(&a); deep(n + 1) + a[3] }
deep(0)
//# error: The variables of all cells are lost
//# cell
println!("{e}");
//# error: `e` was lost with the process in [5]
