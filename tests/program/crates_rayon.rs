//# title: rayon's global pool is set once for all cells
:dep rayon = "1"
use rayon::prelude::*;
rayon::ThreadPoolBuilder::new().num_threads(3).build_global().unwrap();
//# cell
assert_eq!(rayon::current_num_threads(), 3);
let sum: u64 = (0..1000u64).into_par_iter().sum();
assert_eq!(sum, 499_500);
//# cell
:dep crossbeam = "0.8"
use crossbeam::channel;
let (tx, rx) = channel::unbounded::<u64>();
rayon::scope(|s| { for n in 0..4 { let tx = tx.clone(); s.spawn(move |_| tx.send(n).unwrap()); } });
drop(tx);
//# cell
let mut all: Vec<u64> = rx.iter().collect();
all.sort();
assert_eq!(all, [0, 1, 2, 3]);
assert!(rayon::ThreadPoolBuilder::new().build_global().is_err());
//# cell
let mut v: Vec<i32> = (0..100).rev().collect();
v.par_sort();
assert!(v.is_sorted());
