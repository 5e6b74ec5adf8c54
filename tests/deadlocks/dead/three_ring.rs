//# title: three threads, three locks, each waits for the next
//# threads: T2, T3, T4
//# objects: red, green, blue
use std::sync::{Arc, Barrier, Mutex};
use std::thread;

{
    let red = Arc::new(Mutex::new(()));
    let green = Arc::new(Mutex::new(()));
    let blue = Arc::new(Mutex::new(()));
    let all_hold_one = Arc::new(Barrier::new(3));
    let pairs = [
        (red.clone(), green.clone()),
        (green.clone(), blue.clone()),
        (blue.clone(), red.clone()),
    ];
    let threads = pairs.map(|(mine, next)| {
        let all_hold_one = all_hold_one.clone();
        thread::spawn(move || {
            let _mine = mine.lock().unwrap();
            all_hold_one.wait();
            let _next = next.lock().unwrap(); //@ stuck
        })
    });
    for t in threads {
        let _ = t.join();
    }
}
