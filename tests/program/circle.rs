//# title: a circle of redefinitions is an error, and what was there still works
struct A { b: B }
struct B { n: u8 }
fn make() -> A { A { b: B { n: 7 } } }
//# cell
struct B { a: A }
//# error: recursive
//# cell
println!("{}", make().b.n);
//# prints: 7
//# cell
struct B { a: Option<Box<A>> }
//# says: `make` from [1]
//# cell
println!("{}", A { b: B { a: None } }.b.a.is_none());
//# prints: true
