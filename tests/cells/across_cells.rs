//# title: made in one cell, used in the next, by a function of a third
//# threads: 4
//# lock shared: acquisitions=30, created_at=@made
//# channel out → results: sent=3, received=3, created_at=@channel
//# thread T2: spawned_at=@spawn
//# thread T4: spawned_at=@spawn
use std::sync::{Arc, Mutex, mpsc};
use std::thread;
let shared = Arc::new(Mutex::new(0)); //@ made
//# cell
fn start(shared: &Arc<Mutex<i32>>, out: mpsc::Sender<i32>) {
    let shared = shared.clone();
    thread::spawn(move || { //@ spawn
        for _ in 0..10 {
            *shared.lock().unwrap() += 1;
        }
        out.send(10).unwrap();
    });
}
//# cell
let (out, results) = mpsc::channel(); //@ channel
for _ in 0..3 {
    start(&shared, out.clone());
}
drop(out);
println!("{}", results.iter().sum::<i32>());
