//# title: five philosophers each hold their left fork
//# threads: T2, T3, T4, T5, T6
//# objects: forks[0], forks[1], forks[2], forks[3], forks[4]
use std::sync::{Arc, Barrier, Mutex};
use std::thread;

{
    let forks: Vec<_> = (0..5).map(|_| Arc::new(Mutex::new(()))).collect();
    let seated = Arc::new(Barrier::new(5));
    let philosophers: Vec<_> = (0..5)
        .map(|i| {
            let left = forks[i].clone();
            let right = forks[(i + 1) % 5].clone();
            let seated = seated.clone();
            thread::Builder::new()
                .name(format!("philosopher-{i}"))
                .spawn(move || {
                    let _left = left.lock().unwrap();
                    seated.wait();
                    let _right = right.lock().unwrap(); //@ stuck
                })
                .unwrap()
        })
        .collect();
    for p in philosophers {
        let _ = p.join();
    }
}
