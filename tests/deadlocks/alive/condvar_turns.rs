//# title: two threads take turns by a condition variable
//# stdout: done 2000
use std::sync::{Arc, Condvar, Mutex};
use std::thread;

{
    let turn = Arc::new((Mutex::new(0u32), Condvar::new()));
    let players: Vec<_> = (0..2)
        .map(|me| {
            let turn = turn.clone();
            thread::spawn(move || {
                for _ in 0..1_000 {
                    let mut n = turn.1.wait_while(turn.0.lock().unwrap(), |n| *n % 2 != me).unwrap();
                    *n += 1;
                    turn.1.notify_all();
                }
            })
        })
        .collect();
    for p in players {
        p.join().unwrap();
    }
    println!("done {}", turn.0.lock().unwrap());
}
