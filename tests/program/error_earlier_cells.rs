//# title: mistakes that have to do with earlier cells
let width = 30;
let height = 50;
let index = 1;
let fixed = 3;
let v = vec![1, 2, 3];
let borrowed = || v.len();
fn area(width: u32, height: u32) -> u32 { width * height }
//# says: `borrowed` is not kept for later cells: it borrows from `v`
//# cell
area(width, height)
//# error: `width` is of type `i32`, since the cell that makes it says no other: write `let width: u32 = …;` there
//# cell
v[index]
//# error: write `let index: usize = …;` there
//# cell
let mut list = Vec::new();
//# error: each cell is compiled by itself
//# cell
fixed = 4;
//# error: `let mut fixed = fixed;` declares it anew
//# cell
struct Point { x: i32 }
impl Point { fn double(&self) -> i32 { self.x * 2 } }
fn twice(p: &Point) -> i32 { p.x * 2 }
let print = || fixed;
let q = Point { x: 1 };
//# cell
struct Point { y: i32 }
//# says: `Point::double` from [6] no longer compiles
//# says: `q`, made in [6], is gone: its type `Point` is defined anew here
//# cell
twice(&Point { y: 1 })
//# error: `twice` from [6] no longer compiled in [7], and is gone
//# not: similar name
//# cell
Point { y: 1 }.double()
//# error: `Point::double` from [6] no longer compiled in [7], and is gone
//# cell
q.x
//# error: `q` was made in [6]; its type `Point` was defined anew in [7]
//# not: similar
//# cell
print()
//# error: `print`, made in [6], is not kept
//# cell
let lazy = std::sync::LazyLock::new(|| 5);
let some = Some(|x: i32| x);
//# says: then it holds a function: `let lazy: LazyLock<…> = LazyLock::new(…);`
//# says: Box the closure in it
//# cell
let old = Point { y: 1 };
//# cell
struct Point { z: i32 } old.y
//# error: `old`, made in [13], can't be used here: this cell defines `Point` anew
//# not: hand it over
//# cell
fn half(n: i32) -> i32 { n / 2.0 }
struct Half { n: i32 }
macro_rules! halved { ($e:expr) => { $e / 2 }; }
//# error: cannot divide
//# cell
half(3)
//# error: `half` was to be defined in [15], which did not compile
//# cell
Half { n: 1 }
//# error: `Half` was to be defined in [15], which did not compile
//# cell
halved!(2)
//# error: `halved` was to be defined in [15], which did not compile
//# cell
fn half(n: i32) -> i32 { n / 2 }
mod inner { pub struct Deep(pub u8); }
let deep = inner::Deep(half(4) as u8);
//# cell
mod inner { pub struct Deep(pub u16); }
//# says: `deep`, made in [19], is gone: the module of its type, `inner`, is defined anew here
//# cell
let pair = (1, 2); pair.2
//# error: | let pair = (1, 2); pair.2
