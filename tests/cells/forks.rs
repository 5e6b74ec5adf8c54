//# title: a vector's locks are numbered in order of creation
//# lock forks[0]: acquisitions=20
//# lock forks[1]: acquisitions=20
//# lock forks[2]: acquisitions=20
//# lock forks[3]: acquisitions=20
//# lock forks[4]: acquisitions=20
//# thread T2: name=philosopher-0
//# thread T6: name=philosopher-4
use std::sync::{Arc, Mutex};
use std::thread;
let forks: Vec<_> = (0..5).map(|_| Arc::new(Mutex::new(()))).collect();
let mut table = Vec::new();
for i in 0..5usize {
    let (low, high) = (i.min((i + 1) % 5), i.max((i + 1) % 5));
    let (low, high) = (forks[low].clone(), forks[high].clone());
    let philosopher = thread::Builder::new().name(format!("philosopher-{i}"));
    table.push(philosopher.spawn(move || {
        for _ in 0..10 {
            let _one = low.lock().unwrap();
            let _two = high.lock().unwrap();
        }
    }).unwrap());
}
for p in table {
    p.join().unwrap();
}
