//# title: an impl that runs again, or is edited, replaces the earlier one
struct Point { x: f64, y: f64 }
//# cell
impl Point {
    fn norm(&self) -> f64 { (self.x * self.x + self.y * self.y).sqrt() }
    fn zero() -> Point { Point { x: 0.0, y: 0.0 } }
}
//# cell
impl Point {
    fn norm(&self) -> f64 { (self.x * self.x + self.y * self.y).sqrt() }
    fn zero() -> Point { Point { x: 0.0, y: 0.0 } }
}
println!("{}", Point { x: 3.0, y: 4.0 }.norm());
//# prints: 5
//# cell
impl Point { fn norm(&self) -> f64 { self.x.abs() + self.y.abs() } }
//# cell
println!("{} {}", Point { x: 3.0, y: -4.0 }.norm(), Point::zero().x);
//# prints: 7 0
//# cell
impl std::fmt::Display for Point { fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result { write!(f, "({}, {})", self.x, self.y) } }
//# cell
impl std::fmt::Display for Point { fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result { write!(f, "<{} {}>", self.x, self.y) } }
println!("{}", Point::zero());
//# prints: <0 0>
//# cell
use std::ops::Add;
impl Add for Point { type Output = Point; fn add(self, o: Point) -> Point { Point { x: self.x + o.x, y: self.y + o.y } } }
//# cell
impl Add for Point { type Output = f64; fn add(self, o: Point) -> f64 { self.x + o.x } }
println!("{}", Point { x: 1.0, y: 0.0 } + Point { x: 2.0, y: 0.0 });
//# prints: 3
//# cell
let kept = Point { x: 1.0, y: 2.0 };
//# cell
impl std::ops::Neg for Point { type Output = Point; fn neg(self) -> Point { Point { x: -self.x, y: -self.y } } }
impl Point { const AXES: usize = 2; fn axes(&self) -> usize { Point::AXES } }
kept.axes()
//# shows: 2
//# cell
impl Point { const AXES: usize = 2; fn axes(&self) -> usize { Point::AXES + 1 } }
kept.axes()
//# shows: 3
//# cell
println!("{}", -kept);
//# prints: <-1 -2>
//# cell
struct Count(u32);
let count = Count(0);
//# cell
impl Iterator for Count { type Item = u32; fn next(&mut self) -> Option<u32> { self.0 += 1; Some(self.0) } }
let mut ahead = count.peekable(); ahead.peek().copied()
//# shows: Some(1)
//# cell
impl Iterator for Count { type Item = u64; fn next(&mut self) -> Option<u64> { None } }
//# says: `ahead`, made in [15], is gone: `impl Iterator for Count`, on which its type depends, is defined anew here
