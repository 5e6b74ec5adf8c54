//# title: philosophers who take the lower fork first
//# stdout: done 100
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

let forks: Vec<_> = (0..5).map(|_| Arc::new(Mutex::new(0))).collect();
let table: Vec<_> = (0..5usize)
    .map(|i| {
        let (low, high) = (i.min((i + 1) % 5), i.max((i + 1) % 5));
        let (low, high) = (forks[low].clone(), forks[high].clone());
        thread::spawn(move || {
            for _ in 0..10 {
                let mut one = low.lock().unwrap();
                thread::sleep(Duration::from_millis(1));
                let mut two = high.lock().unwrap();
                *one += 1;
                *two += 1;
            }
        })
    })
    .collect();
for philosopher in table {
    philosopher.join().unwrap();
}
println!("done {}", forks.iter().map(|f| *f.lock().unwrap()).sum::<i32>());
