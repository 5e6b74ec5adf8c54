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
