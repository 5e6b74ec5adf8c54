//# title: threads, channels, locks and what they return
use std::sync::{mpsc, Arc, Mutex, RwLock, atomic::{AtomicUsize, Ordering}};
use std::thread;
let (tx, rx) = mpsc::channel();
let handles: Vec<_> = (0..3).map(|i| { let tx = tx.clone(); thread::spawn(move || { tx.send((i, i * i)).unwrap(); i }) }).collect();
//# cell
let ids: Vec<_> = handles.into_iter().map(|h| h.join().unwrap()).collect();
drop(tx);
let mut got: Vec<_> = rx.iter().collect();
got.sort();
//# cell
println!("{ids:?} {got:?}");
//# prints: [0, 1, 2] [(0, 0), (1, 1), (2, 4)]
//# cell
let shared = Arc::new(Mutex::new(vec![0u32; 3]));
let workers: Vec<_> = (0..3).map(|i| { let s = shared.clone(); thread::spawn(move || s.lock().unwrap()[i] += 1) }).collect();
//# cell
for w in workers { w.join().unwrap(); }
let total: u32 = shared.lock().unwrap().iter().sum();
total
//# shows: 3
//# cell
let hits = Arc::new(AtomicUsize::new(0));
thread::scope(|s| { for _ in 0..4 { s.spawn(|| hits.fetch_add(1, Ordering::SeqCst)); } });
//# cell
hits.load(Ordering::SeqCst)
//# shows: 4
//# cell
let rw = Arc::new(RwLock::new(String::from("a")));
let r1 = rw.read().unwrap();
//# says: `r1` is not kept for later cells: it borrows from `rw`
//# cell
rw.write().unwrap().push('b');
let content = rw.read().unwrap().clone();
//# cell
content
//# shows: "ab"
//# cell
tx.send((1, 2))
//# error: cannot find value `tx` in this scope
//# error: `tx` was moved in [2], line 2
//# cell
let ticker = thread::Builder::new().name("tick".into()).spawn(|| { thread::sleep(std::time::Duration::from_millis(5)); "done" });
//# cell
ticker.unwrap().join().unwrap()
//# shows: "done"
//# cell
type Job = Box<dyn FnOnce() -> i32 + Send>;
let (jobs, queue) = mpsc::channel::<Job>();
let pool = thread::spawn(move || queue.iter().map(|j| j()).sum::<i32>());
//# cell
for i in 0..4 { jobs.send(Box::new(move || i)).unwrap(); }
drop(jobs);
pool.join().unwrap()
//# shows: 6
