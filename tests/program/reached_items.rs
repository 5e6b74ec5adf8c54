//# title: a cell is compiled with the items that it leads to, whatever leads there
trait Shout { fn shout(&self) -> String; }
impl<T: std::fmt::Display> Shout for T { fn shout(&self) -> String { self.to_string().to_uppercase() + MARK } }
const MARK: &str = "!";
mod deep { pub mod er { pub fn three() -> u8 { super::two() + 1 } } fn two() -> u8 { 2 } }
use deep::er::three;
//# cell
#[derive(Clone, Debug, PartialEq)] enum Colour { Red, Green }
use Colour::*;
struct Guard(&'static str);
impl Drop for Guard { fn drop(&mut self) { println!("dropped {}", self.0); } }
impl std::ops::Deref for Guard { type Target = str; fn deref(&self) -> &str { self.0 } }
impl std::ops::Add for Guard { type Output = usize; fn add(self, other: Guard) -> usize { self.len() + other.len() } }
fn guard() -> impl std::ops::Deref<Target = str> { Guard("inner") }
//# cell
"a".shout()
//# shows: "A!"
//# cell
(three(), Red, vec![Green].contains(&Green))
//# shows: (3, Red, true)
//# cell
guard().len()
//# prints: dropped inner
//# shows: 5
//# cell
Guard("ab") + Guard("c")
//# prints: dropped c\ndropped ab
//# shows: 3
//# cell
trait Area { fn area(&self) -> f64; fn twice(&self) -> f64 { 2.0 * self.area() } }
struct Square(f64);
impl Area for Square { fn area(&self) -> f64 { side(self).powi(2) } }
fn side(square: &Square) -> f64 { square.0 }
let shapes: Vec<Box<dyn Area>> = vec![Box::new(Square(2.0))];
let made = Square(3.0);
//# cell
shapes[0].twice() + made.area()
//# shows: 17.0
//# cell
macro_rules! pair { ($name:ident) => { fn $name() -> (u8, u8) { (one(), three()) } } }
fn one() -> u8 { 1 }
//# cell
pair!(both);
//# cell
both()
//# shows: (1, 3)
//# cell
let text = format!("{MARK}{:?}", Colour::Red); text
//# shows: "!Red"
//# cell
fn unused_so_far(colour: Colour) -> bool { colour == Red }
//# cell
1 + 1
//# shows: 2
//# cell
enum Colour { Blue }
//# says: `unused_so_far` from [13] no longer compiles and is gone
//# cell
fn number_of_corners() -> f64 { 4.0 }
//# cell
number_of_corner()
//# error: similarly named function `number_of_corners`
