//# title: a dashmap is filled by threads of several cells
:dep dashmap = "6"
use std::sync::Arc;
let map: Arc<dashmap::DashMap<u32, String>> = Arc::default();
let filling = std::thread::spawn({ let map = map.clone(); move || for n in 0..50 { map.insert(n, n.to_string()); } });
//# cell
filling.join().unwrap();
map.insert(50, "last".into());
//# cell
:dep dashmap = { version = "6", features = ["rayon"] }
:dep rayon = "1"
let other: dashmap::DashMap<u32, u32> = dashmap::DashMap::new();
use rayon::prelude::*;
(0..100u32).into_par_iter().for_each(|n| { other.insert(n, n); });
assert_eq!(other.len(), 100);
