//# title: worker pool with shared queue, edited
use std::sync::{Arc, Mutex, Condvar, atomic::{AtomicUsize, Ordering}};
use std::collections::VecDeque;
use std::thread;
#[derive(Debug, Clone)]
struct Task { id: usize, cost: u64 }
static QUEUE: Mutex<VecDeque<Task>> = Mutex::new(VecDeque::new());
static DONE: AtomicUsize = AtomicUsize::new(0);
//# cell
fn work() {
    loop {
        let t = QUEUE.lock().unwrap().pop_front();
        match t { Some(t) => { DONE.fetch_add(t.cost as usize, Ordering::Relaxed); } None => break }
    }
}
//# cell
for i in 0..10 { QUEUE.lock().unwrap().push_back(Task { id: i, cost: 2 }); }
let hs: Vec<_> = (0..3).map(|_| thread::spawn(work)).collect();
for h in hs { h.join().unwrap(); }
println!("{}", DONE.load(Ordering::Relaxed));
//# prints: 20
//# cell
#[derive(Debug, Clone, PartialEq)]
struct Task { id: usize, cost: u64 }
//# not: new static
//# cell
for i in 0..5 { QUEUE.lock().unwrap().push_back(Task { id: i, cost: 1 }); }
work();
println!("{}", DONE.load(Ordering::Relaxed));
//# prints: 25
//# cell
#[derive(Debug, Clone, PartialEq)]
struct Task { id: usize, cost: u64, name: String }
//# says: `QUEUE` is a new static
//# cell
QUEUE.lock().unwrap().push_back(Task { id: 1, cost: 5, name: "x".into() });
work();
println!("{} {}", DONE.load(Ordering::Relaxed), QUEUE.lock().unwrap().len());
//# prints: 30 0
