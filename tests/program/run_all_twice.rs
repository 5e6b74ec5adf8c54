//# title: run all twice
use std::cell::RefCell;
thread_local! { static CACHE: RefCell<Vec<u64>> = RefCell::new(vec![0, 1]); }
fn fib(n: usize) -> u64 { CACHE.with_borrow_mut(|c| { while c.len() <= n { let k = c.len(); let v = c[k-1] + c[k-2]; c.push(v); } c[n] }) }
//# cell
println!("{}", fib(50));
//# prints: 12586269025
//# cell
CACHE.with_borrow(|c| println!("{}", c.len()));
//# prints: 51
//# cell
use std::cell::RefCell;
thread_local! { static CACHE: RefCell<Vec<u64>> = RefCell::new(vec![0, 1]); }
fn fib(n: usize) -> u64 { CACHE.with_borrow_mut(|c| { while c.len() <= n { let k = c.len(); let v = c[k-1] + c[k-2]; c.push(v); } c[n] }) }
//# cell
CACHE.with_borrow(|c| println!("{}", c.len()));
//# prints: 2
//# cell
println!("{}", fib(10));
CACHE.with_borrow(|c| println!("{}", c.len()));
//# prints: 55\n11
