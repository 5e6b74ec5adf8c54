//# title: eight threads take one lock a thousand times each
//# threads: 9
//# lock counter: kind=Mutex, acquisitions=8000, contended>=0, poisoned=false, created_at=@made, held_by=[], type=i32
//# thread T1: is_main=true, spawned_at=null, spawned_by=null
//# thread T2: is_main=false, spawned_at=@spawn, spawned_by=1, state=finished
//# thread T9: spawned_at=@spawn, state=finished
use std::sync::{Arc, Mutex};
use std::thread;

let counter = Arc::new(Mutex::new(0)); //@ made
let mut handles = vec![];
for _ in 0..8 {
    let counter = Arc::clone(&counter);
    handles.push(thread::spawn(move || { //@ spawn
        for _ in 0..1000 {
            *counter.lock().unwrap() += 1;
        }
    }));
}
for h in handles {
    h.join().unwrap();
}
