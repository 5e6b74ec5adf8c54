//# title: smart pointers, concurrency
#[derive(Debug)] enum List { Cons(i32, List), Nil }
//# error: recursive type `List` has infinite size
//# cell
#[derive(Debug)] enum List { Cons(i32, Box<List>), Nil } use List::{Cons, Nil};
let list = Cons(1, Box::new(Cons(2, Box::new(Nil))));
//# cell
list
//# shows: Cons(1, Cons(2, Nil))
//# cell
use std::ops::Deref; struct MyBox<T>(T); impl<T> MyBox<T> { fn new(x: T) -> MyBox<T> { MyBox(x) } }
//# cell
let y = MyBox::new(5);
*y
//# error: type `MyBox<{integer}>` cannot be dereferenced
//# cell
impl<T> Deref for MyBox<T> { type Target = T; fn deref(&self) -> &T { &self.0 } }
fn hello(name: &str) -> String { format!("Hello, {name}!") }
let m = MyBox::new(String::from("Rust"));
hello(&m)
//# shows: "Hello, Rust!"
//# cell
struct Guard { data: String } impl Drop for Guard { fn drop(&mut self) { println!("Dropping {}", self.data); } }
let c = Guard { data: "kept".into() }; { let d = Guard { data: "inner".into() }; println!("made"); }
//# prints: made\nDropping inner
//# cell
c.drop();
//# error: explicit use of destructor method
//# cell
drop(c); println!("end");
//# prints: Dropping kept\nend
//# cell
use std::rc::{Rc, Weak}; use std::cell::RefCell;
let a = Rc::new(5); let b = Rc::clone(&a); { let c = Rc::clone(&a); println!("{}", Rc::strong_count(&a)); }
Rc::strong_count(&a)
//# shows: 2
//# cell
pub trait Messenger { fn send(&self, msg: &str); } pub struct Tracker<'a, T: Messenger> { m: &'a T, value: usize, max: usize }
impl<'a, T: Messenger> Tracker<'a, T> { pub fn set(&mut self, v: usize) { self.value = v; if v * 4 >= self.max * 3 { self.m.send("warning"); } } }
#[cfg(test)] mod tests { use super::*; }
struct Mock { sent: RefCell<Vec<String>> } impl Messenger for Mock { fn send(&self, m: &str) { self.sent.borrow_mut().push(m.into()); } }
let mock = Mock { sent: RefCell::new(vec![]) }; { let mut t = Tracker { m: &mock, value: 0, max: 100 }; t.set(80); }
mock.sent.borrow().len()
//# shows: 1
//# cell
let cell = RefCell::new(1); let one = cell.borrow_mut(); let two = cell.borrow_mut();
//# error: already borrowed
//# cell
#[derive(Debug)] struct Node { value: i32, parent: RefCell<Weak<Node>>, children: RefCell<Vec<Rc<Node>>> }
let leaf = Rc::new(Node { value: 3, parent: RefCell::new(Weak::new()), children: RefCell::new(vec![]) });
let branch = Rc::new(Node { value: 5, parent: RefCell::new(Weak::new()), children: RefCell::new(vec![Rc::clone(&leaf)]) });
*leaf.parent.borrow_mut() = Rc::downgrade(&branch);
//# cell
(leaf.parent.borrow().upgrade().map(|p| p.value), Rc::strong_count(&leaf), Rc::weak_count(&branch))
//# shows: (Some(5), 2, 1)
//# cell
use std::thread; use std::time::Duration; use std::sync::{Arc, Mutex, mpsc};
let handle = thread::spawn(|| { for i in 1..3 { println!("hi {i}"); thread::sleep(Duration::from_millis(1)); } }); handle.join().unwrap();
//# cell
let v = vec![1, 2, 3]; let handle = thread::spawn(|| { println!("{v:?}"); }); handle.join().unwrap();
//# error: closure may outlive the current function, but it borrows `v`
//# cell
let (tx, rx) = mpsc::channel(); let tx1 = tx.clone();
thread::spawn(move || { let val = String::from("hi"); tx.send(val).unwrap(); println!("val is {val}"); });
//# error: borrow of moved value: `val`
//# cell
let (tx, rx) = mpsc::channel(); let tx1 = tx.clone();
thread::spawn(move || { for v in ["hi", "from"] { tx1.send(v.to_string()).unwrap(); } }); thread::spawn(move || { tx.send("more".to_string()).unwrap(); });
let mut got: Vec<String> = rx.iter().collect(); got.sort();
got
//# shows: ["from", "hi", "more"]
//# cell
let counter = Arc::new(Mutex::new(0)); let mut handles = vec![];
for _ in 0..10 { let counter = Arc::clone(&counter); handles.push(thread::spawn(move || { *counter.lock().unwrap() += 1; })); }
for h in handles { h.join().unwrap(); }
*counter.lock().unwrap()
//# shows: 10
//# cell
let counter = Rc::new(Mutex::new(0)); let h = thread::spawn(move || { *counter.lock().unwrap() += 1; });
//# error: `Rc<std::sync::Mutex<i32>>` cannot be sent between threads safely
