//# title: trait objects, Rc, and functions that return impl
trait Animal { fn name(&self) -> String; fn noise(&self) -> &'static str; }
#[derive(Default)] struct Dog; struct Cat { lives: u8 }
impl Animal for Dog { fn name(&self) -> String { "dog".into() } fn noise(&self) -> &'static str { "woof" } }
impl Animal for Cat { fn name(&self) -> String { format!("cat {}", self.lives) } fn noise(&self) -> &'static str { "meow" } }
let zoo: Vec<Box<dyn Animal>> = vec![Box::new(Dog), Box::new(Cat { lives: 9 })];
//# cell
let noises: Vec<_> = zoo.iter().map(|a| format!("{}: {}", a.name(), a.noise())).collect();
noises
//# shows: ["dog: woof", "cat 9: meow"]
//# cell
let first = zoo.into_iter().next();
//# cell
first.map(|a| a.name())
//# shows: Some("dog")
//# cell
zoo.len()
//# error: cannot find value `zoo` in this scope
//# error: `zoo` was moved in [3], line 1
//# cell
use std::rc::Rc; use std::cell::RefCell;
#[derive(Debug)] struct Node { val: i32, children: Vec<Rc<RefCell<Node>>> }
let leaf = Rc::new(RefCell::new(Node { val: 3, children: vec![] }));
let root = Rc::new(RefCell::new(Node { val: 1, children: vec![Rc::clone(&leaf)] }));
//# cell
leaf.borrow_mut().val = 10;
let sum = root.borrow().val + root.borrow().children.iter().map(|c| c.borrow().val).sum::<i32>();
let guard = leaf.borrow();
//# says: `guard` is not kept for later cells: it borrows from `leaf`
//# cell
(sum, Rc::strong_count(&leaf))
//# shows: (11, 2)
//# cell
fn make_adder(n: i32) -> impl Fn(i32) -> i32 { move |x| x + n }
let add = make_adder(3);
let boxed: Box<dyn Fn(i32) -> i32> = Box::new(make_adder(4));
let table: Vec<(&str, fn(f64) -> f64)> = vec![("sqrt", f64::sqrt), ("abs", f64::abs)];
//# cell
boxed(1)
//# shows: 5
//# cell
table.iter().map(|(n, f)| format!("{n} {}", f(4.0))).collect::<Vec<_>>()
//# shows: ["sqrt 2", "abs 4"]
//# cell
add(1)
//# shows: 4
//# cell
type Thunk = Box<dyn Fn() -> &'static str + Send + 'static>; let thunk: Thunk = Box::new(|| "hi");
let pointer: fn(&'static str) -> std::borrow::Cow<'static, str> = |text| text.into(); let made: fn() -> &'static str = || "made";
let either: Vec<Box<dyn Fn(&str) -> Result<u8, &'static str>>> = vec![Box::new(|text| text.parse().map_err(|_| "none"))];
//# cell
(thunk(), pointer("p"), made(), either[0]("7"), either[0]("x"))
//# shows: ("hi", "p", "made", Ok(7), Err("none"))
