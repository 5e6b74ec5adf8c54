//# title: what learners get wrong with threads is rustc's error, with the lesson that explains it
use std::cell::RefCell;
use std::rc::Rc;
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
//# cell
let v = vec![1, 2, 3];
thread::spawn(|| println!("{v:?}"));
//# error: error[E0373]: closure may outlive the current function, but it borrows `v`
//# error: --> [2]:2:15
//# error: thread::spawn(move || println!("{v:?}"));
//# error: lesson 01
//# cell
let mut count = 0;
let handle = thread::spawn(|| count += 1);
handle.join().unwrap();
//# error: error[E0373]: closure may outlive the current function, but it borrows `count`
//# not: E0503
//# cell
let data = Arc::new(Mutex::new(0));
for i in 0..3 {
    thread::spawn(move || *data.lock().unwrap() += i);
}
//# error: error[E0382]: use of moved value: `data`
//# error: value moved into closure here, in previous iteration of loop
//# cell
let shared = Rc::new(5);
thread::spawn(move || println!("{shared}"));
//# error: error[E0277]: `Rc<i32>` cannot be sent between threads safely
//# error: lesson 04
//# not: src/lib.rs
//# cell
let cell = RefCell::new(1);
thread::scope(|s| { s.spawn(|| *cell.borrow_mut() += 1); });
//# error: error[E0277]: `RefCell<i32>` cannot be shared between threads safely
//# error: lesson 05
//# cell
let (tx, rx) = mpsc::channel::<String>();
let message = String::from("hi");
tx.send(message).unwrap();
println!("{message}");
//# error: error[E0382]: borrow of moved value: `message`
//# error: --> [7]:4:12
//# error: lesson 02
//# cell
let total = Arc::new(0);
thread::spawn(move || *total += 1);
//# error: error[E0594]: cannot assign to data in an `Arc`
//# cell
fn run<F: FnOnce()>(f: F) { thread::spawn(f); }
//# error: error[E0277]: `F` cannot be sent between threads safely
//# error: --> [9]:1:43
//# cell
let guard = Mutex::new(1).lock().unwrap();
//# error: error[E0716]: temporary value dropped while borrowed
//# cell
let handles = vec![thread::spawn(|| 1), thread::spawn(|| "a")];
//# error: error[E0308]: mismatched types
//# error: expected `JoinHandle<{integer}>`, found `JoinHandle<&str>`
//# cell
let h = thread::spawn(|| 1);
println!("{}", h.join().unwrap() + 1);
//# prints: 2
