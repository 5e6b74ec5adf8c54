//# title: counters belong to the cell: the next one sees only its own two
//# threads: 1
//# lock total: acquisitions=2, contended=0, created_at=@made
use std::sync::{Arc, Mutex};
use std::thread;
let total = Arc::new(Mutex::new(0)); //@ made
for n in 0..4 {
    let total = total.clone();
    thread::spawn(move || *total.lock().unwrap() += n).join().unwrap();
}
//# cell
*total.lock().unwrap() += 1;
println!("{}", total.lock().unwrap());
