//# title: a program's mistakes are told like a cell's
:main
fn main() {
    let x: u8 = "a";
}
//# error: error[E0308]: mismatched types
//# error: --> [1]:3:17
//# not: program_
//# cell
:main
fn main() {
    let v = vec![1];
    std::thread::spawn(|| v.len());
}
//# error: error[E0373]
//# error: lesson 01
//# cell
:main
fn main() { println!("{}", std::thread::current().name().unwrap()); }
//# prints: main
