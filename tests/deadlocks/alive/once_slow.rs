//# title: four threads wait for a slow initialiser
//# stdout: done [9, 9, 9, 9]
use std::sync::{Arc, OnceLock};
use std::thread;
use std::time::Duration;

{
    let config = Arc::new(OnceLock::new());
    let readers: Vec<_> = (0..4)
        .map(|n| {
            let config = config.clone();
            thread::spawn(move || {
                *config.get_or_init(|| {
                    thread::sleep(Duration::from_millis(500));
                    n * 0 + 9
                })
            })
        })
        .collect();
    let all: Vec<i32> = readers.into_iter().map(|r| r.join().unwrap()).collect();
    println!("done {all:?}");
}
