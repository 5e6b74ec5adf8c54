//# title: a struct that is defined anew keeps what fits, and what falls is named
struct Shape { r: f64 }
impl Shape {
    fn new() -> Shape { Shape { r: 1.0 } }
    fn area(&self) -> f64 { 3.0 * self.r * self.r }
    fn kind(&self) -> &'static str { "shape" }
}
//# cell
fn double(s: &Shape) -> f64 { s.area() * 2.0 }
fn name(s: &Shape) -> String { format!("a {}", s.kind()) }
println!("{} {}", double(&Shape::new()), name(&Shape::new()));
//# prints: 6 a shape
//# cell
struct Shape { w: f64, h: f64 }
//# says: `Shape::new` from [1]
//# says: `Shape::area` from [1]
//# says: `double` from [2]
//# not: `name`
//# cell
println!("{}", name(&Shape { w: 1.0, h: 2.0 }));
//# prints: a shape
//# cell
impl Shape { fn area(&self) -> f64 { self.w * self.h } }
fn double(s: &Shape) -> f64 { s.area() * 2.0 }
println!("{}", double(&Shape { w: 1.0, h: 2.0 }));
//# prints: 4
