//# title: scopes within scopes, with sleepers at the leaves
//# stdout: done 9
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

{
    let total = Mutex::new(0);
    thread::scope(|outer| {
        for _ in 0..3 {
            outer.spawn(|| {
                thread::scope(|inner| {
                    for _ in 0..3 {
                        inner.spawn(|| {
                            thread::sleep(Duration::from_millis(150));
                            *total.lock().unwrap() += 1;
                        });
                    }
                });
            });
        }
    });
    println!("done {}", total.lock().unwrap());
}
